package dev.lockstep.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorJudge;
import dev.lockstep.testing.VectorSchema;
import dev.lockstep.testing.VectorWrites;
import dev.lockstep.testing.Writers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Shadow reads beside a live sidecar, and of vectors. */
class ShadowReadsIT {

    private final TestDatabase db = TestPostgres.database();

    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void aRowUnderWayIsNotCounted(LegacySchema schema) throws Exception {
        boolean pascal = schema == LegacySchema.PASCAL;
        String unstamped = pascal
                ? " FROM \"Messages\" WHERE \"FromAgentId\" IS NULL"
                : " FROM app.messages WHERE from_agent_id IS NULL";
        db.execute(schema.ddl());
        db.execute(
                pascal
                        ? "INSERT INTO \"Personas\" (\"Name\") VALUES ('one'), ('two')"
                        : "INSERT INTO app.personas (display_name) VALUES ('one'), ('two')");
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, schema.spec()).start()) {
            sidecar.awaitCaughtUp().awaitIndexed();
            // the foreign key makes the sidecar's UPDATE want the agents, so its rows wait
            try (Connection holder =
                    Writers.begin(db, "SELECT FROM " + (pascal ? "\"Agents\"" : "app.agents") + " FOR UPDATE")) {
                db.execute(
                        pascal
                                ? "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                                        + " SELECT \"Id\", i FROM \"Personas\", generate_series(1, 10) i"
                                : "INSERT INTO app.messages (from_persona_id, body)"
                                        + " SELECT persona_id, i FROM app.personas, generate_series(1, 10) i");
                AtomicLong seen = new AtomicLong(-1);
                ReadReport.Table messages = reads(sidecar, worked -> {
                            if (seen.get() < 0) { // the snapshot is taken, and nothing of the rows is derived
                                seen.set(releasing(holder, unstamped));
                            }
                        })
                        .tables()
                        .get(1);
                assertThat(seen).hasValue(20);
                assertThat(messages.keys()).isEqualTo(20);
                assertThat(messages.examples()).isEmpty();
                assertThat(messages.differing()).isZero();
            }
            sidecar.awaitInStep(pascal ? Judge.PASCAL : Judge.SNAKE);
        }
    }

    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void aRowThatStaysWrongIsCounted(LegacySchema schema) throws Exception {
        assumeTrue(
                Integer.getInteger("postgres.version", 18) >= 16,
                "before version 16 a stream cannot leave out what has an origin: it mends what is planted here");
        boolean pascal = schema == LegacySchema.PASCAL;
        db.execute(schema.ddl());
        db.execute(
                pascal
                        ? "INSERT INTO \"Personas\" (\"Name\") VALUES ('one'), ('two');"
                                + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                                + " SELECT \"Id\", i FROM \"Personas\", generate_series(1, 10) i"
                        : "INSERT INTO app.personas (display_name) VALUES ('one'), ('two');"
                                + "INSERT INTO app.messages (from_persona_id, body)"
                                + " SELECT persona_id, i FROM app.personas, generate_series(1, 10) i");
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, schema.spec()).start()) {
            sidecar.awaitCaughtUp().awaitIndexed();
            sidecar.awaitInStep(pascal ? Judge.PASCAL : Judge.SNAKE);
            // as if the sidecar had written it: its stream leaves it out
            db.execute("SELECT pg_replication_origin_create('" + sidecar.name() + "_99');"
                    + " SELECT pg_replication_origin_session_setup('" + sidecar.name() + "_99');"
                    + (pascal
                            ? "UPDATE \"Messages\" SET \"FromAgentId\" = NULL WHERE \"Content\" = '7'"
                            : "UPDATE app.messages SET from_agent_id = NULL WHERE body = '7'"));
            ReadReport.Table messages = reads(sidecar, Brake.NONE).tables().get(1);
            assertThat(messages.differing()).isEqualTo(2);
            assertThat(messages.examples())
                    .extracting(ReadReport.Example::key)
                    .containsExactlyInAnyOrderElementsOf(db
                            .rows(
                                    pascal
                                            ? "SELECT \"Id\" FROM \"Messages\" WHERE \"FromAgentId\" IS NULL"
                                            : "SELECT message_id FROM app.messages WHERE from_agent_id IS NULL")
                            .stream()
                            .map(row -> row.get(0))
                            .toList());
            assertThat(messages.examples()).extracting(ReadReport.Example::why).containsOnly("missing stamp");
        }
    }

    private long releasing(Connection holder, String unstamped) {
        try {
            long rows = db.number("SELECT count(*)" + unstamped);
            holder.rollback();
            return rows;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void aVectorThatFollowsItsMessageIsNoDifference(VectorSchema schema) throws Exception {
        db.execute(schema.ddl());
        db.execute(VectorWrites.personas(schema)
                + VectorWrites.conversation(schema, "c1", "p1")
                + VectorWrites.message(schema, "m1", "p1", "c1", "one")
                + VectorWrites.message(schema, "m2", "p2", "c1", "two")
                + VectorWrites.message(schema, "m3", "p1", "c1", "three")
                + VectorWrites.vector(schema, "v1", "p1", "m1", "one")
                + VectorWrites.vector(schema, "v2", "p1", "m2", "two") // has the agent of the message's persona
                + VectorWrites.vector(schema, "v3", "p1", "m3", "three")
                + VectorWrites.vector(schema, "v4", "p2", null, "four"));
        try (SidecarHarness sidecar =
                SidecarHarness.expanded(db, schema.spec(OnDelete.MARK)).untilCaughtUp()) {
            assertThat(VectorJudge.outOfStep(db, schema)).isZero();
            ReadReport report = reads(sidecar, Brake.NONE);
            assertThat(report.same()).isTrue();
            assertThat(report.tables().get(2).keys()).isEqualTo(4);
            assertThat(report.tables().get(2).reads()).isEqualTo(4 + 3);
            assertThat(report.tables().get(2).overlap()).isNull();

            set(schema, "v1", "NULL");
            set(
                    schema,
                    "v3",
                    "(SELECT " + schema.agents().get(1) + " FROM "
                            + schema.agents().get(0) + " WHERE "
                            + schema.agents().get(2) + " = " + schema.sql("p3") + ")");
            ReadReport.Table vectors = reads(sidecar, Brake.NONE).tables().get(2);
            assertThat(vectors.examples())
                    .containsExactlyInAnyOrder(
                            new ReadReport.Example(key(schema, "v1"), "missing stamp"),
                            new ReadReport.Example(key(schema, "v3"), "other agent"));
            assertThat(vectors.differing()).isEqualTo(2);
        }
    }

    private void set(VectorSchema schema, String vector, String agent) throws SQLException {
        db.execute("UPDATE " + schema.table() + " SET " + schema.derived().get(0) + " = " + agent + " WHERE "
                + schema.legacy().get(0) + " = " + schema.sql(vector));
    }

    private static String key(VectorSchema schema, String vector) {
        return schema == VectorSchema.PASCAL ? schema.id(vector) : "[1, " + schema.id(vector) + "]";
    }

    static ReadReport reads(SidecarHarness sidecar, Brake brake) throws Exception {
        try (Connection connection = sidecar.lockstep().open("test")) {
            Mapping mapping = MappingResolver.resolve(
                    sidecar.config().mapping(),
                    new CatalogReader().read(connection, sidecar.config().mapping()));
            return ReadReport.of(
                    new ShadowReads(sidecar.name(), mapping, 100, brake, new StopSignal()).run(connection));
        }
    }
}
