package dev.lockstep.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.lockstep.model.LockstepException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigErrorsTest {

    /** Lines 1 to 3; what a case adds begins on line 4. */
    private static final String DATABASE = """
            database:
              url: jdbc:postgresql://db/app
              user: app
            """;

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void oneLineNamesFileLineKeyAndRemedy(String yaml, String expected) {
        assertThat(error(DATABASE + yaml)).isEqualTo("conf/lockstep.yaml " + expected);
    }

    static Stream<Arguments> oneLineNamesFileLineKeyAndRemedy() {
        return Stream.of(
                // keys
                arguments("runn: {}", "line 4: runn is not a known key; did you mean run?"),
                arguments("run:\n  batchrow: 3", "line 5: run.batchrow is not a known key; did you mean batchRows?"),
                arguments("run: {Lanes: 3}", "line 4: run.Lanes is not a known key; did you mean lanes?"),
                arguments(
                        "backfill: {throttle: 3}",
                        "line 4: backfill.throttle is not a known key; there are batchMillis, workers"),
                arguments(
                        "<<: {}",
                        "line 4: … is not a known key; there are name, database, mapping, run, backfill,"
                                + " http, monitor, savepoints, cutover, kafka"),
                arguments(
                        "mapping:\n  tables:\n    - {table: T, persona: p, agent: a}\n"
                                + "    - {table: U, persona: p, agnt: a}",
                        "line 7: mapping.tables[1].agnt is not a known key; did you mean agent?"),
                arguments(
                        "mapping:\n  personas: {tabel: T}",
                        "line 5: mapping.personas.tabel is not a known key; did you mean table?"),
                arguments(
                        "run:\n  lanes: 2\n  lanes: 3",
                        "line 6: run.lanes is there twice, first on line 5; remove one of them"),
                arguments("database: {}", "line 4: database is there twice, first on line 1; remove one of them"),
                // types
                arguments("run: {lanes: many}", "line 4: run.lanes has to be a whole number from 1 to 32, not 'many'"),
                arguments("run: {lanes: 1.5}", "line 4: run.lanes has to be a whole number from 1 to 32, not '1.5'"),
                arguments("run: {lanes: 0}", "line 4: run.lanes has to be a whole number from 1 to 32, not '0'"),
                arguments("run: {lanes: [2]}", "line 4: run.lanes has to be a single value, not a list"),
                arguments("run: {lanes: {a: b}}", "line 4: run.lanes has to be a single value, not a block of keys"),
                arguments(
                        "run:\n  lanes:",
                        "line 5: run.lanes has to be text, not empty; write a value or remove the key"),
                arguments("run: 5", "line 4: run has to be a block of keys, not a single value"),
                arguments("run: [1]", "line 4: run has to be a block of keys, not a list"),
                arguments("mapping: {tables: T}", "line 4: mapping.tables has to be a list, not a single value"),
                arguments(
                        "mapping: {tables: [T]}",
                        "line 4: mapping.tables[0] has to be a block of keys, not a single value"),
                arguments(
                        "mapping: {agents: {name: null}}",
                        "line 4: mapping.agents.name has to be text, not empty; write a value or remove the key"),
                arguments("name: {a: b}", "line 4: name has to be a single value, not a block of keys"),
                arguments(
                        "cutover: {conflict: agents}",
                        "line 4: cutover.conflict has to be one of report, agent, persona, not 'agents'"),
                arguments(
                        "cutover: {evidenceMaxAge: 1 hour}",
                        "line 4: cutover.evidenceMaxAge has to be a length of time such as 90s, 10m or 1h, not '1 hour'"),
                arguments(
                        "cutover: {evidenceMaxAge: 3600}",
                        "line 4: cutover.evidenceMaxAge has to be a length of time such as 90s, 10m or 1h, not '3600'"),
                arguments(
                        "mapping: {tables: [{table: T, persona: p, agent: a, nullPersona: drop}]}",
                        "line 4: mapping.tables[0].nullPersona has to be one of keep, clear, not 'drop'"),
                // ranges
                arguments(
                        "run: {batchRows: 100001}",
                        "line 4: run.batchRows has to be a whole number from 1 to 100000, not '100001'"),
                arguments(
                        "run: {pollMillis: 0}",
                        "line 4: run.pollMillis has to be a whole number from 1 to 10000, not '0'"),
                arguments(
                        "run: {heartbeatSeconds: 16}",
                        "line 4: run.heartbeatSeconds has to be a whole number from 1 to 15, not '16'"),
                arguments(
                        "backfill: {batchMillis: 0}",
                        "line 4: backfill.batchMillis has to be a whole number from 1 to 10000, not '0'"),
                arguments(
                        "backfill: {workers: 33}",
                        "line 4: backfill.workers has to be a whole number from 1 to 32, not '33'"),
                arguments(
                        "http: {port: 65536}",
                        "line 4: http.port has to be a whole number from 0 to 65535, not '65536'"),
                arguments(
                        "http: {port: 99999999999}",
                        "line 4: http.port has to be a whole number from 0 to 65535, not '99999999999'"),
                arguments(
                        "http: {host: ''}",
                        "line 4: http.host is empty; write an address of this machine, such as 127.0.0.1"),
                arguments(
                        "monitor: {maxLagSeconds: -1}",
                        "line 4: monitor.maxLagSeconds has to be a whole number from 1 to 86400, not '-1'"),
                arguments(
                        "savepoints: {everyMinutes: 0}",
                        "line 4: savepoints.everyMinutes has to be a whole number from 1 to 10080, not '0'"),
                arguments(
                        "savepoints: {keep: 21}",
                        "line 4: savepoints.keep has to be a whole number from 0 to 20, not '21'"),
                arguments(
                        "cutover: {maxLagSeconds: 3601}",
                        "line 4: cutover.maxLagSeconds has to be a whole number from 0 to 3600, not '3601'"),
                arguments(
                        "cutover: {steadyMinutes: x}",
                        "line 4: cutover.steadyMinutes has to be a whole number from 0 to 10080, not 'x'"),
                arguments(
                        "cutover: {evidenceMaxAge: 31d}",
                        "line 4: cutover.evidenceMaxAge has to be from 1s to 30d, not '31d'"),
                // names
                arguments(
                        "name: Lock-Step",
                        "line 4: name names a schema and a slot: 1 to 40 of a-z, 0-9 and _, not beginning with pg_"),
                arguments(
                        "name: pg_sync",
                        "line 4: name names a schema and a slot: 1 to 40 of a-z, 0-9 and _, not beginning with pg_"),
                arguments(
                        "mapping: {agents: {id: ''}}",
                        "line 4: mapping.agents.id is empty; write the name as the catalog has it"),
                arguments(
                        "mapping: {agents: {table: '\"Agents\"'}}",
                        "line 4: mapping.agents.table is quoted twice; write the name as the catalog has it,"
                                + " without SQL quotes"),
                arguments(
                        "mapping: {agents: {table: 'app.'}}",
                        "line 4: mapping.agents.table has to be TABLE or SCHEMA.TABLE"),
                arguments(
                        "mapping: {agents: {id: " + "x".repeat(64) + "}}",
                        "line 4: mapping.agents.id is longer than 63 bytes, which no PostgreSQL name is"),
                // mapping
                arguments(
                        "mapping: {tables: []}",
                        "line 4: mapping.tables is empty; name a table, or remove the key to take the standard ones"),
                arguments(
                        "mapping:\n  tables:\n    - {persona: p, agent: a}",
                        "line 6: mapping.tables[0].table is missing; write the name of a table that carries a persona"),
                arguments(
                        "mapping:\n  tables:\n    - {table: T, agent: a}",
                        "line 6: mapping.tables[0].persona is missing;"
                                + " write the name of the column that holds the persona's id"),
                arguments(
                        "mapping:\n  tables:\n    - {table: T, persona: p}",
                        "line 6: mapping.tables[0].agent is missing; write the name of the column to be filled"),
                arguments(
                        "mapping:\n  tables:\n    - {table: T, persona: p, agent: a, content: c}",
                        "line 6: mapping.tables[0] has one of content and contentHash; write both, or neither"),
                // kafka
                arguments(
                        "kafka: {journal: {topic: t}}",
                        "line 4: kafka.bootstrapServers is missing; write HOST:9092, or a list of those with commas"),
                arguments("kafka: b:9092", "line 4: kafka has to be a block of keys, not a single value"),
                arguments(
                        "kafka: {bootstrapServers: 'b'}",
                        "line 4: kafka.bootstrapServers has to look like HOST:9092,HOST:9092"),
                arguments(
                        "kafka: {bootstrapServers: 'http://b:9092'}",
                        "line 4: kafka.bootstrapServers has to look like HOST:9092,HOST:9092"),
                arguments(
                        "kafka: {bootstrapServers: 'b:1', topic: t}",
                        "line 4: kafka.topic is not a known key; there are bootstrapServers, journal, properties"),
                arguments(
                        "kafka: {bootstrapServers: 'b:1', journal: {topik: t}}",
                        "line 4: kafka.journal.topik is not a known key; did you mean topic?"),
                arguments(
                        "kafka: {bootstrapServers: 'b:1', journal: {topic: 'a b'}}",
                        "line 4: kafka.journal.topic names a topic: 1 to 236 of a-z, A-Z, 0-9, dot, underscore and"
                                + " hyphen"),
                arguments(
                        "kafka: {bootstrapServers: 'b:1', journal: {topic: '..'}}",
                        "line 4: kafka.journal.topic names a topic: 1 to 236 of a-z, A-Z, 0-9, dot, underscore and"
                                + " hyphen"),
                arguments(
                        "kafka: {bootstrapServers: 'b:1', journal: {partitions: 0}}",
                        "line 4: kafka.journal.partitions has to be a whole number from 1 to 1000, not '0'"),
                arguments(
                        "kafka: {bootstrapServers: 'b:1', journal: {retention: 30s}}",
                        "line 4: kafka.journal.retention has to be from 60s to 3650d, not '30s'"),
                arguments(
                        "kafka: {bootstrapServers: 'b:1', journal: {retention: week}}",
                        "line 4: kafka.journal.retention has to be a length of time such as 90s, 10m or 1h, not 'week'"),
                arguments(
                        "kafka: {bootstrapServers: 'b:1', properties: {acks: 1}}",
                        "line 4: kafka.properties.acks is lockstep's to set; remove the key"),
                arguments(
                        "kafka: {bootstrapServers: 'b:1', properties: {sasl.mechanism: [PLAIN]}}",
                        "line 4: kafka.properties.sasl… has to be a single value, not a list"),
                // stores
                arguments(
                        "mapping: {vectors: [{kind: qdrant}]}",
                        "line 4: mapping.vectors[0].store is missing; write postgres, chroma or qdrant"),
                arguments(
                        "mapping: {vectors: [{store: pinecone}]}",
                        "line 4: mapping.vectors[0].store has to be postgres, chroma or qdrant"),
                arguments(
                        "mapping: {vectors: [{store: qdrant}]}",
                        "line 4: mapping.vectors[0].collection is missing; write the collection's name"),
                arguments(
                        "mapping: {vectors: [{store: chroma, collection: c, url: 'chroma:8000'}]}",
                        "line 4: mapping.vectors[0].url has to look like http://127.0.0.1:8000, without a user or"
                                + " password"),
                arguments(
                        "mapping: {vectors: [{store: chroma, collection: c, url: 'http://u:secret@chroma:8000'}]}",
                        "line 4: mapping.vectors[0].url has to look like http://127.0.0.1:8000, without a user or"
                                + " password"),
                arguments(
                        "mapping: {vectors: [{store: chroma, collection: c, url: 'http://chroma:8000'}]}",
                        "line 4: mapping.vectors[0].link is missing; write {by: id}, {by: payload, field: MessageId} or"
                                + " {by: hash}"),
                arguments(
                        "mapping: {vectors: [{store: qdrant, collection: c, url: 'http://q:6334', link: {by: payload}}]}",
                        "line 4: mapping.vectors[0].link.field is missing; name the field that holds the message's id"),
                arguments(
                        "mapping: {vectors: [{store: qdrant, collection: c, url: 'http://q:6334', link: {by: hash}}]}",
                        "line 4: mapping.vectors[0].contentHash is missing; name the field that holds the content's"
                                + " SHA-256 in lower-case hex"),
                arguments(
                        "mapping: {vectors: [{store: qdrant, collection: c, url: 'http://q:6334', link: {by: id, field: f}}]}",
                        "line 4: mapping.vectors[0].link.field has no use with {by: id}; remove it"),
                arguments(
                        "mapping: {vectors: [{store: qdrant, collection: c, url: 'http://q:6334', link: {by: id},"
                                + " agent: A, source: A}]}",
                        "line 4: mapping.vectors[0] names one field twice; each needs a field of its own"),
                arguments(
                        "mapping:\n  vectors:\n    - {store: qdrant, collection: c, url: 'http://q:6334', link: {by: id}}\n"
                                + "    - {store: chroma, collection: c, url: 'http://q:8000', link: {by: id}}",
                        "line 7: mapping.vectors[1].name has to differ from that of the other stores; write a name of its"
                                + " own"),
                arguments(
                        "mapping: {vectors: [{store: postgres, table: V, url: 'postgres://x', link: {by: id}}]}",
                        "line 4: mapping.vectors[0].url has to look like jdbc:postgresql://HOST:5432/DATABASE"),
                arguments(
                        "mapping: {vectors: [{store: postgres, table: Vectors}]}",
                        "line 4: mapping.vectors[0].persona is missing; write the name of the column that holds the"
                                + " persona's id"),
                arguments(
                        "mapping: {vectors: [{store: postgres, table: V, persona: P, message: M, onDelete: drop}]}",
                        "line 4: mapping.vectors[0].onDelete has to be one of keep, mark, delete, not 'drop'"),
                // variables
                arguments(
                        "http:\n  token: ${NOT_SET}",
                        "line 5: http.token needs the environment variable NOT_SET, which is not set; export it,"
                                + " or write ${NOT_SET:-default}"),
                arguments(
                        "http: {port: ${SECRET}}",
                        "line 4: http.port has to be a whole number from 0 to 65535, not '${SECRET}'"),
                arguments(
                        "http:\n  token: ${NOT-A-NAME}",
                        "line 5: http.token has a ${ that begins no variable; write ${NAME} or ${NAME:-default},"
                                + " or $${ for the text"),
                // YAML
                arguments(
                        "run:\n\tlanes: 2",
                        "line 5: the file is not YAML: found character '\\t(TAB)' that cannot start any token."
                                + " (Do not use \\t(TAB) for indentation); indent with spaces, write `key: value`"),
                arguments(
                        "run:\n  lanes: 2\n batchRows: 3",
                        "line 6: the file is not YAML: expected <block end>, but found '<block mapping start>';"
                                + " indent with spaces, write `key: value`"),
                arguments("---\nrun: {}", "line 5: the file holds a second document; keep one, without --- in between"),
                arguments("run: &anchor {lanes: 2}", "line 4: run uses a YAML anchor or alias; write the value itself"),
                arguments(
                        "http:\n  host: &h localhost\n  token: *h",
                        "line 6: http.token uses a YAML anchor or alias; write the value itself"));
    }

    @ParameterizedTest
    @MethodSource
    void theDatabase(String yaml, String expected) {
        assertThat(error(yaml)).isEqualTo("conf/lockstep.yaml " + expected);
    }

    static Stream<Arguments> theDatabase() {
        String url = "database.url has to look like jdbc:postgresql://HOST:5432/DATABASE;"
                + " user and password have keys of their own";
        return Stream.of(
                arguments("", "line 1: database.url is missing; write jdbc:postgresql://HOST:5432/DATABASE"),
                arguments(
                        "name: x\ndatabase:\n  user: app",
                        "line 2: database.url is missing; write jdbc:postgresql://HOST:5432/DATABASE"),
                arguments(
                        "database: {url: 'jdbc:postgresql://db/app'}",
                        "line 1: database.user is missing; write the role to connect as"),
                arguments("database: {url: 'jdbc:mysql://db/app?password=hunter2', user: a}", "line 1: " + url),
                arguments("database: {url: 'postgres://app:hunter2@db/app', user: a}", "line 1: " + url),
                arguments("database: {url: 'jdbc:postgresql://app:hunter2@db/app', user: a}", "line 1: " + url),
                arguments("- a\n- b", "line 1: the file has to be a block of keys such as database:, not a list"),
                arguments("hello", "line 1: the file has to be a block of keys such as database:, not a single value"));
    }

    @Test
    void filesThatCannotBeRead(@TempDir Path folder) throws IOException {
        Path latin1 = Files.write(folder.resolve("latin1.yaml"), new byte[] {'n', (byte) 0xe9});

        assertThat(loadError(folder.resolve("none.yaml")))
                .isEqualTo("configuration " + folder + "/none.yaml: there is no such file;"
                        + " write one, or name yours with -c FILE");
        assertThat(loadError(folder)).contains("it cannot be read as a file; name a YAML file with -c FILE");
        assertThat(loadError(latin1)).contains("it is not UTF-8 text; save it as UTF-8");
    }

    @Test
    void aFileIsRead(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("lockstep.yaml"), DATABASE);

        assertThat(ConfigLoader.load(file, Map.of()).database().user()).isEqualTo("app");
    }

    private static String loadError(Path file) {
        return catchThrowableOfType(LockstepException.class, () -> ConfigLoader.load(file, Map.of()))
                .getMessage();
    }

    private static String error(String yaml) {
        LockstepException thrown = catchThrowableOfType(
                LockstepException.class,
                () -> ConfigLoader.parse("conf/lockstep.yaml", yaml, Map.of("SECRET", "hunter2")));
        assertThat(thrown).as("an error for\n%s", yaml).isNotNull();
        assertThat(thrown.kind()).isEqualTo(LockstepException.Kind.WRONG_INPUT);
        return thrown.getMessage();
    }
}
