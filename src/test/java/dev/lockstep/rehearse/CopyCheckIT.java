package dev.lockstep.rehearse;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.database.Database;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import org.junit.jupiter.api.Test;

class CopyCheckIT {

    private final TestDatabase db = TestPostgres.database();

    /** Without pg_monitor what other roles' sessions are is hidden; that they are there is not. */
    @Test
    void aSessionOfAnotherRoleIsSeenByARoleThatMaySeeLittle() throws Exception {
        String role = "lowly_" + System.nanoTime();
        db.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'lowly'; CREATE TABLE kept (id int)");
        DatabaseConfig lowly = new DatabaseConfig(db.config().url(), role, "lowly", "public");
        CopyCheck check = new CopyCheck(new Database(lowly, "copy_rehearsal"), "copy_rehearsal");
        assertThatCode(check::requireNobody).doesNotThrowAnyException();
        try (Connection other = db.connect()) {
            other.setClientInfo("ApplicationName", "the shop");
            assertThatThrownBy(check::requireNobody)
                    .hasMessageContaining("other sessions use")
                    .hasMessageContaining("1 (");
        }
    }

    @Test
    void aCopyThatIsNotWholeIsNone() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl() + "CREATE SCHEMA copy_rehearsal_copying");
        CopyCheck check = new CopyCheck(new Database(db.config(), "copy_rehearsal"), "copy_rehearsal");
        assertThatThrownBy(() -> check.requireFit(LegacySchema.PASCAL.spec()))
                .hasMessageContaining("is not whole")
                .hasMessageContaining("dropdb, createdb");
    }

    @Test
    void aSlotOfThatNameInAnotherDatabaseIsNamed() throws Exception {
        TestDatabase elsewhere = TestPostgres.database();
        String name = "slot_" + System.nanoTime() + "_rehearsal";
        elsewhere.execute("SELECT pg_create_logical_replication_slot('" + name + "', 'pgoutput')");
        try {
            CopyCheck check = new CopyCheck(new Database(db.config(), name), name);
            assertThatThrownBy(() -> check.requireFit(null))
                    .hasMessageContaining("in database " + elsewhere.text("SELECT current_database()"));
        } finally {
            elsewhere.execute("SELECT pg_drop_replication_slot('" + name + "')");
        }
    }
}
