package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.testing.OwnServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose WAL has a disk of its own, as those that matter have. */
class FreeDiskIT {

    private static final Path OTHER_DISK = Path.of("/dev/shm");

    /** Others use both disks meanwhile. */
    private static final long ABOUT = 512L << 20;

    private final Path wal =
            OTHER_DISK.resolve("lockstep-wal-" + ProcessHandle.current().pid());

    @TempDir
    private Path folder;

    @AfterEach
    void remove() throws IOException {
        if (Files.exists(wal)) {
            try (Stream<Path> files = Files.walk(wal)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @Test
    void whatIsFreeIsOfTheDiskThatTheWalIsOn() throws Exception {
        assumeTrue(
                Files.isWritable(OTHER_DISK) && Math.abs(free(OTHER_DISK) - free(folder)) > 4 * ABOUT,
                "no second disk, or as much free on both");
        try (OwnServer server = OwnServer.start(folder.resolve("server"))) {
            assertThat(read(server)).isCloseTo(free(folder), within(ABOUT));
            server.crash();
            Path own = server.data().resolve("pg_wal");
            copy(own, wal);
            Files.move(own, own.resolveSibling("pg_wal.before"));
            Files.createSymbolicLink(own, wal);
            server.restart();
            assertThat(read(server)).isCloseTo(free(OTHER_DISK), within(ABOUT));
        }
    }

    private static Long read(OwnServer server) throws Exception {
        try (Connection connection = server.database().connect()) {
            return FreeDisk.read(connection);
        }
    }

    private static long free(Path path) throws IOException {
        return Files.getFileStore(path).getUsableSpace();
    }

    private static void copy(Path from, Path to) throws IOException {
        List<Path> all;
        try (Stream<Path> files = Files.walk(from)) {
            all = files.toList();
        }
        for (Path file : all) {
            Files.copy(file, to.resolve(from.relativize(file).toString()));
        }
    }
}
