package dev.lockstep.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.Lsn;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestConfig;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PositionsTest {

    /** Rows may be committed without waiting for the disk; the position that says so must not be. */
    @Test
    void theCommitOfAPositionWaitsForTheDisk() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        LockstepConfig config = TestConfig.of(db, LegacySchema.PASCAL.spec());
        Database database = new Database(config.database(), config.name());
        new Expander(database, config.name(), config.mapping(), Patience.DEFAULT, Sleeper.real(), new Random(1))
                .expand();
        try (WriteSession session = WriteSession.openUnflushed(database, config.name(), "lane", 0, 0)) {
            session.begin();
            assertThat(synchronousCommit(session.connection())).isEqualTo("off");
            new Positions(config.name()).advance(session.connection(), new Lsn(-1), Instant.now(), 7);
            assertThat(synchronousCommit(session.connection())).isEqualTo("local");
            session.commit();
            session.begin();
            assertThat(synchronousCommit(session.connection())).isEqualTo("off");
            session.rollback();
        }
        assertThat(db.text("SELECT lsn || ' ' || rows_streamed FROM " + config.name() + ".position"))
                .isEqualTo("FFFFFFFF/FFFFFFFF 7");
    }

    private static String synchronousCommit(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW synchronous_commit")) {
            row.next();
            return row.getString(1);
        }
    }
}
