package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.config.ConfigLoader;
import dev.lockstep.database.Database;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.testing.Pgvector;
import dev.lockstep.testing.RecallExample;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorSchema;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** docs/RECALL.md as it stands: its configuration is loaded, its SQL, JDBC and psycopg are run. */
class RecallDocsIT {

    private static final VectorSchema SCHEMA = VectorSchema.PASCAL;
    private static final List<String> NEWEST = List.of("conversation's", "agent's far", "agent's near");
    private static final List<String> NEAREST = List.of("conversation's", "agent's near", "agent's far");

    private Optional<Pgvector> pgvector = Optional.empty();
    private TestDatabase db;
    private List<String> expected;
    private String page;

    @BeforeEach
    void expandAsThePageSays() throws Exception {
        page = Files.readString(Path.of("docs/RECALL.md"));
        pgvector = Pgvector.open();
        db = pgvector.isPresent() ? pgvector.get().database() : TestPostgres.database();
        expected = pgvector.isPresent() ? NEAREST : NEWEST;
        db.execute(SCHEMA.ddl().replace("real[]", pgvector.isPresent() ? "ext.vector(3)" : "text"));
        MappingSpec configured = ConfigLoader.parse(
                        "RECALL.md",
                        "database: {url: 'jdbc:postgresql://db/app', user: app}\n" + block("yaml"),
                        Map.of())
                .mapping();
        // a server without pgvector has no distance, but takes the same calls
        MappingSpec spec = pgvector.isPresent() ? configured : SCHEMA.recalling(null, "IndexedAt");
        new Expander(
                        new Database(db.config(), "lockstep"),
                        "lockstep",
                        spec,
                        Patience.DEFAULT,
                        Sleeper.real(),
                        new Random(1))
                .expand();
        db.execute("ALTER TABLE \"MemoryVectors\" DISABLE TRIGGER ALL");
        insert("c1", "a1", null, "conversation's", "[9, 0, 0]");
        insert("c2", "a1", null, "agent's near", "[0.1, 0.2, 0.3]");
        insert("c2", "a1", null, "agent's far", "[-9, 0, 0]");
        insert("c2", null, "p1", "persona's", "[0.1, 0.2, 0.3]");
    }

    @AfterEach
    void close() throws SQLException {
        if (pgvector.isPresent()) {
            pgvector.get().close();
        } else {
            db.execute("SELECT pg_drop_replication_slot('lockstep')");
        }
    }

    @Test
    void sql() throws SQLException {
        assertThat(db.rows(block("sql"))).extracting(row -> row.get(1)).containsExactlyElementsOf(expected);
    }

    @Test
    void grants() throws SQLException {
        String grants = blocks("sql").get(1).replace("my_service", "pg_monitor");
        assertThat(grants).contains("GRANT USAGE ON SCHEMA lockstep").contains("GRANT SELECT");

        db.execute(grants);
        if (pgvector.isPresent()) {
            db.execute("GRANT USAGE ON SCHEMA ext TO pg_monitor");
        }
        db.execute("SET ROLE pg_monitor; SET search_path = ''; " + block("sql"));
    }

    @Test
    void jdbc() throws Exception {
        assertThat(Files.readString(Path.of("src/test/java/dev/lockstep/testing/RecallExample.java")))
                .contains(block("java").indent(8));
        try (Connection connection = db.connect()) {
            assertThat(RecallExample.memories(connection, id("c1"), id("a1"), null))
                    .isEqualTo(expected);
            assertThat(RecallExample.memories(connection, id("c1"), id("a1"), id("p1")))
                    .isEqualTo(Stream.concat(expected.stream(), Stream.of("persona's"))
                            .toList());
        }
    }

    @Test
    void psycopg() throws Exception {
        Optional<String> python = Stream.of("python3", "/usr/bin/python3")
                .filter(RecallDocsIT::hasPsycopg)
                .findFirst();
        assumeTrue(python.isPresent(), "there is no python3 with the package psycopg");
        String url = db.config().url().substring("jdbc:".length());
        String separator = url.contains("?") ? "&" : "?";
        String login = "user=" + db.config().user() + "&password=" + db.config().password();
        String program = "import uuid, psycopg\nurl = '" + url + separator + login + "'\nconversation = uuid.UUID('"
                + id("c1") + "')\nagent = uuid.UUID('" + id("a1") + "')\npersona = None\n" + block("python")
                + "print('\\n'.join(row[1] for row in memories))\n";

        assertThat(run(python.get(), program).lines()).containsExactlyElementsOf(expected);
    }

    private static boolean hasPsycopg(String python) {
        try {
            run(python, "import psycopg");
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** What it prints. */
    private static String run(String python, String program) throws IOException {
        Process process = new ProcessBuilder(python, "-c", program)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return output;
    }

    private void insert(String conversation, String agent, String persona, String content, String embedding)
            throws SQLException {
        db.execute("INSERT INTO \"MemoryVectors\" (\"ConversationId\", \"AgentId\", \"PersonaId\", \"Content\","
                + " \"Embedding\", \"IndexedAt\") VALUES (" + SCHEMA.sql(conversation) + ", " + SCHEMA.sql(agent) + ", "
                + SCHEMA.sql(persona) + ", '" + content.replace("'", "''") + "', '" + embedding
                + "', clock_timestamp())");
    }

    private static UUID id(String symbol) {
        return UUID.fromString(SCHEMA.id(symbol));
    }

    private String block(String language) {
        return blocks(language).get(0);
    }

    private List<String> blocks(String language) {
        return Pattern.compile("(?s)```" + language + "\n(.*?)```")
                .matcher(page)
                .results()
                .map(match -> match.group(1))
                .toList();
    }
}
