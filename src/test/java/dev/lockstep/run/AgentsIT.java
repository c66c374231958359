package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.derive.AgentCache;
import dev.lockstep.derive.AgentMaker;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TableName;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One agent per persona, whoever makes it; rows follow when agents are changed by hand. */
class AgentsIT {

    private static final String ROWS = "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
            + " SELECT \"Id\", 'm' FROM \"Personas\", generate_series(1, 3);"
            + "INSERT INTO \"Conversations\" (\"PersonaId\") SELECT \"Id\" FROM \"Personas\", generate_series(1, 3);";

    private final TestDatabase db = TestPostgres.database();

    @Test
    void rowsFollowAgentsThatAreChangedByHand() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl() + "INSERT INTO \"Personas\" SELECT gen_random_uuid(), 'p' || i"
                + " FROM generate_series(1, 4) i;");
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())
                .backfilled()
                .start()) {
            db.execute(ROWS);
            sidecar.awaitInStep(Judge.PASCAL);
            assertThat(db.rows("SELECT DISTINCT a.\"Name\", p.\"Name\", a.\"IsActive\" FROM \"Agents\" a"
                            + " JOIN \"Personas\" p ON p.\"Id\" = a.\"PersonaId\" ORDER BY 1"))
                    .hasSize(4)
                    .allSatisfy(row -> assertThat(row).containsExactly(row.get(1), row.get(1), "t"));

            db.execute("DELETE FROM \"Agents\" WHERE \"Name\" = 'p1'"); // the foreign keys empty its rows
            sidecar.awaitInStep(Judge.PASCAL);

            db.execute("UPDATE \"Agents\" SET \"PersonaId\" = gen_random_uuid() WHERE \"Name\" = 'p2'");
            sidecar.awaitInStep(Judge.PASCAL);

            db.execute("DELETE FROM \"Agents\" WHERE \"Name\" = 'p4'; UPDATE \"Agents\" a SET \"PersonaId\" = p.\"Id\""
                    + " FROM \"Personas\" p WHERE a.\"Name\" = 'p3' AND p.\"Name\" = 'p4'");
            sidecar.awaitInStep(Judge.PASCAL);
            sidecar.assertTheStreamAloneDidIt();
        }
    }

    /** Without a foreign key the rows keep the id of an agent that is gone. */
    @Test
    void rowsOfAnAgentThatWentWithoutAForeignKeyFollow() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl() + "INSERT INTO \"Personas\" SELECT gen_random_uuid(), 'p' || i"
                + " FROM generate_series(1, 2) i;");
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute(ROWS);
            sidecar.awaitInStep(Judge.PASCAL);
            db.execute("ALTER TABLE \"Messages\" DROP CONSTRAINT \"FK_Messages_Agents_FromAgentId\";"
                    + "ALTER TABLE \"Conversations\" DROP CONSTRAINT \"FK_Conversations_Agents_AgentId\";"
                    + "DELETE FROM \"Agents\"; INSERT INTO \"Agents\" (\"Id\", \"PersonaId\", \"MemoryRootId\")"
                    + " SELECT gen_random_uuid(), \"Id\", gen_random_uuid() FROM \"Personas\" LIMIT 1");
            sidecar.awaitInStep(Judge.PASCAL);
            assertThat(db.number("SELECT count(*) FROM \"Agents\"")).isEqualTo(2);
        }
    }

    /** The event of a TRUNCATE names no agent; the new ones have other ids. */
    @Test
    void emptiedAgentsAreMadeAgainAndTheirRowsFollow() throws Exception {
        db.execute(LegacySchema.SNAKE.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.SNAKE.spec())) {
            sidecar.start().awaitCaughtUp().awaitIndexed();
            db.execute("INSERT INTO app.personas (display_name) SELECT 'p' || i FROM generate_series(1, 20) i;"
                    + "INSERT INTO app.messages (from_persona_id, body) SELECT i, 'm' FROM generate_series(1, 15) i");
            sidecar.awaitInStep(Judge.SNAKE);
            db.execute("""
                    DO $$ DECLARE k record; BEGIN
                      FOR k IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
                        WHERE contype = 'f' AND confrelid = 'app.agents'::regclass LOOP
                        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.t, k.conname);
                      END LOOP;
                    END $$;
                    TRUNCATE app.agents;
                    """);
            sidecar.awaitInStep(Judge.SNAKE);
            assertThat(db.number("SELECT count(*) FROM app.agents")).isEqualTo(20);
            sidecar.stop();
        }
    }

    @Test
    void makersThatRaceForTheSamePersonasMakeOneAgentEach() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            Mapping mapping = mapping(LegacySchema.PASCAL.spec());
            List<String> personas = new ArrayList<>();
            db.rows("SELECT gen_random_uuid() FROM generate_series(1, 2500)").forEach(row -> personas.add(row.get(0)));
            CyclicBarrier together = new CyclicBarrier(3);
            List<CompletableFuture<Void>> makers = new ArrayList<>();
            for (int seat = 0; seat < 3; seat++) {
                int own = seat;
                makers.add(Writers.beside(() -> {
                    try (WriteSession session =
                            WriteSession.open(sidecar.lockstep(), sidecar.name(), "maker-" + own, own, 0)) {
                        AgentMaker maker = new AgentMaker(mapping, new AgentCache());
                        together.await();
                        Await.until("all are made", () -> ensured(maker, session, personas));
                    }
                }));
            }
            makers.forEach(CompletableFuture::join);
            assertThat(db.rows("SELECT count(*), count(DISTINCT \"PersonaId\"), count(DISTINCT \"MemoryRootId\")"
                            + " FROM \"Agents\""))
                    .containsExactly(List.of("2500", "2500", "2500"));
        }
    }

    /** A maker gives way when the other one holds the same persona, and comes back. */
    private static boolean ensured(AgentMaker maker, WriteSession session, List<String> personas) throws SQLException {
        try {
            return maker.ensure(session, personas).impossible().isEmpty();
        } catch (SQLException e) {
            assertThat(e.getSQLState()).isEqualTo("55P03");
            session.rollback();
            return false;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"uuid PRIMARY KEY", "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"})
    void aMemoryRootIsMadeFirstWhereTheyHaveATable(String id) throws Exception {
        db.execute(LegacySchema.PASCAL.ddl() + "CREATE TABLE \"MemoryRoots\" (\"Id\" " + id + ");"
                + "INSERT INTO \"Personas\" SELECT gen_random_uuid() FROM generate_series(1, 3);" + ROWS);
        MappingSpec legacy = LegacySchema.PASCAL.spec();
        MappingSpec spec = new MappingSpec(
                legacy.personas(),
                legacy.agents(),
                new MappingSpec.MemoryRoots(new TableName("public", "MemoryRoots"), "Id"),
                legacy.tables());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, spec).start()) {
            sidecar.awaitInStep(Judge.PASCAL);
            db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\") VALUES (gen_random_uuid()), (gen_random_uuid())");
            sidecar.awaitInStep(Judge.PASCAL);
            assertThat(db.rows("SELECT count(*), count(DISTINCT r.\"Id\"), (SELECT count(*) FROM \"MemoryRoots\")"
                            + " FROM \"Agents\" a JOIN \"MemoryRoots\" r ON r.\"Id\" = a.\"MemoryRootId\""))
                    .containsExactly(List.of("5", "5", "5"));
        }
    }

    private Mapping mapping(MappingSpec spec) throws SQLException {
        try (Connection connection = db.connect()) {
            return MappingResolver.resolve(spec, new CatalogReader().read(connection, spec));
        }
    }
}
