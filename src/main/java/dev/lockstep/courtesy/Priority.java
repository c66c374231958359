package dev.lockstep.courtesy;

import dev.lockstep.model.StopSignal;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The priority of what works on the stream, on the server's own machine: this process, and its sessions in the server. One
 * without the other is no use, for they wait for each other. Only who may give a priority back (root, CAP_SYS_NICE) lowers
 * it. Belongs to one thread, one of those that keep theirs.
 */
final class Priority {

    private static final Logger log = LoggerFactory.getLogger(Priority.class);

    /**
     * Threads that come before the others of the process, whatever it is worth among processes: the lease must not be late, and
     * whoever gives a priority back, neither.
     */
    private static final Set<String> KEPT = Set.of("lockstep-lease", "lockstep-crowd");

    private static final long AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

    /** What refuses it may have been a moment's: a session that had just ended, no room for a process. */
    private static final long REFUSED_NANOS = Duration.ofMinutes(1).toNanos();

    /** Longer than Linux makes one wait who sets the priority of a session twice. */
    private static final Duration PAUSE = Duration.ofMillis(150);

    private static final int ATTEMPTS = 5;

    private final OurSessions ours;
    private final LinuxTask self;
    private final Set<OurSessions.Session> lowered = new HashSet<>();
    private @Nullable Usual usual;
    private @Nullable String refusal;
    private long refusedAt;
    private int now;
    private long setAt;
    private boolean failed;

    /** @param name the configured name: of the sessions, and of the slot */
    Priority(String name) {
        this(name, LinuxTask.process(ProcessHandle.current().pid()));
    }

    Priority(String name, LinuxTask self) {
        this.ours = new OurSessions(name);
        this.self = self;
    }

    /**
     * What was there before anything was lowered.
     *
     * @param asking by which session the server's was found
     * @param group of our session among those of the machine; 0, as the server's, where sessions have none
     */
    private record Usual(
            OurSessions.Session asking, boolean bySession, int own, int group, int server, int serverGroup) {}

    /**
     * Lowers it by so many steps of nice; what is new since is lowered, too.
     *
     * @param open a session in the server, which is on this machine
     * @return whether all of it is low
     */
    boolean lower(Connection open, int steps) throws SQLException {
        if (refusal != null && System.nanoTime() - refusedAt < REFUSED_NANOS) {
            giveBack();
            return false;
        }
        if (now > 0 && System.nanoTime() - setAt < AGAIN_NANOS) {
            return true;
        }
        OurSessions.Found sessions = ours.find(open);
        try {
            Usual before = usual;
            if (before == null || (now == 0 && !before.asking().equals(sessions.asking()))) { // maybe another server
                before = usual(sessions.asking());
                usual = before;
            }
            now = steps;
            setAt = System.nanoTime();
            Set<OurSessions.Session> others = new HashSet<>(lowered);
            others.removeAll(sessions.working());
            set(before, 0, false, there(others));
            lowered.clear();
            lowered.addAll(there(sessions.working()));
            set(before, steps, true, lowered);
            refusal = null;
            return true;
        } catch (IOException e) {
            giveBack();
            if (!reason(e).equals(refusal)) {
                log.info(
                        "writers want all processors, and the priority of the stream cannot be lowered: {}", reason(e));
            }
            refusal = reason(e);
            refusedAt = System.nanoTime();
            return false;
        }
    }

    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "there is no " + e.getMessage();
        }
        return (e instanceof AccessDeniedException ? "it may not change " : "") + e.getMessage();
    }

    /** As before it was lowered; to be asked again and again, in case that it fails. */
    void giveBack() {
        Usual before = usual;
        if (now == 0 || before == null || (failed && System.nanoTime() - setAt < AGAIN_NANOS)) {
            return;
        }
        setAt = System.nanoTime();
        try {
            lowered.retainAll(there(lowered));
            boolean changed = true; // a thread that has not got it back may start one meanwhile
            for (int i = 0; changed && i < ATTEMPTS; i++) {
                changed = set(before, 0, true, lowered);
            }
            failed = changed;
        } catch (IOException e) {
            log.warn("the priority of the stream could not be given back yet: {}", reason(e));
            failed = true;
        }
        if (!failed) {
            now = 0;
            lowered.clear();
        }
    }

    /** As above, by somebody who is not going to ask again. */
    void giveBackForGood() {
        StopSignal never = new StopSignal();
        try {
            for (int i = 0; now > 0 && i < ATTEMPTS; i++) {
                failed = false;
                giveBack();
                if (now > 0) {
                    never.pause(PAUSE);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Set<OurSessions.Session> there(Set<OurSessions.Session> sessions) {
        Set<OurSessions.Session> there = new HashSet<>(sessions);
        there.removeIf(session -> !session.there());
        return there;
    }

    /** One of the things that have a priority. */
    private interface Part {
        boolean set() throws IOException;
    }

    /**
     * All that can be, even if something cannot.
     *
     * @param process whether this process, too
     * @return whether anything had another one
     */
    private boolean set(Usual before, int steps, boolean process, Set<OurSessions.Session> sessions)
            throws IOException {
        List<LinuxTask> servers =
                sessions.stream().map(OurSessions.Session::task).toList();
        List<Part> parts = new ArrayList<>();
        parts.add(() -> Renice.set(servers, Renice.below(before.server(), steps)));
        if (process) {
            parts.add(() -> Renice.set(threads(), Renice.below(before.own(), steps)));
        }
        if (before.bySession()) {
            servers.forEach(server ->
                    parts.add(() -> Renice.setGroup(server, Renice.below(before.serverGroup(), steps))));
            if (process) {
                parts.add(() -> Renice.setGroup(self, Renice.below(before.group(), steps)));
            }
        }
        boolean changed = false;
        IOException first = null;
        for (Part part : parts) {
            try {
                changed |= part.set();
            } catch (IOException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw first;
        }
        return changed;
    }

    private List<LinuxTask> threads() throws IOException {
        List<LinuxTask> threads = new ArrayList<>();
        for (LinuxTask thread : self.threads()) {
            try {
                if (!KEPT.contains(thread.name())) {
                    threads.add(thread);
                }
            } catch (IOException e) {
                if (thread.exists()) {
                    throw e;
                }
            }
        }
        return threads;
    }

    /** @throws IOException with the reason for which a lower priority is of no use, or could not be given back */
    private Usual usual(OurSessions.Session asking) throws IOException {
        if (!asking.there()) {
            throw new IOException("the server's processes cannot be seen from here");
        }
        LinuxTask server = asking.task();
        CpuGroup group = CpuGroup.of(self);
        if (!group.equals(CpuGroup.of(server))) {
            throw new IOException("the server's processes are in another control group");
        }
        if (group.bySession() && !self.leadsSession()) {
            throw new IOException(
                    "processors are shared among sessions, and this process leads none (setsid, systemd)");
        }
        int own = LinuxTask.current().nice();
        int servers = server.nice();
        Renice.requireWayBack(server);
        if (!group.bySession()) {
            return new Usual(asking, false, own, 0, servers, 0);
        }
        int ofServer = Renice.group(server);
        Renice.writeGroup(server, ofServer);
        Renice.writeGroup(server, ofServer);
        return new Usual(asking, true, own, Renice.group(self), servers, ofServer);
    }
}
