package dev.lockstep.run;

import dev.lockstep.database.Handles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Free space of the file system that the server's WAL is on, if it runs on this machine and tells us where its files are. */
final class FreeDisk {

    private static final Duration SAME = Duration.ofSeconds(5);

    private record Backend(
            long pid, Instant start, @Nullable String directory) {}

    private FreeDisk() {}

    /** In bytes; null when it cannot be read. */
    @Nullable
    static Long read(Connection connection) throws SQLException {
        Backend backend = Handles.ask(
                connection,
                handle -> handle.createQuery("SELECT pid, backend_start, (SELECT setting FROM pg_settings"
                                + " WHERE name = 'data_directory') FROM pg_stat_activity WHERE pid = pg_backend_pid()")
                        .map((row, ctx) ->
                                new Backend(row.getLong(1), row.getTimestamp(2).toInstant(), row.getString(3)))
                        .one());
        if (backend.directory() == null || !runsHere(backend)) {
            return null;
        }
        Path data = Path.of(backend.directory());
        Path wal = data.resolve("pg_wal"); // a link, where it has a disk of its own; not for everybody to look at
        try {
            return Files.getFileStore(Files.exists(wal) ? wal : data).getUsableSpace();
        } catch (IOException e) {
            return null;
        }
    }

    /** An address proves nothing, through a tunnel or a port of a container. */
    private static boolean runsHere(Backend backend) {
        Optional<Instant> started = ProcessHandle.of(backend.pid())
                .flatMap(process -> process.info().startInstant());
        return started.isPresent()
                && Duration.between(started.get(), backend.start()).abs().compareTo(SAME) < 0;
    }
}
