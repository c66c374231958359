package dev.lockstep.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.model.LockstepException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigSecretsTest {

    private static final String SECRET = "hunter2";

    private static final String DATABASE = """
            database:
              url: jdbc:postgresql://db/app
              user: app
            """;

    @ParameterizedTest
    @MethodSource
    void noSecretIsEverShown(String yaml) {
        LockstepException thrown = catchThrowableOfType(
                LockstepException.class, () -> ConfigLoader.parse("f", DATABASE + yaml, Map.of("SECRET", SECRET)));

        assertThat(thrown.getMessage())
                .startsWith("f line ")
                .doesNotContain(SECRET)
                .doesNotContain("\n");
    }

    static Stream<String> noSecretIsEverShown() {
        return Stream.of(
                "  password:hunter2",
                "  password: {a: hunter2",
                "  password: [hunter2]",
                "  password: \"hunter2",
                "  password: @hunter2",
                "  password: hunter2: x",
                "  passwort: hunter2",
                "  password:\n    hunter2:\n",
                "\tpassword: hunter2",
                "http: {token:hunter2}",
                "http: {port: ${SECRET}}",
                "run: {lanes: ${SECRET}}",
                "cutover: {evidenceMaxAge: ${SECRET}, conflict: ${SECRET}}",
                "cutover: {conflict: ${SECRET}}",
                "kafka: {bootstrapServers: ${SECRET}}",
                "kafka: {bootstrapServers: 'b:1', properties: {acks: ${SECRET}}}",
                "kafka: {bootstrapServers: 'b:1', properties: {sasl.jaas.config: [hunter2]}}",
                "name: ${SECRET}!");
    }

    @Test
    void toStringShowsNoSecret() {
        LockstepConfig config = ConfigLoader.parse("f", """
                database: {url: 'jdbc:postgresql://db/app?password=hunter2', user: a, password: hunter2}
                http: {token: hunter2}
                kafka: {bootstrapServers: 'b:1', properties: {sasl.jaas.config: hunter2}}
                """, Map.of());

        assertThat(config.toString()).contains("jdbc:postgresql://db/app").doesNotContain(SECRET);
    }
}
