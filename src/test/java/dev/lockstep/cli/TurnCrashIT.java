package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestConfig;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged {@code cutover}, {@code revert} and {@code contract}, killed with -9 at each of their steps, while a lock of the test's holds
 * the step up. Run again, each ends where it would have ended.
 */
class TurnCrashIT {

    private static final String OLD = "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'old'"
            + " FROM \"Personas\", generate_series(1, 50)";
    private static final String NEW = "INSERT INTO \"Messages\" (\"FromAgentId\", \"Content\") SELECT \"Id\", 'new'"
            + " FROM \"Agents\", generate_series(1, 50)";
    private static final String STATE = "SELECT (SELECT string_agg(DISTINCT phase, ',') FROM %1$s.fence) || ' '"
            + " || (SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND convalidated AND conname LIKE 'CK\\_%%') || ' '"
            + " || (SELECT count(*) FROM %1$s.scan WHERE state <> 'done')";

    private static final String LEFT = "SELECT concat_ws(' ',"
            + " (SELECT count(*) FROM pg_attribute WHERE attrelid IN ('\"Messages\"'::regclass, '\"Conversations\"'::regclass)"
            + "   AND attname LIKE '%%PersonaId'), (SELECT count(*) FROM pg_replication_slots WHERE slot_name = '%1$s'),"
            + " (SELECT count(*) FROM pg_publication), (SELECT count(*) FROM pg_replication_origin WHERE roname LIKE '%1$s\\_%%'),"
            + " (SELECT count(*) FROM pg_class WHERE relname = 'old_index'),"
            + " (SELECT count(*) FROM %1$s.evidence WHERE kind = 'contract'))";

    @TempDir
    Path folder;

    private final TestDatabase db = TestPostgres.database();

    /** A lock that holds a step up, and a statement by which to know that it does. */
    private record Step(List<String> command, String lock, String waits) {

        Step(String command, String lock, String waits) {
            this(List.of(command), lock, waits);
        }
    }

    private static final String FENCE = "SELECT FROM %s.fence WHERE seat = 0 FOR SHARE";

    /** A scan gives way to it again and again, so there is no wait to see. */
    private static final String WRITES = "LOCK TABLE \"Messages\" IN EXCLUSIVE MODE";

    private static final String SCANNING = "";

    private static final List<Step> THERE = List.of(
            new Step("cutover", FENCE, "UPDATE%fence%"),
            new Step("cutover", WRITES, SCANNING),
            new Step("cutover", "LOCK TABLE \"Conversations\" IN ACCESS SHARE MODE", "ALTER TABLE%Conversations%"),
            new Step("cutover", "LOCK TABLE \"Messages\" IN ACCESS SHARE MODE", "ALTER TABLE%Messages%"));
    private static final List<Step> BACK = List.of(
            new Step("revert", "LOCK TABLE \"Conversations\" IN ACCESS SHARE MODE", "ALTER TABLE%Conversations%"),
            new Step("revert", "LOCK TABLE \"Messages\" IN ACCESS SHARE MODE", "ALTER TABLE%Messages%"),
            new Step("revert", FENCE, "UPDATE%fence%"),
            new Step("revert", WRITES, SCANNING));

    private static final String READERS = "LOCK TABLE \"Messages\" IN ACCESS SHARE MODE";

    private List<Step> end(List<String> contract) {
        return List.of(
                new Step(contract, READERS, "ALTER TABLE%old_key%"),
                new Step(contract, FENCE, "UPDATE%fence%"),
                new Step(contract, "LOCK TABLE pg_publication IN SHARE MODE", "DROP PUBLICATION%"),
                new Step(contract, "LOCK TABLE %s.lease IN ACCESS EXCLUSIVE MODE", "%lease%"),
                new Step(
                        contract,
                        "LOCK TABLE pg_replication_origin IN SHARE MODE",
                        "SELECT pg_replication_origin_drop%"),
                new Step(contract, READERS, "DROP INDEX CONCURRENTLY%old_index%"),
                new Step(contract, READERS, "ALTER TABLE%DROP COLUMN%"));
    }

