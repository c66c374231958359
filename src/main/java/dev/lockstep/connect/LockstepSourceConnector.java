package dev.lockstep.connect;

import io.debezium.connector.postgresql.PostgresConnector;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * Debezium's PostgreSQL connector, whose worker may be killed: it takes the same settings and writes the same records, and
 * its offsets lie between transactions. Made by the worker, by name.
 */
public final class LockstepSourceConnector extends PostgresConnector {

    private static final String TRANSACTIONS = "provide.transaction.metadata";

    private static final String SNAPSHOT = "snapshot.mode";

    /** Made by the worker. */
    public LockstepSourceConnector() {}

    /** Where a transaction ends is told by its metadata, so they are on whatever the settings say. */
    @Override
    public void start(Map<String, String> props) {
        Map<String, String> settings = new HashMap<>(props);
        if (!"no_data".equals(settings.getOrDefault(SNAPSHOT, "no_data"))) {
            throw new ConnectException(
                    SNAPSHOT + " has to be no_data: rows that are there already are brought into step by"
                            + " `lockstep backfill`");
        }
        settings.put(SNAPSHOT, "no_data");
        settings.put(TRANSACTIONS, "true");
        super.start(settings);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return LockstepSourceTask.class;
    }
}
