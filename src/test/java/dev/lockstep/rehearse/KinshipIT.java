package dev.lockstep.rehearse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.database.Database;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LoopbackPorts;
import dev.lockstep.testing.OwnServer;
import dev.lockstep.testing.Standby;
import dev.lockstep.testing.TestDatabase;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KinshipIT {

    @TempDir
    Path folder;

    @Test
    void isToldByLocksAndByWhatFollowsWhat() throws Exception {
        int port = LoopbackPorts.free();
        try (OwnServer server = OwnServer.start(folder.resolve("server"))) {
            TestDatabase db = server.database();
            Database live = at(db.config().url());
            Database other = at(server.database().config().url());
            try (Standby standby = Standby.of(server, folder, port, "postgres")) {
                Database follower =
                        at("jdbc:postgresql://localhost:" + port + "/" + db.text("SELECT current_database()"));
                assertThat(Kinship.of(live, at(db.config().url().replace("localhost", "127.0.0.1"))))
                        .isEqualTo(Kinship.SAME);
                assertThat(Kinship.of(follower, follower)).isEqualTo(Kinship.SAME);
                assertThat(Kinship.of(follower, live)).isEqualTo(Kinship.STANDBY);
                assertThat(Kinship.of(live, follower)).as("the other way round").isEqualTo(Kinship.NONE);
                assertThat(Kinship.of(follower, other)).isEqualTo(Kinship.NONE);
                standby.promote();
                Await.until("it is on its own", () -> "f".equals(standby.text("SELECT pg_is_in_recovery()")));
                assertThat(Kinship.of(follower, live)).isEqualTo(Kinship.NONE);
            }
        }
    }

    private static Database at(String url) {
        return new Database(new DatabaseConfig(url, "postgres", "postgres", "public"), "kinship");
    }
}
