package dev.lockstep.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What {@code .ci/stores} has fetched for machines without containers. */
public final class PreparedStores {

    private static final Path FOLDER = Path.of(System.getProperty("lockstep.stores", "target/stores"));

    private PreparedStores() {}

    /**
     * A file of it, if it was fetched.
     *
     * @throws IllegalStateException when it was not and the build says that it must be: nothing is skipped in silence there
     */
    public static Optional<Path> find(String file) {
        Path found = FOLDER.resolve(file).toAbsolutePath();
        if (Files.exists(found)) {
            return Optional.of(found);
        }
        if (Boolean.getBoolean("lockstep.stores.required")) {
            throw new IllegalStateException(found + " is not there; run .ci/stores");
        }
        return Optional.empty();
    }
}
