package dev.lockstep.courtesy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The control group whose tasks share processors by their priorities; between groups these say nothing. In the first of all
 * groups Linux may make one of each session in turn, with a priority of its own (sched(7), "The autogroup feature").
 *
 * @param path of the group, as this process sees it
 * @param bySession whether each session is a group of its own
 */
record CpuGroup(String path, boolean bySession) {

    private static final Path CONTROL_GROUPS = Path.of("/sys/fs/cgroup");
    private static final Path BY_SESSION = Path.of("/proc/sys/kernel/sched_autogroup_enabled");

    static CpuGroup of(LinuxTask process) throws IOException {
        String path = path(process.text("cgroup"), CONTROL_GROUPS);
        boolean bySession = path.equals("/")
                && !Files.exists(CONTROL_GROUPS.resolve("cpu.weight"))
                && Files.exists(BY_SESSION)
                && Files.readString(BY_SESSION).strip().equals("1");
        return new CpuGroup(path, bySession);
    }

    /**
     * @param memberships a line for each hierarchy: number:controllers:path, without controllers for the one of version 2
     * @param mounted where version 2 is; a group without a weight of its own belongs to the next one above that has one
     */
    static String path(String memberships, Path mounted) {
        String unified = "/";
        for (String line : memberships.lines().toList()) {
            String[] fields = line.split(":", 3);
            if (fields.length == 3 && ("," + fields[1] + ",").contains(",cpu,")) {
                return fields[2];
            }
            if (fields.length == 3 && fields[0].equals("0")) {
                unified = fields[2];
            }
        }
        for (String path = unified; path.length() > 1; path = path.substring(0, path.lastIndexOf('/'))) {
            if (path.contains("/..")
                    || Files.exists(mounted.resolve(path.substring(1)).resolve("cpu.weight"))) {
                return path; // dots: a group that cannot be seen from here, so not ours
            }
        }
        return "/";
    }
}
