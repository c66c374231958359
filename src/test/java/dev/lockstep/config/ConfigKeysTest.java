package dev.lockstep.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lockstep.model.Conflict;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.TableName;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigKeysTest {

    private static final String DATABASE = "database: {url: 'jdbc:postgresql://db/app', user: app}\n";

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void everyKeyIsRead(String yaml, Function<LockstepConfig, Object> read, Object expected) {
        assertThat(read.apply(parse(DATABASE + yaml, Map.of()))).isEqualTo(expected);
    }

    static Stream<Arguments> everyKeyIsRead() {
        return Stream.of(
                key("name: app_sync_2", LockstepConfig::name, "app_sync_2"),
                key("run: {batchRows: 17}", c -> c.run().batchRows(), 17),
                key("run: {pollMillis: 50}", c -> c.run().poll(), Duration.ofMillis(50)),
                key("run: {lanes: 4}", c -> c.run().lanes(), 4),
                key("run: {heartbeatSeconds: 9}", c -> c.run().heartbeat(), Duration.ofSeconds(9)),
                key("backfill: {batchMillis: 50}", c -> c.backfill().batch(), Duration.ofMillis(50)),
                key("backfill: {workers: 3}", c -> c.backfill().workers(), 3),
                key("http: {host: 0.0.0.0}", c -> c.http().host(), "0.0.0.0"),
                key("http: {port: 0}", c -> c.http().port(), 0),
                key("http: {token: s3cret}", c -> c.http().token(), "s3cret"),
                key("monitor: {maxLagSeconds: 7}", c -> c.monitor().maxLag(), Duration.ofSeconds(7)),
                key("savepoints: {everyMinutes: 5}", c -> c.savepoints().every(), Duration.ofMinutes(5)),
                key("savepoints: {keep: 0}", c -> c.savepoints().keep(), 0),
                key("cutover: {maxLagSeconds: 1}", c -> c.cutover().maxLag(), Duration.ofSeconds(1)),
                key("cutover: {steadyMinutes: 0}", c -> c.cutover().steady(), Duration.ZERO),
                key("cutover: {evidenceMaxAge: 90s}", c -> c.cutover().evidenceMaxAge(), Duration.ofSeconds(90)),
                key("cutover: {conflict: report}", c -> c.cutover().conflict(), Conflict.REPORT),
                key("cutover: {conflict: agent}", c -> c.cutover().conflict(), Conflict.AGENT),
                key("cutover: {conflict: persona}", c -> c.cutover().conflict(), Conflict.PERSONA),
                key(
                        "kafka: {bootstrapServers: 'a:9092, [::1]:9093'}",
                        LockstepConfig::kafka,
                        new KafkaConfig(
                                "a:9092, [::1]:9093",
                                new KafkaConfig.Journal("lockstep.journal", 4, Duration.ofDays(7)),
                                Map.of())),
                key(
                        """
                        name: app
                        kafka:
                          bootstrapServers: b:9092
                          journal: {topic: changes, partitions: 12, retention: 30d}
                          properties: {security.protocol: SASL_SSL, linger.ms: 5}
                        """,
                        LockstepConfig::kafka,
                        new KafkaConfig(
                                "b:9092",
                                new KafkaConfig.Journal("changes", 12, Duration.ofDays(30)),
                                Map.of("security.protocol", "SASL_SSL", "linger.ms", "5"))),
                key("mapping: {personas: null}", c -> c.mapping().personas(), null),
                key(
                        "mapping: {personas: {table: app.people, id: person_id, name: null}}",
                        c -> c.mapping().personas(),
                        new MappingSpec.Personas(new TableName("app", "people"), "person_id", null)),
                key(
                        "mapping: {agents: {table: A, id: a, persona: b, name: c, active: d, memoryRoot: e}}",
                        c -> c.mapping().agents(),
                        new MappingSpec.Agents(new TableName("public", "A"), "a", "b", "c", "d", "e")),
                key(
                        "mapping: {memoryRoots: {table: MemoryRoots, id: RootId}}",
                        c -> c.mapping().memoryRoots(),
                        new MappingSpec.MemoryRoots(new TableName("public", "MemoryRoots"), "RootId")),
                key(
                        "mapping: {tables: [{table: T, persona: p, agent: a, conversation: c, content: t, contentHash: h,"
                                + " nullPersona: clear}]}",
                        c -> c.mapping().tables(),
                        List.of(new MappingSpec.Scoped(
                                new TableName("public", "T"), "p", "a", "c", "t", "h", NullPersona.CLEAR))),
                key(
                        "mapping: {tables: [{table: T, persona: p, agent: a, nullPersona: keep}]}",
                        c -> c.mapping().tables(),
                        List.of(new MappingSpec.Scoped(
                                new TableName("public", "T"), "p", "a", null, null, null, NullPersona.KEEP))),
                key(
                        "mapping: {vectors: [{store: postgres, table: V, persona: p, message: m, embedding: e,"
                                + " newest: n}]}",
                        c -> c.mapping().vectors().stream()
                                .map(v -> v.embedding() + " " + v.newest())
                                .toList(),
                        List.of("e n")),
                key(
                        "mapping: {vectors: [{store: postgres, table: V, persona: p, message: m}]}",
                        c -> c.mapping().vectors().stream()
                                .map(v -> v.embedding() + " " + v.newest())
                                .toList(),
                        List.of("null null")));
    }

    @Test
    void tablesNamedWithoutSchemaAreInTheDatabasesSchema() {
        MappingSpec mapping = parse(
                        "database: {url: 'jdbc:postgresql://db/app', user: app, schema: chat}\n"
                                + "mapping: {tables: [{table: T, persona: p, agent: a}, {table: other.U, persona: p, agent: a}]}",
                        Map.of())
                .mapping();

        assertThat(mapping.tables()).extracting(t -> t.table().toString()).containsExactly("chat.T", "other.U");
        assertThat(mapping.agents().table()).isEqualTo(new TableName("chat", "Agents"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql://localhost/app",
                "jdbc:postgresql://a:5432,b:5433/app?targetServerType=primary",
                "jdbc:postgresql://[::1]:5432/app",
                "jdbc:postgresql:app",
                "jdbc:postgresql://db/app?password=p@ss",
            })
    void urls(String url) {
        assertThat(parse("database: {url: '" + url + "', user: app}", Map.of())
                        .database()
                        .url())
                .isEqualTo(url);
    }

    @ParameterizedTest
    @CsvSource({
        "5000ms, 5",
        "90s, 90",
        "10m, 600",
        "1h, 3600",
        "2d, 172800",
    })
    void spans(String span, long seconds) {
        assertThat(parse(DATABASE + "cutover: {evidenceMaxAge: " + span + "}", Map.of())
                        .cutover()
                        .evidenceMaxAge())
                .isEqualTo(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "${SET}                | hunter2",
                "'${SET}'              | hunter2",
                "\"${SET}\"            | hunter2",
                "a-${SET}-${UNSET:-b}  | a-hunter2-b",
                "${UNSET:-}            | ''",
                "${UNSET:-a b#c}       | a b#c",
                "${EMPTY:-other}       | other",
                "${EMPTY}              | ''",
                "${ODD}                | $1 \\ {x}: #y",
                "$${SET}               | ${SET}",
                "a$b                   | a$b",
                "12345                 | 12345",
                "0042                  | 0042",
                "true                  | true",
            })
    void variablesInAPassword(String written, String expected) {
        Map<String, String> environment = Map.of("SET", "hunter2", "EMPTY", "", "ODD", "$1 \\ {x}: #y");

        LockstepConfig block =
                parse("database:\n  url: jdbc:postgresql://db/app\n  user: app\n  password: " + written, environment);

        assertThat(block.database().password()).isEqualTo(expected);
    }

    @Test
    void variablesInNumbersAndInComments() {
        LockstepConfig config = parse(
                DATABASE + "# ${NOWHERE} is only a comment\nhttp: {port: ${PORT:-9000}, token: ${TOKEN:-}}",
                Map.of("TOKEN", "t"));

        assertThat(config.http()).isEqualTo(new HttpConfig("127.0.0.1", 9000, "t"));
    }

    private static Arguments key(String yaml, Function<LockstepConfig, Object> read, Object expected) {
        return arguments(yaml, read, expected);
    }

    private static LockstepConfig parse(String yaml, Map<String, String> environment) {
        return ConfigLoader.parse("lockstep.yaml", yaml, environment);
    }
}
