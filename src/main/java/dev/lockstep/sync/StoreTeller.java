package dev.lockstep.sync;

import dev.lockstep.derive.ErrorPolicy;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;

/**
 * Has the keepers of stores told, in transactions of its own. What somebody holds locked is left to a sweep: a hint is not
 * worth the stream's time. One thread at a time.
 */
final class StoreTeller {

    /** A keeper holds a hint for milliseconds, so it is tried again before a sweep is asked for instead. */
    private static final int TRIES = 5;

    private static final Duration PAUSE = Duration.ofMillis(10);

    private final StoreDesk desk;
    private final LaneSessions lanes;
    private final Retries retries;

    StoreTeller(StoreDesk desk, LaneSessions lanes, Retries retries) {
        this.desk = desk;
        this.lanes = lanes;
        this.retries = retries;
    }

    /** Whether any point may be out of step. */
    boolean concerns(BatchPlan plan) {
        return desk.concerns(plan);
    }

    /** Before the position can pass the batch. */
    void changed(BatchPlan plan) throws SQLException, InterruptedException {
        tell(session -> desk.tell(session, plan));
        desk.told(plan);
    }

    /** Rows have their hash by now. */
    void derived(TableName table, Set<RowKey> rows) throws SQLException, InterruptedException {
        if (!rows.isEmpty() && desk.concerns(table)) {
            tell(session -> desk.derived(session, table, rows));
        }
    }

    /** Others may have changed the same rows since. */
    void forget() {
        desk.forget();
    }

    private interface Telling {
        void run(WriteSession session) throws SQLException;
    }

    private void tell(Telling telling) throws SQLException, InterruptedException {
        WriteSession session = lanes.get(0);
        for (int attempt = 1; ; attempt++) {
            try {
                session.begin();
                (attempt < TRIES ? telling : (Telling) desk::giveUp).run(session);
                session.commit();
                return;
            } catch (SQLException e) {
                if (attempt == TRIES || ErrorPolicy.of(e) != ErrorPolicy.GIVE_WAY) {
                    throw e;
                }
                session.rollback();
                retries.pause(PAUSE);
            }
        }
    }
}
