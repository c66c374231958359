package dev.lockstep.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * Processor time, in hundredths of a second as Linux counts it.
 *
 * @param process of the sidecar
 * @param server of the server with all its sessions, those that have ended included
 * @param machine of everything
 * @param stolen that was wanted and given to other machines by the hypervisor
 * @param nanos when
 */
record CpuTime(long process, long server, long machine, long stolen, long nanos) {

    /** @param session of the server, any */
    static CpuTime of(long sidecar, long session) throws IOException {
        String[] all = Files.readString(Path.of("/proc/stat")).split("\n", 2)[0].split(" +", -1);
        long stolen = Long.parseLong(all[8]);
        return new CpuTime(
                ticks(sidecar, 2), serverTicks(stat(session)[1]), machineTicks(all), stolen, System.nanoTime());
    }

    /** The same as of another moment. */
    CpuTime at(long moment) {
        return new CpuTime(process, server, machine, stolen, moment);
    }

    /** Percent of a core that the process used since {@code before}. */
    double processSince(CpuTime before) {
        return (process - before.process) * 1e9 / (nanos - before.nanos);
    }

    /** Percent of a core that the server used since {@code before}. */
    double serverSince(CpuTime before) {
        return (server - before.server) * 1e9 / (nanos - before.nanos);
    }

    /** Percent of a core that everything used since {@code before}. */
    double machineSince(CpuTime before) {
        return (machine - before.machine) * 1e9 / (nanos - before.nanos);
    }

    /** Percent of the processor time wanted since {@code before} that others got. */
    double stolenSince(CpuTime before) {
        double lost = stolen - before.stolen;
        return lost == 0 ? 0 : 100 * lost / (machine - before.machine + lost);
    }

    /** Those of the postmaster's children, and of those it has waited for. */
    private static long serverTicks(String postmaster) throws IOException {
        long ticks = ticks(Long.parseLong(postmaster), 4);
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            for (Path process : processes.filter(CpuTime::numbered).toList()) {
                long pid = Long.parseLong(process.getFileName().toString());
                try {
                    ticks += stat(pid)[1].equals(postmaster) ? ticks(pid, 2) : 0;
                } catch (IOException e) {
                    // it has ended
                }
            }
        }
        return ticks;
    }

    private static boolean numbered(Path process) {
        return process.getFileName().toString().chars().allMatch(Character::isDigit);
    }

    /** @param kinds 2 for user and system, 4 for those of the children that have ended, too */
    private static long ticks(long pid, int kinds) throws IOException {
        String[] words = stat(pid);
        long ticks = 0;
        for (int i = 0; i < kinds; i++) {
            ticks += Long.parseLong(words[11 + i]);
        }
        return ticks;
    }

    /** From the state on; the parent is the next. */
    private static String[] stat(long pid) throws IOException {
        String stat = Files.readString(Path.of("/proc", String.valueOf(pid), "stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    }

    private static long machineTicks(String[] all) {
        long busy = 0;
        for (int i : new int[] {1, 2, 3, 6, 7}) { // user, nice, system, irq, softirq
            busy += Long.parseLong(all[i]);
        }
        return busy;
    }
}
