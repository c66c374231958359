package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.LoopbackPorts;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code docs/operating} as it stands, each page on a server in the state that it is about, judged by a plain join. */
class RunbooksIT {

    private static EmbeddedPostgres server;

    @TempDir
    Path folder;

    private Installed installed;
    private TestDatabase db;

    @BeforeAll
    static void startServer() {
        server = TestPostgres.start(Map.of());
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @AfterEach
    void giveBack() throws Exception {
        installed.close();
    }

    @Test
    void lagGrows() throws Exception {
        pascal("");
        try (Connection writer = db.connect()) {
            writer.setClientInfo("ApplicationName", "billing");
            writer.setAutoCommit(false);
            write();
            writer.createStatement().execute("SELECT FROM \"Messages\" FOR UPDATE");
            installed.start();
            Await.until("the others are in step", () -> outOfStep() == db.number("SELECT count(*) FROM \"Messages\""));

            Runbook page = Runbook.open("lag-grows.md", installed);
            assertThat(page.upTo("pg_replication_slots")).startsWith("t|");
            String culprit = page.toTheEnd();
            assertThat(culprit).matches("(?s)\\d+\\|billing\\|.*\\|idle in transaction\\|.*");
            db.execute("SELECT pg_terminate_backend(" + culprit.substring(0, culprit.indexOf('|')) + ")");
            Await.until("in step", () -> outOfStep() == 0);
        }
    }

    /** Dropped behind its back. */
    @Test
    void slotLost() throws Exception {
        pascal("");
        installed.run("run", "--until-caught-up");
        db.rows("SELECT pg_drop_replication_slot('lockstep')");
        write();

        theSlotIsLost("slot-missing");
        assertThat(outOfStep()).isZero();
    }

    /** Given up by the server, which had too much to keep. */
    @Test
    void slotInvalidated() throws Exception {
        install(LegacySchema.SNAKE, LegacySchema.SNAKE.yaml());
        db.execute("INSERT INTO app.personas (display_name) VALUES ('a'), ('b')");
        installed.run("run", "--until-caught-up");
        db.execute("INSERT INTO app.messages (from_persona_id, body) SELECT persona_id, 'lost' FROM app.personas");
        db.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'");
        db.rows("SELECT pg_reload_conf()");
        try {
            Await.until("invalidated", () -> {
                db.rows("SELECT pg_switch_wal(), pg_logical_emit_message(false, 'test', 'more')");
                db.execute("CHECKPOINT");
                return db.text("SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'lockstep'")
                        .equals("lost");
            });
        } finally {
            db.execute("ALTER SYSTEM RESET max_slot_wal_keep_size");
            db.rows("SELECT pg_reload_conf()");
        }

        assertThat(installed.run("status")).contains("not active (wal_status lost)");
        theSlotIsLost("slot-invalidated");
        assertThat(Judge.SNAKE.outOfStep(db)).isZero();
    }

    private void theSlotIsLost(String reason) throws Exception {
        Runbook page = Runbook.open("slot-lost.md", installed);
        assertThat(page.upTo("lockstep.gap")).contains(reason);
        assertThat(page.toTheEnd()).contains("CLEAN", "1, 0 not scanned, 0 not verified");
    }

    @Test
    void diskFills() throws Exception {
        pascal("");
        installed.run("savepoint", "create", "before_import");
        Runbook page = Runbook.open("disk-fills.md", installed);
        assertThat(page.upTo("safe_wal_size")).contains("lockstep|f|reserved|", "before_import");
        assertThat(page.upTo("savepoint drop")).contains("before_import");
        assertThat(db.number("SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE '%before_import'"))
                .isZero();
        try {
            page.upTo("ALTER SYSTEM");
            Await.until("bound", () -> db.text("SHOW max_slot_wal_keep_size").equals("20GB"));
        } finally {
            db.execute("ALTER SYSTEM RESET max_slot_wal_keep_size");
        }
        page.toTheEnd();
        assertThat(db.number("SELECT count(*) FROM pg_replication_slots WHERE starts_with(slot_name, 'lockstep')"))
                .isZero();
        write();
        installed.run("run", "--until-caught-up");
        assertThat(outOfStep()).isZero();
    }

    @Test
    void deadLetters() throws Exception {
        pascal("");
        db.execute("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no agents here'; END$$;
                CREATE TRIGGER no_agents BEFORE UPDATE ON "Messages" FOR EACH ROW
                  WHEN (new."Content" = 'refused') EXECUTE FUNCTION refuse();
                INSERT INTO "Messages" ("FromPersonaId", "Content") SELECT "Id", 'refused' FROM "Personas" LIMIT 1""");
        installed.start();
        Await.until("set aside", () -> db.number("SELECT count(*) FROM lockstep.dead_letter") == 1);
        String key = db.text("SELECT \"Id\" FROM \"Messages\" WHERE \"Content\" = 'refused'");

        Runbook page = Runbook.open("dead-letters.md", installed)
                .with("TABLE", "Messages")
                .with("KEY", key);
        assertThat(page.upTo("dead-letters list")).contains("public.Messages " + key, "P0001", "in refuse");
        assertThat(page.upTo("dead-letters show")).contains("P0001");
        assertThat(page.upTo("pg_trigger")).contains("|no_agents|");
        db.execute("DROP TRIGGER no_agents ON \"Messages\"");
        page.upTo("dead-letters retry");
        Await.until("none left", () -> db.number("SELECT count(*) FROM lockstep.dead_letter") == 0);
        assertThat(page.toTheEnd()).contains("CLEAN");
        assertThat(outOfStep()).isZero();
    }

    @Test
    void driftFound() throws Exception {
        pascal("");
        installed.run("run", "--until-caught-up");
        db.execute("UPDATE \"Messages\" SET \"FromAgentId\" = NULL");
        Runbook page = Runbook.open("drift-found.md", installed);
        assertThat(page.upTo("verify")).contains("NOT IN STEP", "exit code 1");
        assertThat(page.upTo("--repair")).contains("CLEAN");
        assertThat(outOfStep()).isZero();
        page.toTheEnd();
    }

    @Test
    void vectorStoreAway() throws Exception {
        pascal("mapping: {vectors: [{store: chroma, name: memories, url: 'http://127.0.0.1:" + LoopbackPorts.free()
                + "', collection: memories, link: {by: id}}]}\n");
        installed.start();
        Await.until("in step", () -> outOfStep() == 0);
        Await.until(
                "it is told",
                () -> !db.text("SELECT trouble FROM lockstep.vector_store").isEmpty());
        Runbook page = Runbook.open("vector-store-away.md", installed);
        assertThat(page.upTo("status")).contains("!  vectors memories: ");
        assertThat(page.toTheEnd()).contains("NOT VERIFIED", "not verified");
    }

    @Test
    void whatIfIStopIt() throws Exception {
        pascal("");
        installed.start().destroyForcibly().waitFor();
        write();
        Runbook page = Runbook.open("what-if-i-stop-it.md", installed);
        assertThat(page.upTo("throttle --pause")).containsSubsequence("paused since", "not paused");
        Process paused = installed.start();
        page.upTo("/api/pause");
        paused.destroyForcibly().waitFor();
        write();
        assertThat(page.upTo("lockstep status")).contains("WAL budget   ");
        assertThat(page.upTo("run --until-caught-up")).contains("CLEAN");
        assertThat(outOfStep()).isZero();
        assertThat(db.number("SELECT count(*) FROM lockstep.gap")).isZero();
        page.toTheEnd();
        assertThat(db.number("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'lockstep'"))
                .isZero();
    }

    /** The position is of another timeline, as after a promotion; with a real standby it is done in {@code FailoverIT}. */
    @Test
    void failover() throws Exception {
        pascal("");
        installed.run("run", "--until-caught-up");
        write();
        db.execute("UPDATE lockstep.position SET timeline = timeline + 1");
        Runbook page = Runbook.open("failover.md", installed);
        page.upTo("run --until-caught-up");
        assertThat(page.upTo("lockstep verify")).contains("CLEAN");
        assertThat(outOfStep()).isZero();
        assertThat(db.text("SELECT reason FROM lockstep.gap")).isEqualTo("other-timeline");
        assertThat(page.toTheEnd()).startsWith("lockstep|f|reserved|").endsWith("|f\n");
    }

    /** What pg_upgrade does to lockstep: no slot, no origins, another system identifier. */
    @Test
    void upgradePostgresql() throws Exception {
        pascal("");
        Runbook page = Runbook.open("upgrade-postgresql.md", installed);
        page.upTo("pg_drop_replication_slot");
        db.execute(
                "UPDATE lockstep.position SET system_id = system_id - 1;"
                        + "SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin WHERE starts_with(roname, 'lockstep_')");
        write();
        page.upTo("lockstep check");
        assertThat(page.toTheEnd()).contains("CLEAN", "1, 0 not scanned, 0 not verified");
        assertThat(outOfStep()).isZero();
        assertThat(db.text("SELECT reason FROM lockstep.gap")).contains("other-server");
    }

    @Test
    void backfillStands() throws Exception {
        pascal("");
        Runbook page = Runbook.open("backfill-stands.md", installed);
        assertThat(page.upTo("lockstep throttle")).contains("activeSessions");
        assertThat(page.upTo("--set")).containsSubsequence("limit             200", "limit              64");
        page.toTheEnd();
    }

    /** As the release before left it. */
    @Test
    void upgradeLockstep() throws Exception {
        pascal("");
        Runbook page = Runbook.open("upgrade-lockstep.md", installed);
        page.upTo("--version");
        db.execute("UPDATE lockstep.schema_version SET version = 1");
        assertThat(Distribution.built().run(folder, "run").err()).contains("was made by an older lockstep");
        page.upTo("lockstep expand");
        assertThat(page.toTheEnd()).contains("CLEAN");
        assertThat(outOfStep()).isZero();
        assertThat(Runbook.open("README.md", installed).toTheEnd()).contains("phase        SYNCING");
    }

    private void pascal(String mapping) throws Exception {
        install(LegacySchema.PASCAL, mapping);
        db.execute("INSERT INTO \"Personas\" (\"Name\") SELECT 'p' || i FROM generate_series(1, 10) i");
        write();
    }

    private void install(LegacySchema schema, String mapping) throws Exception {
        db = TestPostgres.database(server);
        installed = Installed.expanded(folder, db, schema, "lockstep", mapping);
    }

    private void write() throws Exception {
        db.execute("INSERT INTO \"Conversations\" (\"PersonaId\") SELECT \"Id\" FROM \"Personas\";"
                + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'hello' FROM \"Personas\"");
    }

    private long outOfStep() throws Exception {
        return Judge.PASCAL.outOfStep(db);
    }
}
