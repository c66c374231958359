package dev.lockstep.run;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.LoopbackProxy;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.net.URI;
import org.junit.jupiter.api.Test;

/** The network loses the sidecar's connections and tells nobody: neither side sees them close. */
class NetworkIT {

    private static final String INSERT =
            "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT gen_random_uuid(), i FROM generate_series(1, 300) i";

    private final TestDatabase db = TestPostgres.database();

    @Test
    void connectionsThatTheNetworkForgotAreOpenedAnew() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (LoopbackProxy network = network();
                SidecarHarness sidecar = through(network).backfilled().start()) {
            db.execute(INSERT);
            sidecar.awaitInStep(Judge.PASCAL);
            network.forget();
            db.execute(INSERT);
            sidecar.awaitInStep(Judge.PASCAL);
            sidecar.assertTheStreamAloneDidIt();
        }
    }

    @Test
    void connectionsForgottenWithinAMessageAreOpenedAnew() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (LoopbackProxy network = network();
                SidecarHarness sidecar = through(network).backfilled().start()) {
            db.execute(INSERT);
            sidecar.awaitInStep(Judge.PASCAL);
            network.forgetWithinAMessage();
            db.execute(INSERT);
            sidecar.awaitInStep(Judge.PASCAL);
            sidecar.assertTheStreamAloneDidIt();
        }
    }

    @Test
    void aStandbyTakesOverFromOneWhoseConnectionsWereForgottenAndTheOtherWayRound() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (LoopbackProxy network = network();
                SidecarHarness first = through(network).backfilled().start()) {
            db.execute(INSERT);
            first.awaitInStep(Judge.PASCAL);
            String epoch = epoch(first);
            SidecarHarness second = first.through(db).start();
            network.forget();
            Await.until("the second has taken over", () -> !epoch(first).equals(epoch));
            db.execute(INSERT);
            second.awaitInStep(Judge.PASCAL);
            second.stop();
            db.execute(INSERT);
            first.awaitInStep(Judge.PASCAL);
            first.assertTheStreamAloneDidIt();
        }
    }

    private String epoch(SidecarHarness sidecar) throws Exception {
        return db.text("SELECT max(epoch) FROM " + sidecar.name() + ".fence");
    }

    private LoopbackProxy network() {
        return new LoopbackProxy(
                URI.create(db.config().url().substring("jdbc:".length())).getPort());
    }

    private SidecarHarness through(LoopbackProxy network) {
        DatabaseConfig direct = db.config();
        String url = direct.url().replaceFirst("//[^/]*/", "//127.0.0.1:" + network.port() + "/");
        return SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())
                .through(new TestDatabase(new DatabaseConfig(url, direct.user(), direct.password(), direct.schema())));
    }
}
