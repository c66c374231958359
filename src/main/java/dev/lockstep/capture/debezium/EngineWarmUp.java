package dev.lockstep.capture.debezium;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.connect.source.SourceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads what a stream is made of while nobody waits for it: on a busy machine that takes seconds, which a standby that
 * takes over does not have. Connects to nothing.
 */
public final class EngineWarmUp {

    private static final Logger log = LoggerFactory.getLogger(EngineWarmUp.class);

    private static final List<String> HEAVY = List.of(
            "io.debezium.connector.base.ChangeEventQueue",
            "io.debezium.connector.postgresql.PostgresChangeEventSourceCoordinator",
            "io.debezium.connector.postgresql.PostgresChangeEventSourceFactory",
            "io.debezium.connector.postgresql.PostgresConnectorConfig",
            "io.debezium.connector.postgresql.PostgresEventDispatcher",
            "io.debezium.connector.postgresql.PostgresOffsetContext",
            "io.debezium.connector.postgresql.PostgresSchema",
            "io.debezium.connector.postgresql.PostgresStreamingChangeEventSource",
            "io.debezium.connector.postgresql.PostgresValueConverter",
            "io.debezium.connector.postgresql.TypeRegistry",
            "io.debezium.connector.postgresql.connection.PostgresConnection",
            "io.debezium.connector.postgresql.connection.PostgresDefaultValueConverter",
            "io.debezium.connector.postgresql.connection.PostgresReplicationConnection",
            "io.debezium.connector.postgresql.connection.pgoutput.PgOutputMessageDecoder",
            "io.debezium.connector.postgresql.connection.pgoutput.PgOutputReplicationMessage",
            "io.debezium.pipeline.signal.SignalProcessor",
            "io.debezium.relational.TableSchemaBuilder",
            "org.apache.kafka.connect.json.JsonConverter",
            "org.postgresql.core.v3.replication.V3PGReplicationStream");

    private EngineWarmUp() {}

    /** On a thread of its own, which ends by itself. */
    public static void begin() {
        Thread thread = new Thread(EngineWarmUp::run, "lockstep-warm-up");
        thread.setDaemon(true);
        thread.start();
    }

    private static void run() {
        try (DebeziumEngine<RecordChangeEvent<SourceRecord>> engine = engine()) {
            log.debug("{} is loaded", engine.getClass().getSimpleName());
        } catch (IOException | RuntimeException e) {
            log.debug("one that never ran need not be closed", e);
        }
        for (String name : HEAVY) {
            try {
                Class.forName(name);
            } catch (ClassNotFoundException | LinkageError e) {
                log.debug("not warmed up: {}", name, e);
            }
        }
    }

    private static DebeziumEngine<RecordChangeEvent<SourceRecord>> engine() {
        Properties p = new Properties();
        p.setProperty("name", "warm-up");
        p.setProperty("topic.prefix", "warm_up");
        p.setProperty("connector.class", UnmeteredConnector.class.getName());
        p.setProperty("offset.storage", PositionOffsetStore.class.getName());
        p.setProperty(PositionOffsetStore.START, "0");
        return DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                .using(p)
                .notifying((records, committer) -> {})
                .build();
    }
}
