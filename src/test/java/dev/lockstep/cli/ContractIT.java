package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.cutover.Contract;
import dev.lockstep.cutover.Gate;
import dev.lockstep.cutover.TurnReport;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.LockstepException;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.sql.ExpandStep;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The end of the migration, judged by the catalog. */
class ContractIT {

    @SuppressWarnings("ImmutableEnumChecker") // it is; it only lacks the annotation
    private enum Words {
        PASCAL(
                LegacySchema.PASCAL,
                "public",
                "\"Personas\"",
                "\"Messages\"",
                "\"Agents\"",
                "\"Id\"",
                "\"Id\"",
                "\"FromPersonaId\"",
                "\"FromAgentId\"",
                "\"Name\"",
                "\"Content\""),
        SNAKE(
                LegacySchema.SNAKE,
                "app",
                "app.personas",
                "app.messages",
                "app.agents",
                "persona_id",
                "agent_id",
                "from_persona_id",
                "from_agent_id",
                "display_name",
                "body");

        private final LegacySchema schema;
        private final String in;
        private final String personas;
        private final String messages;
        private final String agents;
        private final String personaId;
        private final String agentId;
        private final String from;
        private final String fromAgent;
        private final String name;
        private final String content;

        Words(
                LegacySchema schema,
                String in,
                String personas,
                String messages,
                String agents,
                String personaId,
                String agentId,
                String from,
                String fromAgent,
                String name,
                String content) {
            this.schema = schema;
            this.in = in;
            this.personas = personas;
            this.messages = messages;
            this.agents = agents;
            this.personaId = personaId;
            this.agentId = agentId;
            this.from = from;
            this.fromAgent = fromAgent;
            this.name = name;
            this.content = content;
        }

        /** What a legacy application has besides: a foreign key and an index on the persona column, which it requires. */
        private String legacy() {
            return schema.ddl() + "INSERT INTO " + personas + " (" + name + ") VALUES ('one'), ('two');"
                    + "ALTER TABLE " + messages + " ADD CONSTRAINT old_key FOREIGN KEY (" + from + ") REFERENCES "
                    + personas + "; CREATE INDEX old_index ON " + messages + " (" + from + ", " + content + ");"
                    + "ALTER TABLE " + messages + " ALTER COLUMN " + from + " SET NOT NULL";
        }

        private String oldWriter() {
            return "INSERT INTO " + messages + " (" + from + ", " + content + ") SELECT " + personaId + ", 'old' FROM "
                    + personas + ", generate_series(1, 20)";
        }

        private String newWriter() {
            return "INSERT INTO " + messages + " (" + fromAgent + ", " + content + ") SELECT " + agentId
                    + ", 'new' FROM " + agents + ", generate_series(1, 20)";
        }

        private long columns(TestDatabase db) throws Exception {
            return db.number("SELECT count(*) FROM pg_attribute WHERE attrelid = '" + messages
                    + "'::regclass AND quote_ident(attname) = '" + from + "'");
        }
    }

    private final TestDatabase db = TestPostgres.database();

