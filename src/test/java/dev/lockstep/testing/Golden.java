package dev.lockstep.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Text compared whole with a file beside the tests. {@code -Dgolden.update=true} rewrites the file: read the diff. */
public final class Golden {

    private static final Path ROOT = Path.of("src/test/resources/dev/lockstep");

    private Golden() {}

    /** @param file below {@code src/test/resources/dev/lockstep} */
    public static void check(String file, String actual) throws IOException {
        Path golden = ROOT.resolve(file);
        if (Boolean.getBoolean("golden.update")) {
            Files.createDirectories(golden.getParent());
            Files.writeString(golden, actual);
        }
        assertThat(actual).isEqualTo(Files.readString(golden));
    }
}
