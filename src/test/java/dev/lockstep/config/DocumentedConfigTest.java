package dev.lockstep.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every configuration that the documentation shows is one. */
class DocumentedConfigTest {

    private static final Pattern YAML = Pattern.compile("```yaml\\n(.*?)```", Pattern.DOTALL);

    private static final Map<String, String> ENVIRONMENT =
            Map.of("LOCKSTEP_DB_PASSWORD", "x", "VECTORS_PASSWORD", "x", "APP_PASSWORD", "x", "KAFKA_JAAS", "x");

    static Stream<String> shown() {
        return Stream.of("README.md", "docs/RECALL.md", "docs/CONFIGURATION.md")
                .flatMap(file -> YAML.matcher(read(file)).results().map(block -> block.group(1)));
    }

    @ParameterizedTest
    @MethodSource("shown")
    void isRead(String yaml) {
        String whole =
                yaml.contains("database:") ? yaml : "database: {url: 'jdbc:postgresql://db/app', user: app}\n" + yaml;
        assertThat(ConfigLoader.parse("shown.yaml", whole, ENVIRONMENT)).isNotNull();
    }

    @Test
    void somethingIsShown() {
        assertThat(shown()).hasSizeGreaterThan(3);
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
