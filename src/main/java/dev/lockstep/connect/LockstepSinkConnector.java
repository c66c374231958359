package dev.lockstep.connect;

import dev.lockstep.state.Fence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.sink.SinkConnector;

/**
 * Applies the topics of Debezium's PostgreSQL source, by the same synchronizer as {@code lockstep run} and in its stead.
 * Every task writes in a session of its own: its seat at the fence, and so its origin, is {@link Fence#CONNECT_SEAT} and
 * its number. Made by the worker, by name.
 */
public final class LockstepSinkConnector extends SinkConnector {

    private static final int MOST_TASKS = Fence.TURN_SEAT - Fence.CONNECT_SEAT;

    private Map<String, String> properties = Map.of();

    /** Made by the worker. */
    public LockstepSinkConnector() {}

    @Override
    public void start(Map<String, String> props) {
        SinkSettings.of(props);
        properties = Map.copyOf(props);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return LockstepSinkTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        if (maxTasks > MOST_TASKS) {
            throw new ConnectException("tasks.max is " + maxTasks + "; there are seats for " + MOST_TASKS);
        }
        List<Map<String, String>> configs = new ArrayList<>();
        for (int task = 0; task < maxTasks; task++) {
            Map<String, String> config = new HashMap<>(properties);
            config.put(SinkSettings.TASK, Integer.toString(task));
            configs.add(config);
        }
        return configs;
    }

    @Override
    public void stop() {}

    @Override
    public ConfigDef config() {
        return SinkSettings.DEF;
    }

    @Override
    public String version() {
        return PluginVersion.read();
    }
}
