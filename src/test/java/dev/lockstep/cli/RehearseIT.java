package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.DebianServer;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.LoopbackPorts;
import dev.lockstep.testing.OwnServer;
import dev.lockstep.testing.Standby;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A rehearsal on a copy, held against the real run on the same data; with the packaged commands. */
class RehearseIT {

    private static final List<String> STEPS = List.of("expand", "backfill", "verify", "cutover", "contract");

    private static final Map<LegacySchema, String> ROWS = Map.of(LegacySchema.PASCAL, """
            INSERT INTO "Personas" ("Name") SELECT i FROM generate_series(1, 7) i;
            INSERT INTO "Conversations" ("PersonaId", "Title") SELECT "Id", 'talk' FROM "Personas", generate_series(1, 30);
            INSERT INTO "Messages" ("ConversationId", "FromPersonaId", "Content")
              SELECT "Id", "PersonaId", 'secret ' || g FROM "Conversations", generate_series(1, 20) g;
            INSERT INTO "Messages" ("FromPersonaId", "Content") SELECT NULL, 'nobody' FROM generate_series(1, 11);
            """, LegacySchema.SNAKE, """
            INSERT INTO app.personas (display_name) SELECT i FROM generate_series(1, 7) i;
            INSERT INTO app.conversations SELECT 1, g, 1 + g % 7, 'talk' FROM generate_series(1, 210) g;
            INSERT INTO app.messages (tenant, conversation_no, from_persona_id, body)
              SELECT tenant, conversation_no, persona_id, 'secret ' || g FROM app.conversations, generate_series(1, 20) g;
            """);

    private static final Map<LegacySchema, String> MESSAGES =
            Map.of(LegacySchema.PASCAL, "\"Messages\"", LegacySchema.SNAKE, "app.messages");

    private static final Map<LegacySchema, String> THINNED = Map.of(
            LegacySchema.PASCAL,
            "DELETE FROM \"Messages\" WHERE right(ctid::text, 2) <> '1)'",
            LegacySchema.SNAKE,
            "DELETE FROM app.messages WHERE message_id % 10 <> 0");

    private static final Map<LegacySchema, Judge> JUDGES =
            Map.of(LegacySchema.PASCAL, Judge.PASCAL, LegacySchema.SNAKE, Judge.SNAKE);

    @TempDir
    Path folder;

    private TestDatabase db = TestPostgres.database();
    private List<ProcessHandle> started = List.of();

    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void tellsWhatTheRealRunThenTakes(LegacySchema schema) throws Exception {
        legacy(schema);
        TestDatabase copy = template();
        Distribution.Ended ended = ended("rehearse", "--into", copy.config().url(), "--output", "json");
        assertThat(ended.exitCode()).as(ended.out() + ended.err()).isZero();
        JsonNode rehearsed = JsonMapper.builder().build().readTree(ended.out());
        assertThat(rehearsed.get("ok").asBoolean()).isTrue();
        assertThat(names(rehearsed.get("phases"))).isEqualTo(STEPS);
        assertThat(names(rehearsed.get("forecast"))).isEqualTo(STEPS);
        assertThat(of(rehearsed.get("phases"), "backfill").get("walBytes").asLong())
                .isPositive();
        assertThat(of(rehearsed.get("phases"), "backfill").get("indexBytes").asLong())
                .isPositive();
        assertThat(rehearsed.get("assumptions")).hasSizeGreaterThan(3);
        untouched(schema);
        assertThat(copy.number("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"))
                .as("slots left in the copy")
                .isZero();
        assertThat(copy.number("SELECT count(*) FROM pg_constraint WHERE conname = 'old_key'"))
                .as("it was contracted")
                .isZero();
        assertThat(JUDGES.get(schema).outOfStep(copy)).isZero();

        real();
        JsonNode status = JsonMapper.builder()
                .build()
                .readTree(ended("status", "--output", "json").out());
        JsonNode steps = status.get("rehearsal").get("steps");
        assertThat(names(steps)).isEqualTo(STEPS);
        for (JsonNode step : steps) {
            assertThat(step.get("real").get("rows").asLong())
                    .as(step.toString())
                    .isEqualTo(step.get("expected").get("rows").asLong());
            assertThat(step.get("real").get("seconds").asDouble()).isPositive();
        }
        assertThat(of(steps, "backfill").get("real").get("rows").asLong())
                .isEqualTo(schema == LegacySchema.PASCAL ? 210 + 4200 + 11 : 210 + 4200);
        assertThat(ended("status").out()).contains("rehearsed ", "backfill   expected ");
        assertThat(ended("evidence").exitCode()).as("the chain holds").isZero();
    }