    @ParameterizedTest
    @EnumSource(Words.class)
    void endsTheMigrationAndTheSidecar(Words words) throws Exception {
        db.execute(words.legacy());
        LockstepConfig config = Turns.config(db, words.schema, Duration.ZERO);
        String name = config.name();
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, config, new StoreAdapters())) {
            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute(words.oldWriter());
            sidecar.awaitCaughtUp();
            assertThatThrownBy(() -> contract(config, false)).hasMessageContaining("run `lockstep cutover` first");
            assertThatThrownBy(() -> Turns.contractPlan(config)).hasMessageContaining("run `lockstep cutover` first");
            db.execute("CREATE EXTENSION pg_stat_statements"); // made, and its library not loaded
            assertThat(Turns.cutover(config).turned()).isTrue();
            assertThatThrownBy(() -> Turns.contract(config, "another", false))
                    .hasMessageContaining("--confirm says another");
            SidecarHarness standby = sidecar.withBatchRows(100).start();
            Await.until(
                    "it stands by",
                    () -> db.number("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '" + name
                                    + "/%lease%'")
                            >= 1);
            long verified = db.number("SELECT count(*) FROM " + name + ".evidence WHERE kind = 'verify'");

            TurnReport report = contract(config, false);

            assertThat(report.turned()).as("%s", report).isTrue();
            assertThat(report.phase()).isEqualTo("CONTRACTED");
            assertThat(report.notes()).anyMatch(note -> note.startsWith("index old_index of " + words.in + "."));
            assertThat(db.number("SELECT count(*) FROM " + name + ".evidence WHERE kind = 'verify'"))
                    .as("what was verified before the turn was complete says nothing of what came after")
                    .isEqualTo(verified + 1);
            Await.until("both have ended", () -> !sidecar.running() && !standby.running());
            assertThat(sidecar.failure()).isNull();
            assertThat(standby.failure()).isNull();
            assertNothingIsLeft(name);
            assertThat(words.columns(db)).isEqualTo(1);
            db.execute(words.newWriter()); // no persona is asked of it any more
            assertThat(db.number("SELECT count(*) FROM " + words.messages)).isEqualTo(80);

            assertThat(contract(config, false).steps()).as("a second time").isEmpty();
            db.execute("CREATE VIEW late AS SELECT " + words.from + " FROM " + words.messages);
            TurnReport late = contract(config, true);
            assertThat(late.blockers())
                    .as("what is made after the end keeps the columns, too")
                    .extracting(Gate.Blocker::fact)
                    .containsExactly("dependents");
            assertThat(words.columns(db)).isEqualTo(1);
            db.execute("DROP VIEW late");
            assertThatThrownBy(() -> Turns.revert(config)).hasMessageContaining("no way back");
            assertThatThrownBy(() -> new Expander(
                                    sidecar.lockstep(),
                                    name,
                                    config.mapping(),
                                    Patience.DEFAULT,
                                    Sleeper.real(),
                                    new Random(1))
                            .expand())
                    .hasMessageContaining("is over");
            sidecar.start();
            Await.until("a run ends by itself", () -> !sidecar.running());
            assertThat(sidecar.failure()).isNull();
            assertNothingIsLeft(name);
        }
    }

    private void assertNothingIsLeft(String name) throws Exception {
        assertThat(db.text("SELECT string_agg(DISTINCT phase, ',') FROM " + name + ".fence"))
                .isEqualTo("CONTRACTED");
        assertThat(db.number("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" + name + "'"))
                .isZero();
        assertThat(db.number("SELECT count(*) FROM pg_publication")).isZero();
        assertThat(db.number("SELECT count(*) FROM pg_replication_origin WHERE starts_with(roname, '" + name + "_')"))
                .isZero();
        assertThat(db.number("SELECT count(*) FROM pg_constraint WHERE conname = 'old_key'"))
                .isZero();
        assertThat(db.number("SELECT count(*) FROM pg_class WHERE relname = 'old_index'"))
                .isZero();
    }

    @ParameterizedTest
    @EnumSource(Words.class)
    void whatNamesThePersonaColumnKeepsItFromBeingDropped(Words words) throws Exception {
        db.execute(words.legacy());
        LockstepConfig config = Turns.config(db, words.schema, Duration.ZERO);
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, config, new StoreAdapters())) {
            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute(words.oldWriter());
            sidecar.awaitCaughtUp();
            assertThat(Turns.cutover(config).turned()).isTrue();
            String table = words.messages;
            String from = words.from;
            List<List<String>> objects = List.of(
                    List.of(
                            "view old_view",
                            "CREATE VIEW old_view AS SELECT " + from + " FROM " + table,
                            "DROP VIEW old_view"),
                    List.of(
                            "materialized view old_copy",
                            "CREATE MATERIALIZED VIEW old_copy AS SELECT count(" + from + ") FROM " + table,
                            "DROP MATERIALIZED VIEW old_copy"),
                    List.of(
                            "trigger old_guard on ",
                            "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
                                    + "CREATE TRIGGER old_guard AFTER UPDATE OF " + from + " ON " + table
                                    + " FOR EACH ROW EXECUTE FUNCTION guard()",
                            "DROP TRIGGER old_guard ON " + table + "; DROP FUNCTION guard()"),
                    List.of(
                            "trigger old_copier on ",
                            "CREATE FUNCTION copier() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW." + from
                                    + " := NEW."
                                    + from + "; RETURN NEW; END'; CREATE TRIGGER old_copier BEFORE INSERT ON " + table
                                    + " FOR EACH ROW EXECUTE FUNCTION copier()",
                            "DROP TRIGGER old_copier ON " + table + "; DROP FUNCTION copier()"),
                    List.of(
                            "function old_count(integer)",
                            "CREATE FUNCTION old_count(i int) RETURNS bigint LANGUAGE sql AS 'SELECT count(" + from
                                    + ") FROM " + table + "'",
                            "DROP FUNCTION old_count(int)"),
                    List.of(
                            "foreign key old_pair of ",
                            "CREATE TABLE pairs (p " + (words == Words.PASCAL ? "uuid" : "int") + ", a "
                                    + (words == Words.PASCAL ? "uuid" : "bigint") + ", UNIQUE (p, a));"
                                    + "INSERT INTO pairs SELECT DISTINCT " + from + ", " + words.fromAgent + " FROM "
                                    + table + ";"
                                    + "ALTER TABLE " + table + " ADD CONSTRAINT old_pair FOREIGN KEY (" + from + ", "
                                    + words.fromAgent + ") REFERENCES pairs (p, a)",
                            "ALTER TABLE " + table + " DROP CONSTRAINT old_pair; DROP TABLE pairs"),
                    List.of(
                            "policy ",
                            "CREATE POLICY old_policy ON " + table + " USING (" + from + " IS NOT NULL)",
                            "DROP POLICY old_policy ON " + table),
                    List.of(
                            "check constraint old_check of ",
                            "ALTER TABLE " + table + " ADD CONSTRAINT old_check CHECK (" + from + " IS NOT NULL OR "
                                    + words.content + " <> '')",
                            "ALTER TABLE " + table + " DROP CONSTRAINT old_check"),
                    List.of(
                            "index ",
                            "CREATE INDEX old_other ON " + table + " (" + words.fromAgent + ", " + from + ")",
                            "DROP INDEX " + words.in + ".old_other"));
            for (List<String> object : objects) {
                db.execute(object.get(1));
                TurnReport report = contract(config, true);
                assertThat(report.turned()).as("%s", object).isFalse();
                assertThat(report.blockers()).extracting(Gate.Blocker::fact).containsOnly("dependents");
                assertThat(report.blockers())
                        .extracting(Gate.Blocker::text)
                        .anyMatch(text -> text.contains(object.get(0)));
                db.execute(object.get(2));
            }
            assertThat(words.columns(db)).isEqualTo(1);
            assertThat(db.number("SELECT count(*) FROM pg_constraint WHERE conname = 'old_key'"))
                    .isEqualTo(1);

            TurnReport report = contract(config, true);
            assertThat(report.turned()).as("%s", report).isTrue();
            assertThat(words.columns(db)).isZero();
            Await.until("it has ended", () -> !sidecar.running());
            assertThat(Contract.doneBefore(sidecar.lockstep(), config.name(), config.mapping(), true))
                    .isPresent();
        }
    }

    @ParameterizedTest
    @EnumSource(Words.class)
    void aTableThatStillTakesRowsWithoutAnAgentKeepsItShut(Words words) throws Exception {
        db.execute(words.legacy());
        LockstepConfig config = Turns.config(db, words.schema, Duration.ZERO);
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, config, new StoreAdapters())) {
            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute(words.oldWriter());
            sidecar.awaitCaughtUp();
            assertThat(Turns.cutover(config).turned()).isTrue();
            db.execute("ALTER TABLE " + words.messages + " ALTER COLUMN " + words.fromAgent
                    + " DROP NOT NULL, DROP CONSTRAINT "
                    + db.text("SELECT quote_ident(conname) FROM pg_constraint WHERE contype = 'c' AND conrelid = '"
                            + words.messages + "'::regclass"));

            TurnReport report = contract(config, false);
            assertThat(report.turned()).isFalse();
            assertThat(report.blockers()).extracting(Gate.Blocker::fact).containsExactly("constraints");
            assertThat(Turns.cutover(config).turned()).isTrue();
            assertThat(contract(config, false).turned()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(Words.class)
    void aLockThatCannotBeHadLeavesEverythingAsItWas(Words words) throws Exception {
        db.execute(words.legacy());
        LockstepConfig config = Turns.config(db, words.schema, Duration.ZERO);
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, config, new StoreAdapters())) {
            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute(words.oldWriter());
            sidecar.awaitCaughtUp();
            assertThat(Turns.cutover(config).turned()).isTrue();
            try (Connection holder = Writers.begin(db, "SELECT count(*) FROM " + words.personas)) {
                String pid = pid(holder);
                assertThatThrownBy(() -> contract(config, true))
                        .isInstanceOf(LockstepException.class)
                        .hasMessageContaining("the lock is held by pid " + pid);
                holder.rollback();
            }
            assertThat(db.text("SELECT string_agg(DISTINCT phase, ',') FROM " + config.name() + ".fence"))
                    .isEqualTo("CUTOVER");
            assertThat(db.number("SELECT count(*) FROM pg_constraint WHERE conname = 'old_key'"))
                    .isEqualTo(1);
            assertThat(sidecar.running()).isTrue();
            List<ExpandStep> printed = Turns.contractPlan(config);
            assertThat(Turns.revert(config).turned())
                    .as("there is still a way back")
                    .isTrue();
            String end = printed.stream()
                    .map(step -> String.join(";", step.sql()))
                    .filter(sql -> sql.contains("'CONTRACTED' WHERE"))
                    .findFirst()
                    .orElseThrow();
            assertThatThrownBy(() -> db.execute("BEGIN;" + end + ";COMMIT"))
                    .as("a script that was printed before the way back")
                    .hasMessageContaining("the persona columns lead");
            assertThat(db.number("SELECT count(*) FROM pg_constraint WHERE conname = 'old_key'"))
                    .isEqualTo(1);
        }
    }

    private static String pid(Connection connection) throws Exception {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            return row.getString(1);
        }
    }

    private TurnReport contract(LockstepConfig config, boolean dropColumns) throws Exception {
        return Turns.contract(config, db.text("SELECT current_database()"), dropColumns);
    }
}
