package dev.lockstep.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SinkSettingsTest {

    private static final String YAML = """
            name: ls
            database: {url: 'jdbc:postgresql://127.0.0.1:1/app', user: app, password: pw, schema: public}
            """;

    @Test
    void theConfigurationIsAPathOrItsText(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("lockstep.yaml"), YAML);
        assertThat(SinkSettings.of(Map.of(SinkSettings.CONFIG, YAML)).lockstep().name())
                .isEqualTo("ls");
        assertThat(SinkSettings.of(Map.of(SinkSettings.CONFIG, file.toString()))
                        .lockstep()
                        .name())
                .isEqualTo("ls");
    }

    @Test
    void whatIsWrongWithItIsSaidByValidation() {
        assertThat(errors(Map.of())).containsKey(SinkSettings.CONFIG);
        assertThat(errors(Map.of(SinkSettings.CONFIG, "/nowhere/lockstep.yaml")).get(SinkSettings.CONFIG))
                .anyMatch(error -> error.contains("there is no such file"));
        assertThat(errors(Map.of(SinkSettings.CONFIG, YAML + "nmae: x\n")).get(SinkSettings.CONFIG))
                .anyMatch(error -> error.contains("nmae"));
        assertThat(errors(Map.of(SinkSettings.CONFIG, YAML, SinkSettings.PATIENCE, "5")))
                .containsOnlyKeys(SinkSettings.PATIENCE);
        assertThat(errors(Map.of(SinkSettings.CONFIG, YAML))).isEmpty();
    }

    @Test
    void everyKeyIsDocumentedGroupedAndRecommended() {
        for (ConfigDef.ConfigKey key : SinkSettings.DEF.configKeys().values()) {
            assertThat(key.documentation).as(key.name).isNotBlank();
            assertThat(key.group).as(key.name).isNotBlank();
            assertThat(key.recommender.validValues(key.name, Map.of()))
                    .as(key.name)
                    .isNotEmpty();
        }
    }

    @Test
    void eachTaskHasASeat() {
        LockstepSinkConnector connector = new LockstepSinkConnector();
        connector.start(Map.of(SinkSettings.CONFIG, YAML));
        assertThat(connector.taskConfigs(3))
                .extracting(c -> SinkSettings.of(c).task())
                .containsExactly(0, 1, 2);
        assertThatThrownBy(() -> connector.taskConfigs(33)).isInstanceOf(ConnectException.class);
        assertThatThrownBy(() -> connector.start(Map.of())).isInstanceOf(ConfigException.class);
    }

    private static Map<String, List<String>> errors(Map<String, String> properties) {
        Config config = new LockstepSinkConnector().validate(properties);
        return config.configValues().stream()
                .filter(value -> !value.errorMessages().isEmpty())
                .collect(java.util.stream.Collectors.toMap(ConfigValue::name, ConfigValue::errorMessages));
    }
}