    /** What a real run does: run beside, each command by hand. */
    private void real() throws Exception {
        done("expand");
        Process run = Distribution.built().start(folder, folder.resolve("run.log"), "run", "-c", "lockstep.yaml");
        try {
            Await.until(
                    "the backfill is noted",
                    () -> db.number("SELECT count(*) FROM rehearsed.evidence WHERE kind = 'backfill' AND clean") == 1);
            done("verify", "--reads", "100");
            Await.until("the gate opens", () -> ended("cutover").exitCode() == 0);
            done("contract", "--confirm", db.text("SELECT current_database()"));
            assertThat(run.waitFor(1, TimeUnit.MINUTES)).as("run ends").isTrue();
        } finally {
            run.destroyForcibly();
        }
    }

    @Test
    void copiesTheTablesWithPgDump() throws Exception {
        requirePgDump();
        try (DebianServer server = DebianServer.start(folder.resolve("server"))) {
            db = server.database();
            TestDatabase empty = server.database();
            db.execute("CREATE TABLE tenants (id int PRIMARY KEY); INSERT INTO tenants VALUES (1);"
                    + " CREATE TABLE \"odd \"\"name;\" (id int PRIMARY KEY)");
            legacy(LegacySchema.PASCAL);
            db.execute(
                    "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
                            + " CREATE TRIGGER touch BEFORE UPDATE ON \"Messages\" FOR EACH ROW EXECUTE FUNCTION touch();"
                            + " ALTER TABLE \"Messages\" ADD COLUMN tenant int DEFAULT 1 CONSTRAINT of_tenant REFERENCES tenants");
            JsonNode report = copied(db, empty);
            assertThat(report.get("assumptions").toString()).contains("(it was copied just now)");
            assertThat(of(report.get("forecast"), "backfill").get("rows").asLong())
                    .isEqualTo(210 + 4200 + 11);
            assertThat(report.get("notes").toString()).contains("of_tenant");
            assertThat(JUDGES.get(LegacySchema.PASCAL).outOfStep(empty)).isZero();
            assertThat(empty.number("SELECT count(*) FROM \"Messages\"")).isEqualTo(4211);
            assertThat(empty.number("SELECT count(*) FROM pg_trigger WHERE tgname = 'touch'"))
                    .isEqualTo(1);
            assertThat(empty.number("SELECT count(*) FROM tenants"))
                    .as("not mapped")
                    .isZero();
            untouched(LegacySchema.PASCAL);
            refused(
                    "is not empty",
                    "--copy-from",
                    db.config().url(),
                    "--into",
                    empty.config().url());
        }
    }

    /** A staging database has rows like those of the live one, but not as many. */
    @Test
    void theForecastIsOfTheLiveDatabaseWhateverWasCopied() throws Exception {
        LegacySchema schema = LegacySchema.PASCAL;
        requirePgDump();
        try (DebianServer server = DebianServer.start(folder.resolve("server"))) {
            db = server.database();
            legacy(schema);
            TestDatabase staging = template();
            staging.execute(THINNED.get(schema));
            TestDatabase empty = server.database();
            JsonNode report = copied(staging, empty);
            long messages = empty.number("SELECT count(*) FROM " + MESSAGES.get(schema));
            assertThat(messages).as("copied").isPositive().isLessThan(1000);
            assertThat(of(report.get("forecast"), "backfill").get("rows").asLong())
                    .isCloseTo(210 + 4200 + 11, within(2L));
            assertThat(report.get("assumptions").toString()).contains("(by the live server's statistics)");
            assertThat(report.get("notes").toString())
                    .contains(staging.config().address() + ", which was copied, is neither the live database");
            untouched(schema);
        }
    }

