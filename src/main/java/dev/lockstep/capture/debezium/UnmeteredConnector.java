package dev.lockstep.capture.debezium;

import io.debezium.connector.postgresql.PostgresConnector;
import org.apache.kafka.connect.connector.Task;

/** The stock connector with {@link UnmeteredTask}. Made by the engine, by name. */
public final class UnmeteredConnector extends PostgresConnector {

    @Override
    public Class<? extends Task> taskClass() {
        return UnmeteredTask.class;
    }
}
