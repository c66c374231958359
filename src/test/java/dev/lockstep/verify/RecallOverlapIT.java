package dev.lockstep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Brake;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.NeedsServer;
import dev.lockstep.testing.PgvectorServer;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.VectorSchema;
import dev.lockstep.testing.VectorWrites;
import org.junit.jupiter.api.Test;

/** How much of what was nearest before {@code recall} still gives, on the real extension. */
@NeedsServer(image = PgvectorServer.IMAGE, orPrepared = PgvectorServer.PREPARED)
class RecallOverlapIT {

    private static final VectorSchema SCHEMA = VectorSchema.PASCAL;

    @Test
    void anotherConversationMakesItLessAndNothingUnclean() throws Exception {
        try (PgvectorServer server = PgvectorServer.start()) {
            TestDatabase db = server.database();
            db.execute(SCHEMA.ddl().replace("real[]", "vector(3)"));
            db.execute(VectorWrites.personas(SCHEMA) + conversation("c1", "a"));
            try (SidecarHarness sidecar = SidecarHarness.expanded(db, SCHEMA.spec(OnDelete.MARK))) {
                sidecar.untilCaughtUp();
                assertThat(overlap(sidecar)).isNull();

                db.execute(EMBED);
                assertThat(overlap(sidecar)).isEqualTo(1);

                db.execute(conversation("c2", "b") + EMBED);
                sidecar.untilCaughtUp();
                assertThat(overlap(sidecar)).isGreaterThan(0.1).isLessThan(1);

                db.execute("DROP FUNCTION " + sidecar.name() + ".recall");
                assertThat(overlap(sidecar)).as("expand has not been run").isNull();
            }
        }
    }

    private static final String EMBED = "UPDATE \"MemoryVectors\" SET \"Embedding\" ="
            + " format('[%s,%s,1]', ascii(\"Content\"), ascii(right(\"Content\", 1)))::vector";

    /** Twelve vectors, more than a search gives. */
    private static String conversation(String id, String letter) {
        StringBuilder sql = new StringBuilder(VectorWrites.conversation(SCHEMA, id, "p1"));
        for (int i = 0; i < 12; i++) {
            String symbol = letter + (char) ('0' + i);
            String text = (char) ('m' + i) + "" + i;
            sql.append(VectorWrites.message(SCHEMA, "m" + symbol, "p1", id, text));
            sql.append(VectorWrites.vector(SCHEMA, "v" + symbol, "p1", "m" + symbol, text));
        }
        return sql.toString();
    }

    private static Double overlap(SidecarHarness sidecar) throws Exception {
        ReadReport report = ShadowReadsIT.reads(sidecar, Brake.NONE);
        assertThat(report.same()).isTrue();
        assertThat(report.tables().get(2).keys()).isPositive();
        return report.tables().get(2).overlap();
    }
}