    @Test
    void killedAtEachStepItEndsWhereItWouldHave() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute("INSERT INTO \"Personas\" (\"Name\") VALUES ('one'), ('two')");
        LockstepConfig config = TestConfig.of(db, LegacySchema.PASCAL.spec());
        Files.writeString(folder.resolve("lockstep.yaml"), """
                name: %s
                database: {url: "%s", user: postgres, password: postgres}
                cutover: {maxLagSeconds: 30, steadyMinutes: 0}
                """.formatted(
                        config.name(), config.database().url()));
        String state = STATE.formatted(config.name());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, config, new StoreAdapters())) {
            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute(OLD);
            db.execute(NEW);
            sidecar.awaitInStep(Judge.PASCAL);

            for (Step step : THERE) {
                killAt(step, config.name());
            }
            finish("cutover");
            assertThat(db.text(state)).isEqualTo("CUTOVER 2 0");
            assertThat(personasWrong()).isZero();

            db.execute(NEW);
            for (Step step : BACK) {
                killAt(step, config.name());
            }
            finish("revert");
            assertThat(db.text(state)).isEqualTo("SYNC 0 0");
            assertThat(personasWrong()).isZero();
            assertThat(Judge.PASCAL.outOfStep(db)).isZero();
            assertThat(db.number("SELECT count(*) FROM \"Messages\"")).isEqualTo(300);
            assertThat(sidecar.gaps()).isZero();

            finish("cutover");
            db.execute("ALTER TABLE \"Messages\" ADD CONSTRAINT old_key FOREIGN KEY (\"FromPersonaId\") REFERENCES"
                    + " \"Personas\"; CREATE INDEX old_index ON \"Messages\" (\"FromPersonaId\")");
            List<String> contract =
                    List.of("contract", "--drop-columns", "--confirm", db.text("SELECT current_database()"));
            for (Step step : end(contract)) {
                killAt(step, config.name());
            }
            finish(contract.toArray(String[]::new));
            assertThat(db.text(state)).isEqualTo("CONTRACTED 0 0");
            assertThat(db.text(LEFT.formatted(config.name()))).isEqualTo("0 0 0 0 0 1");
            assertThat(db.number(
                            "SELECT count(*) FROM \"Messages\" m JOIN \"Agents\" a ON a.\"Id\" = m.\"FromAgentId\""))
                    .isEqualTo(300);
            finish(contract.toArray(String[]::new));
            finish("run");
        }
    }

    private long personasWrong() throws Exception {
        return db.number("SELECT count(*) FROM \"Messages\" m JOIN \"Agents\" a ON a.\"Id\" = m.\"FromAgentId\""
                + " WHERE a.\"PersonaId\" IS DISTINCT FROM m.\"FromPersonaId\"");
    }

    private void killAt(Step step, String name) throws Exception {
        try (Connection holder = db.connect();
                Statement lock = holder.createStatement()) {
            holder.setAutoCommit(false);
            lock.execute(step.lock().formatted(name));
            Process process = Distribution.built()
                    .start(folder, folder.resolve(step.command().get(0) + ".log"), arguments(step.command()));
            Await.until(
                    step.command() + " waits at " + step.waits(),
                    () -> !process.isAlive()
                            || db.number("SELECT count(*) FROM pg_stat_activity WHERE " + waiting(step, name)) > 0);
            assertThat(process.isAlive())
                    .as(step + " is under way; "
                            + Files.readString(folder.resolve(step.command().get(0) + ".log")))
                    .isTrue();
            process.destroyForcibly();
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
            holder.rollback();
        }
        Await.until(
                "its sessions are gone",
                () -> db.number("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '" + name
                                + "/turn%'")
                        == 0);
    }

    private static String waiting(Step step, String name) {
        return step.waits().equals(SCANNING)
                ? "application_name = '" + name + "/turn-scan'"
                : "wait_event_type = 'Lock' AND application_name LIKE '" + name + "/turn%' AND query LIKE '"
                        + step.waits() + "'";
    }

    private static String[] arguments(List<String> command) {
        return Stream.concat(command.stream(), Stream.of("-c", "lockstep.yaml")).toArray(String[]::new);
    }

    private void finish(String... command) throws Exception {
        Distribution.Ended ended = Distribution.built().run(folder, arguments(List.of(command)));
        assertThat(ended.exitCode()).as(ended.out() + ended.err()).isZero();
    }
}