    @Test
    void theForecastOfATableNeverAnalyzedIsByItsBytes() throws Exception {
        LegacySchema schema = LegacySchema.SNAKE;
        requirePgDump();
        try (DebianServer server = DebianServer.start(folder.resolve("server"))) {
            db = server.database();
            legacy(schema);
            TestDatabase staging = template();
            staging.execute(THINNED.get(schema));
            String table = MESSAGES.get(schema);
            long messages = staging.number("SELECT count(*) FROM " + table);
            db.execute("ALTER TABLE " + table + " SET (autovacuum_enabled = off); CREATE TABLE kept AS TABLE " + table
                    + "; TRUNCATE " + table + "; INSERT INTO " + table
                    + " OVERRIDING SYSTEM VALUE TABLE kept; DROP TABLE kept");
            assertThat(db.number("SELECT reltuples FROM pg_class WHERE oid = '" + table + "'::regclass"))
                    .as("an emptied table has no statistics")
                    .isEqualTo(-1);
            TestDatabase other = server.database();
            JsonNode unknown = copied(staging, other);
            assertThat(unknown.get("assumptions").toString())
                    .contains(table.replace("\"", "") + ", never analyzed there, by its bytes");
            assertThat(unknown.get("live").get("tables").findValuesAsText("rowsBy"))
                    .containsExactly("STATISTICS", "BYTES");
            assertThat(of(unknown.get("forecast"), "backfill").get("rows").asLong())
                    .as("twice what was copied at least, for the pages of so small a table are not full")
                    .isBetween(2 * (210 + messages), 9000L);
        }
    }

    /** Its rows are the live ones, unless it is behind. */
    @Test
    void aStandbyOfTheLiveDatabaseCountsAsIt() throws Exception {
        requirePgDump();
        try (DebianServer server = DebianServer.start(folder.resolve("server"))) {
            db = server.database();
            legacy(LegacySchema.SNAKE);
            TestDatabase first = server.database();
            TestDatabase second = server.database();
            int port = LoopbackPorts.free();
            try (Standby standby = Standby.of(server, folder, port, "postgres")) {
                TestDatabase source = new TestDatabase(new DatabaseConfig(
                        "jdbc:postgresql://localhost:" + port + "/" + db.text("SELECT current_database()"),
                        "postgres",
                        "postgres",
                        "public"));
                assertThat(copied(source, first).get("assumptions").toString()).contains("(it was copied just now)");
                assertThat(standby.text("SELECT pg_wal_replay_pause(), pg_is_wal_replay_paused()"))
                        .isNotNull();
                db.execute("INSERT INTO app.messages (body) VALUES ('later')");
                JsonNode late = copied(source, second);
                assertThat(late.get("assumptions").toString()).contains("(by the live server's statistics)");
                assertThat(late.get("notes").toString()).contains("nor a standby that keeps up with it");
            }
        }
    }

    @Test
    void refusesALiveDatabaseWithoutTheTables() throws Exception {
        legacy(LegacySchema.SNAKE);
        TestDatabase copy = template();
        db = TestPostgres.database();
        configure(LegacySchema.SNAKE);
        refused(
                "the live database, that of the configuration, has no table app.conversations",
                "--into",
                copy.config().url());
        assertThat(copy.number("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rehearsed%'"))
                .isZero();
    }

