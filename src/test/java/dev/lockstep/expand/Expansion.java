package dev.lockstep.expand;

import dev.lockstep.database.Database;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;

/** A legacy database and what expands it, with waits of a test's size and no real sleep between attempts. */
record Expansion(TestDatabase database, String name, MappingSpec spec) implements AutoCloseable {

    static final Patience PATIENCE =
            new Patience(Duration.ofMillis(200), 4, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(2));

    /** The slot's name is unique on the whole server, so it is taken from the database's. */
    static Expansion of(String ddl, MappingSpec spec) throws SQLException {
        TestDatabase database = TestPostgres.database();
        database.execute(ddl);
        return new Expansion(database, "lockstep_" + database.text("SELECT current_database()"), spec);
    }

    Expander expander() {
        return expander(time -> {});
    }

    Expander expander(Sleeper sleeper) {
        return new Expander(lockstep(), name, spec, PATIENCE, sleeper, new Random(1));
    }

    PostBackfill postBackfill() {
        return new PostBackfill(lockstep(), name, spec, PATIENCE, time -> {}, new Random(1));
    }

    /** A server has a limited number of slots. */
    @Override
    public void close() throws SQLException {
        database.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots" + " WHERE slot_name = '"
                + name + "'");
    }

    private Database lockstep() {
        return new Database(database.config(), name);
    }
}
