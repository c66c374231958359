package dev.lockstep.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.LegacySchema;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigDefaultsTest {

    private static final String DATABASE = "database: {url: 'jdbc:postgresql://localhost:5432/app', user: app}\n";

    /** The file of the documentation, word for word but for its comments. */
    private static final String DOCUMENTED = """
            name: lockstep                 # of the control schema, slot and publication
            database:
              url: jdbc:postgresql://localhost:5432/app
              user: app
              password: ${LOCKSTEP_DB_PASSWORD}
              schema: public
            mapping:                       # these are the defaults
              personas:    {table: Personas, id: Id, name: Name}          # name may be null
              agents:      {table: Agents, id: Id, persona: PersonaId, name: Name, active: IsActive, memoryRoot: MemoryRootId}
              memoryRoots: null            # or {table: MemoryRoots, id: Id}: a row is made there first
              tables:
                - {table: Conversations, persona: PersonaId, agent: AgentId}
                - {table: Messages, persona: FromPersonaId, agent: FromAgentId, conversation: ConversationId, content: Content, contentHash: ContentHash}
              vectors: []                  # see the vector issue
            run:   {batchRows: 5000, pollMillis: 5, lanes: 2, heartbeatSeconds: 5}
            backfill: {batchMillis: 200, workers: 1}
            http:  {host: 127.0.0.1, port: 8080, token: ${LOCKSTEP_TOKEN:-}}   # control calls need the token
            monitor: {maxLagSeconds: 60}
            savepoints: {everyMinutes: 60, keep: 2}
            cutover: {maxLagSeconds: 5, steadyMinutes: 10, evidenceMaxAge: 1h}
            kafka: null                    # {bootstrapServers: …, journal: {topic: …}}
            """;

    @Test
    void everyDefault() {
        LockstepConfig config = parse(DATABASE);

        assertThat(config)
                .isEqualTo(new LockstepConfig(
                        "lockstep",
                        new DatabaseConfig("jdbc:postgresql://localhost:5432/app", "app", "", "public"),
                        LegacySchema.PASCAL.spec(),
                        RunConfig.DEFAULT,
                        BackfillConfig.DEFAULT,
                        HttpConfig.DEFAULT,
                        MonitorConfig.DEFAULT,
                        SavepointsConfig.DEFAULT,
                        CutoverConfig.DEFAULT));
    }

    @Test
    void theDocumentedFileSaysTheDefaults() {
        LockstepConfig config =
                ConfigLoader.parse("lockstep.yaml", DOCUMENTED, Map.of("LOCKSTEP_DB_PASSWORD", "p#1: {x}"));

        assertThat(config)
                .isEqualTo(new LockstepConfig(
                        "lockstep",
                        new DatabaseConfig("jdbc:postgresql://localhost:5432/app", "app", "p#1: {x}", "public"),
                        LegacySchema.PASCAL.spec(),
                        RunConfig.DEFAULT,
                        BackfillConfig.DEFAULT,
                        HttpConfig.DEFAULT,
                        MonitorConfig.DEFAULT,
                        SavepointsConfig.DEFAULT,
                        CutoverConfig.DEFAULT));
    }

    @ParameterizedTest
    @EnumSource
    void theMappingsOfTheTestSchemas(LegacySchema schema) {
        assertThat(parse(DATABASE + schema.yaml()).mapping()).isEqualTo(schema.spec());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mapping: {}",
                "mapping: null",
                "mapping:",
                "mapping: {vectors: null}",
                "mapping: {memoryRoots: null, personas: {}, agents: {}}",
                "run:",
                "run: {}",
                "http: null",
                "kafka: {}",
                "kafka: []",
                "# nothing at all",
            })
    void sectionsWithNothingInThemTakeTheDefaults(String section) {
        assertThat(parse(DATABASE + section)).isEqualTo(parse(DATABASE));
    }

    private static LockstepConfig parse(String yaml) {
        return ConfigLoader.parse("lockstep.yaml", yaml, Map.of());
    }
}