    @Test
    void refusesWhatIsNotACopyBeforeItTouchesAnything() throws Exception {
        legacy(LegacySchema.SNAKE);
        String url = db.config().url();
        refused("the live database", "--into", url);
        refused("the live database", "--into", url.replace("localhost", "127.0.0.1"));
        TestDatabase empty = TestPostgres.database();
        refused("the live database", "--copy-from", empty.config().url(), "--into", url);
        refused("has no table app.", "--into", empty.config().url());
        refused("LOCKSTEP_COPY_PASSWORD", "--into", empty.config().url() + "?password=planted");
        refused("has to look like", "--into", "postgres://localhost/app");
        refused("has to look like", "--into", "jdbc:postgresql://app:planted@localhost:5432/app");
        TestDatabase copy = template();
        refused(
                "--copy-from names",
                "--copy-from",
                copy.config().url(),
                "--into",
                copy.config().url());
        refused("is not empty", "--copy-from", url, "--into", copy.config().url());
        try (Connection other = copy.connect()) {
            other.setClientInfo("ApplicationName", "the shop");
            refused(
                    "other sessions use the database that --into names: 1 (the shop)",
                    "--into",
                    copy.config().url());
        }
        untouched(LegacySchema.SNAKE);
    }

    /** In recovery, or by its settings: either would be found out by `expand`, after all the copying. */
    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void refusesACopyThatCannotBeWrittenTo(LegacySchema schema) throws Exception {
        try (OwnServer server = OwnServer.start(folder.resolve("server"))) {
            db = server.database();
            legacy(schema);
            TestDatabase copy = template();
            int port = LoopbackPorts.free();
            try (Standby standby = Standby.of(server, folder, port, "postgres")) {
                assertThat(standby.text("SELECT pg_is_in_recovery()")).isEqualTo("t");
                String own = "jdbc:postgresql://localhost:" + port + "/" + db.text("SELECT current_database()");
                String other = "jdbc:postgresql://localhost:" + port + "/" + copy.text("SELECT current_database()");
                for (String into : List.of(own, other)) {
                    refused("--into names a standby, which cannot be written to; promote it", "--into", into);
                    refused("--into names a standby", "--copy-from", db.config().url(), "--into", into);
                }
            }
            copy.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on',"
                    + " current_database()); END $$");
            refused("default_transaction_read_only", "--into", copy.config().url());
            untouched(schema);
        }
    }

    /** What keeps the real one from going on is found by the rehearsal. */
    @Test
    void tellsWhatWouldKeepItFromGoingOn() throws Exception {
        legacy(LegacySchema.SNAKE);
        db.execute("CREATE VIEW app.old_report AS SELECT from_persona_id FROM app.messages");
        TestDatabase copy = template();
        Distribution.Ended ended = ended("rehearse", "--into", copy.config().url(), "--drop-columns");
        assertThat(ended.exitCode()).as(ended.out() + ended.err()).isEqualTo(1);
        assertThat(ended.out()).contains("it would not have gone on:", "old_report", "NOT TO THE END");
        assertThat(copy.number("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"))
                .isZero();
    }

    @Test
    void killedItLeavesTheLiveDatabaseAloneAndIsToBeDoneAnew() throws Exception {
        try (OwnServer server = OwnServer.start(folder.resolve("server"))) {
            db = server.database();
            legacy(LegacySchema.SNAKE);
            TestDatabase copy = template();
            try (Connection holder = copy.connect()) {
                holder.setAutoCommit(false);
                holder.setClientInfo("ApplicationName", "rehearsed_rehearsal/test"); // as one of its own
                holder.createStatement().execute("LOCK TABLE app.messages IN SHARE ROW EXCLUSIVE MODE");
                Process rehearsal = Distribution.built()
                        .start(
                                folder,
                                folder.resolve("rehearse.log"),
                                "rehearse",
                                "-c",
                                "lockstep.yaml",
                                "--into",
                                copy.config().url());
                Await.until("it waits for the lock", () -> {
                    assertThat(rehearsal.isAlive())
                            .as(Files.readString(folder.resolve("rehearse.log")))
                            .isTrue();
                    return at("postgres") // not in the copy: another session there is refused
                                    .number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                            > 0;
                });
                rehearsal.destroyForcibly().waitFor();
            }
            untouched(LegacySchema.SNAKE);
            copy.execute("SELECT pg_create_logical_replication_slot('rehearsed_rehearsal', 'pgoutput')");
            Await.until(
                    "its sessions have ended",
                    () -> copy.number("SELECT count(*) FROM pg_stat_activity"
                                    + " WHERE datname = current_database() AND pid <> pg_backend_pid()")
                            == 0);
            refused("was rehearsed on before", "--into", copy.config().url());
            assertThat(copy.number("SELECT count(*) FROM pg_replication_slots")).isZero();
            TestDatabase anew = template();
            done("rehearse", "--into", anew.config().url());
        }
    }

    /** What ends a process; what it has started is not told. */
    enum Signal {
        TERM,
        KILL
    }

    @ParameterizedTest
    @CsvSource({"PASCAL, TERM", "SNAKE, KILL"})
    void stoppedWhileItCopiesItLeavesNothingRunning(LegacySchema schema, Signal signal) throws Exception {
        requirePgDump();
        try (DebianServer server = DebianServer.start(folder.resolve("server"))) {
            db = server.database();
            legacy(schema);
            holdable(schema);
            TestDatabase copy = server.database();
            if (signal == Signal.TERM) {
                inTheSchema(signal, copy);
                untouched(schema);
                inTheRows(signal, copy);
            } else {
                inTheIndexes(signal, copy);
            }
            awaitEnded(copy);
            untouched(schema);
            anew(copy);

            copied(db, copy);
            assertThat(JUDGES.get(schema).outOfStep(copy)).isZero();
            untouched(schema);
        }
    }

    private void inTheSchema(Signal signal, TestDatabase copy) throws Exception {
        try (Connection holder = db.connect()) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("LOCK TABLE unmapped"); // of which no size is asked, so only pg_dump waits
            stop(signal, copy, "application_name = 'pg_dump' AND wait_event_type = 'Lock'");
            awaitEnded(copy);
        }
    }

    private void inTheRows(Signal signal, TestDatabase copy) throws Exception {
        try (Connection holder = copy.connect()) {
            hold(holder, 1);
            assertThat(stop(signal, copy, "application_name = 'pg_restore' AND wait_event = 'advisory'"))
                    .as("there were more rows than fit between the two")
                    .anyMatch(command -> command.endsWith("pg_dump"));
            awaitGone("pg_dump"); // a pg_restore whose input has ended goes on with what it was given
        }
    }

    private void inTheIndexes(Signal signal, TestDatabase copy) throws Exception {
        try (Connection holder = copy.connect()) {
            hold(holder, 2);
            stop(
                    signal,
                    copy,
                    "application_name = 'pg_restore' AND query LIKE 'CREATE INDEX%' AND wait_event = 'advisory'");
            awaitGone("pg_restore");
        }
    }

    /** Locks of the same numbers in the copy hold its rows up, and its indexes. */
    private void holdable(LegacySchema schema) throws Exception {
        String table = MESSAGES.get(schema);
        String key = schema == LegacySchema.PASCAL ? "\"Id\"" : "message_id";
        String content = schema == LegacySchema.PASCAL ? "\"Content\"" : "body";
        db.execute("CREATE TABLE unmapped (id int PRIMARY KEY);"
                + " CREATE FUNCTION held(lock int, id text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS"
                + " 'BEGIN PERFORM pg_advisory_xact_lock_shared(lock); RETURN true; END';"
                + " UPDATE " + table + " SET " + content + " = " + content + " || repeat('x', 4000);"
                + " ALTER TABLE " + table + " ADD CONSTRAINT held CHECK (held(1, " + key + "::text));"
                + " CREATE INDEX held ON " + table + " (held(2, " + key + "::text))");
    }

    private static void hold(Connection holder, int lock) throws Exception {
        holder.setClientInfo("ApplicationName", "rehearsed_rehearsal/test"); // as one of its own
        holder.createStatement().execute("SELECT pg_advisory_lock(" + lock + ")");
    }

    /** Once a session is {@code held}; returns the programs that ran. With {@link Signal#TERM} they are gone afterwards. */
    private List<String> stop(Signal signal, TestDatabase copy, String held) throws Exception {
        Path log = Files.createTempFile(folder, "rehearse", ".log");
        Path temporary = Files.createTempDirectory(folder, "temporary");
        Process rehearsal = Distribution.built()
                .with("-Djava.io.tmpdir=" + temporary)
                .start(
                        folder,
                        log,
                        "rehearse",
                        "-c",
                        "lockstep.yaml",
                        "--copy-from",
                        db.config().url(),
                        "--into",
                        copy.config().url());
        try {
            Await.until("it is held: " + held, () -> {
                assertThat(rehearsal.isAlive()).as(Files.readString(log)).isTrue();
                return at("postgres").number("SELECT count(*) FROM pg_stat_activity WHERE " + held) > 0;
            });
            started = rehearsal.descendants().toList();
            List<String> programs = started.stream()
                    .flatMap(program -> program.info().command().stream())
                    .toList();
            assertThat(programs).anyMatch(program -> program.contains("pg_"));
            if (signal == Signal.TERM) {
                rehearsal.destroy();
                assertThat(rehearsal.waitFor(1, TimeUnit.MINUTES)).isTrue();
                assertThat(started).noneMatch(RehearseIT::runs);
                assertThat(temporary).isEmptyDirectory();
                assertThat(rehearsal.exitValue()).isEqualTo(3);
                assertThat(Files.readString(log).lines().filter(line -> line.startsWith("lockstep: ")))
                        .singleElement()
                        .asString()
                        .contains("stopped while the copy was made", "the live database is as it was", "createdb");
            }
            return programs;
        } finally {
            rehearsal.destroyForcibly().waitFor();
        }
    }

    private void awaitGone(String name) throws Exception {
        Await.until(
                "no program runs on: " + name,
                () -> started.stream()
                        .filter(RehearseIT::runs)
                        .noneMatch(
                                program -> program.info().command().orElse("").endsWith(name)));
    }

    /** Nothing that was started is left, here or at the servers. */
    private void awaitEnded(TestDatabase copy) throws Exception {
        String name = copy.text("SELECT current_database()");
        awaitGone("");
        Await.until(
                "its sessions have ended",
                () -> at("postgres")
                                .number("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pg_%'"
                                        + " OR datname = '" + name + "'")
                        == 0);
    }

    /** One that has ended may wait for somebody to take note. */
    private static boolean runs(ProcessHandle program) {
        return program.isAlive() && program.info().command().isPresent();
    }

    /** Half a copy is none, and what to do is said. */
    private void anew(TestDatabase copy) throws Exception {
        String url = copy.config().url();
        refused(
                "make an empty one (dropdb, createdb)",
                "--copy-from",
                db.config().url(),
                "--into",
                url);
        refused("is not whole", "--into", url);
        String name = copy.text("SELECT current_database()");
        awaitEnded(copy);
        at("postgres").execute("DROP DATABASE " + name);
        at("postgres").execute("CREATE DATABASE " + name);
    }

    private void legacy(LegacySchema schema) throws Exception {
        db.execute(schema.ddl());
        db.execute(ROWS.get(schema));
        db.execute(
                schema == LegacySchema.PASCAL
                        ? "ALTER TABLE \"Messages\" ADD CONSTRAINT old_key FOREIGN KEY (\"FromPersonaId\") REFERENCES \"Personas\""
                        : "ALTER TABLE app.messages ADD CONSTRAINT old_key FOREIGN KEY (from_persona_id) REFERENCES app.personas");
        db.execute("VACUUM ANALYZE");
        configure(schema);
    }

    private void configure(LegacySchema schema) throws Exception {
        Files.writeString(
                folder.resolve("lockstep.yaml"), """
                name: rehearsed
                database: {url: "%s", user: postgres, password: postgres}
                http: {port: 0}
                run: {heartbeatSeconds: 1}
                cutover: {maxLagSeconds: 30, steadyMinutes: 0}
                """.formatted(db.config().url()) + schema.yaml());
    }

    /** A copy as `createdb -T` makes it. */
    private TestDatabase template() throws Exception {
        String name = db.text("SELECT current_database()");
        String copy = name + "_copy" + System.nanoTime();
        TestDatabase maintenance = at("postgres");
        Await.until(
                "nobody uses it",
                () -> maintenance.number("SELECT count(*) FROM pg_stat_activity WHERE datname = '" + name + "'") == 0);
        maintenance.execute("CREATE DATABASE " + copy + " TEMPLATE " + name);
        return at(copy);
    }

    private TestDatabase at(String database) {
        String url = db.config().url();
        return new TestDatabase(new DatabaseConfig(
                url.substring(0, url.lastIndexOf('/') + 1) + database, "postgres", "postgres", "public"));
    }

    /** Nothing of ours is in the live database. */
    private void untouched(LegacySchema schema) throws Exception {
        assertThat(db.number("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rehearsed%'"))
                .isZero();
        assertThat(db.number("SELECT count(*) FROM pg_publication")).isZero();
        assertThat(db.number("SELECT count(*) FROM pg_replication_slots WHERE database = current_database()"))
                .isZero();
        assertThat(db.number(
                        "SELECT count(*) FROM pg_attribute WHERE lower(attname) IN ('fromagentid', 'from_agent_id')"))
                .as(schema.name().toLowerCase(Locale.ROOT))
                .isZero();
    }

    private static void requirePgDump() throws Exception {
        assumeTrue(
                DebianServer.programs().isPresent(),
                "no PostgreSQL of the distribution's packages (.ci/tools installs it)");
    }

    /** The report of a rehearsal that went well. */
    private JsonNode copied(TestDatabase from, TestDatabase into) throws Exception {
        Distribution.Ended ended = ended(
                "rehearse",
                "--copy-from",
                from.config().url(),
                "--into",
                into.config().url(),
                "--output",
                "json");
        assertThat(ended.exitCode()).as(ended.out() + ended.err()).isZero();
        return JsonMapper.builder().build().readTree(ended.out());
    }

    private void refused(String why, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of("rehearse"));
        command.addAll(Arrays.asList(options));
        Distribution.Ended ended = ended(command.toArray(String[]::new));
        assertThat(ended.exitCode()).as(ended.out() + ended.err()).isEqualTo(2);
        assertThat(ended.err()).contains(why).doesNotContain("planted");
        assertThat(ended.err().strip().lines()).hasSize(1);
    }

    private void done(String... command) throws Exception {
        Distribution.Ended ended = ended(command);
        assertThat(ended.exitCode())
                .as(String.join(" ", command) + ": " + ended.out() + ended.err())
                .isZero();
    }

    private Distribution.Ended ended(String... command) throws Exception {
        String[] all = Arrays.copyOf(command, command.length + 2);
        all[command.length] = "-c";
        all[command.length + 1] = "lockstep.yaml";
        return Distribution.built().run(folder, all);
    }

    private static List<String> names(JsonNode phases) {
        return StreamSupport.stream(phases.spliterator(), false)
                .map(phase -> phase.get("phase").asText())
                .toList();
    }

    private static JsonNode of(JsonNode phases, String name) {
        return StreamSupport.stream(phases.spliterator(), false)
                .filter(phase -> phase.get("phase").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
