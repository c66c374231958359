package dev.lockstep.testing;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A streaming standby of an {@link OwnServer} or a {@link DebianServer}, made without
 * pg_basebackup, which the embedded servers lack: the files are copied in backup mode.
 */
public final class Standby implements AutoCloseable {

    private static final Set<String> LEFT_OUT =
            Set.of("pg_wal", "pg_replslot", "postmaster.pid", "postmaster.opts", "pg_dynshmem", "pg_stat_tmp");
    private static final String SLOT = "physical";

    private final Path data;
    private final Path postgres;
    private final int port;

    private Standby(Path data, Path postgres, int port) {
        this.data = data;
        this.postgres = postgres;
        this.port = port;
    }

    /**
     * Starts one that follows {@code primary}.
     *
     * @param port on which it listens
     * @param database whose catalog it asks for slots
     */
    public static Standby of(OwnServer primary, Path folder, int port, String database) throws Exception {
        return of(new Primary(primary.port(), primary.data(), primary.postgres()), folder, port, database);
    }

    public static Standby of(DebianServer primary, Path folder, int port, String database) throws Exception {
        return of(new Primary(primary.port(), primary.data(), primary.postgres()), folder, port, database);
    }

    private record Primary(int port, Path data, Path postgres) {}

    private static Standby of(Primary primary, Path folder, int port, String database) throws Exception {
        Path data = folder.resolve("standby");
        try (Connection session = TestPostgres.admin(primary.port());
                Statement statement = session.createStatement()) {
            statement.execute("SELECT pg_create_physical_replication_slot('" + SLOT + "', true)");
            copy(session, statement, primary.data(), data);
        }
        Files.createFile(data.resolve("standby.signal"));
        Files.writeString(
                data.resolve("postgresql.auto.conf"),
                "primary_conninfo = 'host=127.0.0.1 port=" + primary.port() + " user=postgres dbname=" + database
                        + "'\nprimary_slot_name = '" + SLOT + "'\nhot_standby_feedback = on\n",
                StandardOpenOption.APPEND);
        Standby standby = new Standby(data, primary.postgres(), port);
        standby.control(
                "start",
                "-o",
                "-p " + port
                        + " -c unix_socket_directories= -c wal_level=logical -c max_wal_senders=20 -c max_replication_slots=100"
                        + " -c max_connections=200 -c wal_receiver_status_interval=1s -c wal_retrieve_retry_interval=200ms");
        return standby;
    }

    /** The mode's own session stays open while the files are copied. */
    private static void copy(Connection session, Statement statement, Path from, Path to) throws Exception {
        boolean old = session.getMetaData().getDatabaseMajorVersion() < 15;
        statement.execute(old ? "SELECT pg_start_backup('x', true, false)" : "SELECT pg_backup_start('x', true)");
        Files.createDirectory(to, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                Path relative = from.relativize(folder);
                if (relative.getNameCount() > 1
                        && LEFT_OUT.contains(relative.getName(0).toString())) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                if (!folder.equals(from)) {
                    Files.createDirectory(to.resolve(relative));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path relative = from.relativize(file);
                if (!LEFT_OUT.contains(relative.getName(0).toString())) {
                    Files.copy(file, to.resolve(relative));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE; // removed meanwhile: the WAL knows
                }
                throw e;
            }
        });
        try (ResultSet row = statement.executeQuery(
                old ? "SELECT labelfile FROM pg_stop_backup(false)" : "SELECT labelfile FROM pg_backup_stop()")) {
            row.next();
            Files.writeString(to.resolve("backup_label"), row.getString(1));
        }
    }

    /** The first column of the first row, as text; null when there is none. */
    public String text(String sql) throws SQLException {
        try (Connection session = TestPostgres.admin(port);
                Statement statement = session.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? row.getString(1) : null;
        }
    }

    /** From here on it keeps copies of failover slots; since PostgreSQL 17. */
    public void syncSlots() throws SQLException {
        execute("ALTER SYSTEM SET sync_replication_slots = on");
        text("SELECT pg_reload_conf()");
    }

    private void execute(String sql) throws SQLException {
        try (Connection session = TestPostgres.admin(port);
                Statement statement = session.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Makes it the primary. */
    public void promote() throws SQLException {
        text("SELECT pg_promote()");
    }

    private void control(String... action) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        if (LinuxUtils.isUnshareAvailable()) {
            command.addAll(List.of("unshare", "-U")); // the server refuses to be run by root
        }
        command.add(postgres.resolveSibling("pg_ctl").toString());
        command.addAll(List.of(action));
        Path log = data.resolveSibling("standby.log");
        command.addAll(List.of("-D", data.toString(), "-w", "-l", log.toString()));
        int code = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (code != 0) {
            throw new IllegalStateException("pg_ctl " + action[0] + ": " + Files.readString(log));
        }
    }

    @Override
    public void close() throws IOException {
        try {
            control("stop", "-m", "immediate");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
