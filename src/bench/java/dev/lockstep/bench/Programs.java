package dev.lockstep.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** PostgreSQL's own client programs. */
final class Programs {

    private Programs() {}

    /** On the path, or where Debian has it. */
    static Path find(String name) throws IOException {
        List<Path> places = new ArrayList<>();
        for (String folder : System.getenv("PATH").split(":", -1)) {
            places.add(Path.of(folder, name));
        }
        Path debian = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(debian)) {
            try (Stream<Path> versions = Files.list(debian)) {
                versions.sorted(Comparator.reverseOrder())
                        .forEach(version -> places.add(version.resolve("bin").resolve(name)));
            }
        }
        return places.stream()
                .filter(place -> Files.isExecutable(place) && !Files.isSymbolicLink(place))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "no " + name + ": put it on the PATH, or apt-get install postgresql-contrib"));
    }
}
