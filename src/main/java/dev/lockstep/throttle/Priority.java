package dev.lockstep.throttle;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
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

    /** Threads that work on no change: the lease must not be late, and whoever gives a priority back, neither. */
    private static final Set<String> KEPT = Set.of("lockstep-lease", "lockstep-crowd");

    private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final String SESSIONS = "SELECT pid, client_port, pid = pg_backend_pid() FROM pg_stat_activity"
            + " WHERE pid = pg_backend_pid() OR application_name ~ ?"
            + " OR pid = (SELECT active_pid FROM pg_replication_slots WHERE slot_name = ?)";

    private static final String WORKERS = "/(run-(lane|store)-.*|capture)$";

    private final String name;
    private final LinuxTask self;
    private final Set<Session> lowered = new HashSet<>();
    private @Nullable Usual usual;
    private @Nullable String refusal;
    private int now;
    private long setAt;

    /** @param name the configured name: of the sessions, and of the slot */
    Priority(String name) {
        this(name, LinuxTask.process(ProcessHandle.current().pid()));
    }

    Priority(String name, LinuxTask self) {
        this.name = name;
        this.self = self;
    }

    /**
     * A session of ours in the server.
     *
     * @param port of this end: it tells the process from one that has the number by chance, or in another container
     */
    private record Session(int pid, int port) {

        LinuxTask task() {
            return LinuxTask.process(pid);
        }

        boolean there() {
            try {
                String title = task().title();
                return title.startsWith("postgres") && title.contains("(" + port + ")");
            } catch (IOException e) {
                return false;
            }
        }
    }

    private record Sessions(Session asking, List<Session> working) {}

    /**
     * What was there before anything was lowered.
     *
     * @param group of our session among those of the machine; 0, as the server's, where sessions have none
     */
    private record Usual(boolean bySession, int own, int group, int server, int serverGroup) {}

    /**
     * Lowers it by so many steps of nice; what is new since is lowered, too.
     *
     * @param open a session in the server, which is on this machine
     * @return whether all of it is as low as that
     */
    boolean lower(Connection open, int steps) throws SQLException {
        if (refusal != null) {
            return false;
        }
        if (steps == now && System.nanoTime() - setAt < AGAIN_NANOS) {
            return true;
        }
        Sessions sessions = sessions(open);
        try {
            Usual before = usual == null ? usual(sessions.asking()) : usual;
            usual = before;
            now = steps;
            setAt = System.nanoTime();
            lowered.removeIf(session -> !session.there());
            lowered.addAll(sessions.working().stream().filter(Session::there).toList());
            set(before, steps);
            return true;
        } catch (IOException e) {
            giveBack();
            refusal =
                    e instanceof NoSuchFileException ? "there is no " + e.getMessage() : String.valueOf(e.getMessage());
            log.info("writers want all processors, and the priority of the stream cannot be lowered: {}", refusal);
            return false;
        }
    }

    /** As before it was lowered. */
    void giveBack() {
        Usual before = usual;
        if (now == 0 || before == null) {
            return;
        }
        now = 0;
        try {
            lowered.removeIf(session -> !session.there());
            set(before, 0);
        } catch (IOException e) {
            log.warn("the priority of the stream could not be given back: {}", e.getMessage());
        }
        lowered.clear();
    }

    private void set(Usual before, int steps) throws IOException {
        Renice.set(threads(), Renice.below(before.own(), steps));
        Renice.set(lowered.stream().map(Session::task).toList(), Renice.below(before.server(), steps));
        if (before.bySession()) {
            Renice.setGroup(self, Renice.below(before.group(), steps));
            for (Session session : lowered) {
                Renice.setGroup(session.task(), Renice.below(before.serverGroup(), steps));
            }
        }
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

    private Sessions sessions(Connection open) throws SQLException {
        try (PreparedStatement statement = open.prepareStatement(SESSIONS)) {
            statement.setString(1, "^" + name + WORKERS);
            statement.setString(2, name);
            try (ResultSet row = statement.executeQuery()) {
                Session asking = new Session(0, 0);
                List<Session> working = new ArrayList<>();
                while (row.next()) {
                    Session session = new Session(row.getInt(1), row.getInt(2));
                    if (row.getBoolean(3)) {
                        asking = session;
                    } else {
                        working.add(session);
                    }
                }
                return new Sessions(asking, working);
            }
        }
    }

    /** @throws IOException with the reason for which a lower priority is of no use, or could not be given back */
    private Usual usual(Session asking) throws IOException {
        if (!asking.there()) {
            throw new IOException("the server's processes cannot be seen from here");
        }
        CpuGroup group = CpuGroup.of(self);
        if (!group.equals(CpuGroup.of(asking.task()))) {
            throw new IOException("the server's processes are in another control group");
        }
        if (group.bySession() && !self.leadsSession()) {
            throw new IOException(
                    "processors are shared among sessions, and this process leads none (setsid, systemd)");
        }
        LinuxTask server = asking.task();
        Usual found = group.bySession()
                ? new Usual(true, LinuxTask.current().nice(), Renice.group(self), server.nice(), Renice.group(server))
                : new Usual(false, LinuxTask.current().nice(), 0, server.nice(), 0);
        Renice.requireWayBack(server);
        if (found.bySession()) {
            Renice.writeGroup(server, found.serverGroup());
            Renice.writeGroup(server, found.serverGroup());
        }
        return found;
    }
}
