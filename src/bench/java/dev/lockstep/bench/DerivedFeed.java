package dev.lockstep.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.PGReplicationStream;

/**
 * A second subscriber of the database, with a slot of its own: says at which moment a row with its agent had been
 * committed and flushed, whoever wrote it. Takes nothing from the product.
 */
final class DerivedFeed {

    private static final String NAME = "bench_watch";

    /** Is told of every version of a message. */
    interface Listener {
        void row(String id, String agent, long nanos);
    }

    private final BenchDatabase database;
    private final Listener listener;
    private final Connection connection;
    private final Thread thread;
    private volatile boolean closed;

    DerivedFeed(BenchDatabase database, Listener listener) throws SQLException {
        this.database = database;
        this.listener = listener;
        database.execute("CREATE PUBLICATION " + NAME + " FOR TABLE \"Messages\" (\"Id\", \"FromAgentId\")");
        database.text("SELECT pg_create_logical_replication_slot('" + NAME + "', 'pgoutput')");
        Properties properties = new Properties();
        PGProperty.USER.set(properties, "postgres");
        PGProperty.PASSWORD.set(properties, "postgres");
        PGProperty.REPLICATION.set(properties, "database");
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "10");
        connection = DriverManager.getConnection(database.url(), properties);
        PGReplicationStream stream = connection
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(NAME)
                .withSlotOption("proto_version", 1)
                .withSlotOption("publication_names", NAME)
                .start();
        thread = new Thread(() -> read(stream), "derived-feed");
        thread.setDaemon(true);
        thread.start();
    }

    private void read(PGReplicationStream stream) {
        try {
            while (!closed) {
                ByteBuffer message = stream.read();
                long now = System.nanoTime();
                byte kind = message.get();
                if (kind == 'I' || kind == 'U') {
                    row(message, now);
                }
                stream.setAppliedLSN(stream.getLastReceiveLSN());
                stream.setFlushedLSN(stream.getLastReceiveLSN());
            }
        } catch (SQLException e) {
            if (!closed) {
                throw new IllegalStateException(e);
            }
        }
    }

    /** The primary key never changes here, so the new version is all that comes. */
    private void row(ByteBuffer message, long now) {
        message.getInt(); // relation
        if (message.get() == 'N' && message.getShort() == 2) {
            String id = column(message);
            String agent = column(message);
            if (!agent.isEmpty()) {
                listener.row(id, agent, now);
            }
        }
    }

    private static String column(ByteBuffer message) {
        if (message.get() != 't') {
            return "";
        }
        byte[] text = new byte[message.getInt()];
        message.get(text);
        return new String(text, StandardCharsets.UTF_8);
    }

    /** Ends it and drops its slot. */
    void stop() throws SQLException, InterruptedException {
        closed = true;
        connection.close();
        while (database.number("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" + NAME + "' AND active")
                > 0) {
            Thread.sleep(20);
        }
        database.execute("SELECT pg_drop_replication_slot('" + NAME + "'); DROP PUBLICATION " + NAME);
    }
}
