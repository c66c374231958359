package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Lsn;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** S5: lockstep gives way to writers, and one locked row holds up neither the others nor what is acknowledged. */
class LocksIT {

    private final TestDatabase db = TestPostgres.database();

    @Test
    void aWriterOfTheSameRowsInOppositeOrderIsNeverAVictimAndWaitsForOneBatchAtMost() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())
                .backfilled()
                .start()) {
            db.execute("INSERT INTO \"Personas\" SELECT gen_random_uuid() FROM generate_series(1, 20);"
                    + "INSERT INTO \"Conversations\" (\"Title\") SELECT i FROM generate_series(1, 300) i;"
                    + "INSERT INTO \"Messages\" (\"Content\") SELECT i FROM generate_series(1, 300) i");
            OppositeWriter writer = new OppositeWriter(db);
            writer.rounds(15);
            sidecar.awaitInStep(Judge.PASCAL);
            sidecar.assertTheStreamAloneDidIt();
            assertThat(writer.longestWait).isLessThan(Duration.ofSeconds(1)); // deadlock_timeout
        }
    }

    @Test
    void aRowThatIsHeldStopsNeitherTheOthersNorIsItPassed() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
            db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), 'm' || i"
                    + " FROM generate_series(1, 20) i");
            Lsn committed = Lsn.parse(db.text("SELECT pg_current_wal_lsn()"));
            try (Connection holder =
                    Writers.begin(db, "SELECT FROM \"Messages\" WHERE \"Content\" = 'm7' FOR UPDATE")) {
                sidecar.start();
                Await.until("all but the held row are in step", () -> Judge.PASCAL.outOfStep(db) == 1);
                db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), 'later'"
                        + " FROM generate_series(1, 20) i");
                sidecar.mark();
                Await.until("later rows are in step", () -> Judge.PASCAL.outOfStep(db) == 1);
                assertThat(db.text("SELECT \"FromAgentId\" FROM \"Messages\" WHERE \"Content\" = 'm7'"))
                        .isNull();
                assertThat(sidecar.position()).isLessThan(committed);
                holder.rollback();
            }
            sidecar.awaitInStep(Judge.PASCAL);
            sidecar.assertTheStreamAloneDidIt();
        }
    }

    @Test
    void aKilledSidecarKnowsTheHeldRowAgain() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, LegacySchema.PASCAL.spec()).backfilled()) {
            db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), 'm' || i"
                    + " FROM generate_series(1, 20) i");
            try (Connection holder =
                    Writers.begin(db, "SELECT FROM \"Messages\" WHERE \"Content\" = 'm7' FOR UPDATE")) {
                sidecar.start();
                Await.until("all but the held row are in step", () -> Judge.PASCAL.outOfStep(db) == 1);
                sidecar.kill();
                holder.rollback();
            }
            sidecar.start().awaitInStep(Judge.PASCAL);
            sidecar.assertTheStreamAloneDidIt();
        }
    }

    /** The foreign key of an agent column makes our UPDATE want the agent's row as well. */
    @Test
    void anAgentThatIsHeldStopsOnlyItsOwnRows() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        UUID held = UUID.randomUUID();
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())
                .backfilled()
                .start()) {
            db.execute("INSERT INTO \"Personas\" VALUES ('" + held + "', 'held'), (gen_random_uuid(), 'free')");
            sidecar.awaitInStep(Judge.PASCAL);
            try (Connection holder =
                    Writers.begin(db, "SELECT FROM \"Agents\" WHERE \"PersonaId\" = '" + held + "' FOR UPDATE")) {
                db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'm' || i"
                        + " FROM \"Personas\", generate_series(1, 20) i");
                Await.until("the rows of the free agent are in step", () -> Judge.PASCAL.outOfStep(db) == 20);
                holder.rollback();
            }
            sidecar.awaitInStep(Judge.PASCAL);
            sidecar.assertTheStreamAloneDidIt();
        }
    }

    /** Gives every row of both tables another persona, one by one, in another order each time, in one transaction. */
    private static final class OppositeWriter {

        private final TestDatabase db;
        private final Random random = new Random(7);
        private final List<String> personas = new ArrayList<>();
        private final List<List<String>> rows = new ArrayList<>();
        private Duration longestWait = Duration.ZERO;

        OppositeWriter(TestDatabase db) throws SQLException {
            this.db = db;
            db.rows("SELECT \"Id\" FROM \"Personas\"").forEach(row -> personas.add(row.get(0)));
            for (List<String> row : db.rows("SELECT 'Messages', 'FromPersonaId', \"Id\" FROM \"Messages\""
                    + " UNION ALL SELECT 'Conversations', 'PersonaId', \"Id\" FROM \"Conversations\"")) {
                rows.add(row);
            }
        }

        void rounds(int rounds) throws SQLException {
            try (Connection connection = db.connect()) {
                connection.setAutoCommit(false);
                for (int round = 0; round < rounds; round++) {
                    if (round % 3 == 0) {
                        Collections.shuffle(rows, random);
                    }
                    Collections.reverse(rows);
                    for (List<String> row : rows) {
                        update(connection, row.get(0), row.get(1), row.get(2));
                    }
                    connection.commit();
                }
            }
        }

        private void update(Connection connection, String table, String persona, String id) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement(
                    "UPDATE \"" + table + "\" SET \"" + persona + "\" = ?::uuid WHERE \"Id\" = ?::uuid")) {
                statement.setString(1, personas.get(random.nextInt(personas.size())));
                statement.setString(2, id);
                long began = System.nanoTime();
                statement.executeUpdate();
                Duration took = Duration.ofNanos(System.nanoTime() - began);
                longestWait = took.compareTo(longestWait) > 0 ? took : longestWait;
            }
        }
    }
}
