package dev.lockstep.connect;

import dev.lockstep.config.ConfigLoader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.model.LockstepException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/**
 * What the sink is told. Database and mapping are lockstep's own configuration, so that the commands and the sink have
 * one source of truth.
 *
 * @param task its number among the connector's tasks
 * @param unwrapPrefix of the fields that the unwrap transform adds
 * @param patience how long a call may retry before Connect delivers its records again
 */
record SinkSettings(LockstepConfig lockstep, int task, String unwrapPrefix, Duration patience) {

    static final String CONFIG = "lockstep.config";
    static final String PREFIX = "unwrap.prefix";
    static final String PATIENCE = "patience.ms";

    /** Set by the connector, for each task. */
    static final String TASK = "lockstep.task";

    private static final String LOCKSTEP = "Lockstep";
    private static final String RECORDS = "Records";

    static final ConfigDef DEF = new ConfigDef()
            .define(
                    CONFIG,
                    ConfigDef.Type.PASSWORD, // the text may hold the database's
                    ConfigDef.NO_DEFAULT_VALUE,
                    ConfigDef.LambdaValidator.with(SinkSettings::check, () -> "a path, or the text, of lockstep.yaml"),
                    ConfigDef.Importance.HIGH,
                    "Lockstep's configuration: the path of the YAML file on every worker, or, when it has more than one"
                            + " line, its text. Variables are read from the worker's environment.",
                    LOCKSTEP,
                    1,
                    ConfigDef.Width.LONG,
                    "Configuration",
                    Suggested.of("/etc/lockstep/lockstep.yaml"))
            .define(
                    PATIENCE,
                    ConfigDef.Type.LONG,
                    30_000L,
                    ConfigDef.Range.between(1_000L, 240_000L),
                    ConfigDef.Importance.LOW,
                    "How long a batch is tried again inside the task, while the server is away or a transaction is not"
                            + " visible, before Connect is asked to deliver it again. Less than the consumer's"
                            + " max.poll.interval.ms.",
                    LOCKSTEP,
                    2,
                    ConfigDef.Width.SHORT,
                    "Patience (ms)",
                    Suggested.of(10_000L, 30_000L, 60_000L))
            .define(
                    PREFIX,
                    ConfigDef.Type.STRING,
                    "__",
                    ConfigDef.Importance.LOW,
                    "For unwrapped records: add.fields.prefix of the transform. It has to add op, source.txId and"
                            + " source.origin, and delete.tombstone.handling.mode has to be rewrite.",
                    RECORDS,
                    1,
                    ConfigDef.Width.SHORT,
                    "Prefix of added fields",
                    Suggested.of("__", "_"));

    /** @throws ConfigException when something is missing or wrong */
    static SinkSettings of(Map<String, String> properties) {
        AbstractConfig config = new AbstractConfig(DEF, properties, false);
        return new SinkSettings(
                lockstep(config.getPassword(CONFIG).value()),
                Integer.parseInt(properties.getOrDefault(TASK, "0")),
                config.getString(PREFIX),
                Duration.ofMillis(config.getLong(PATIENCE)));
    }

    private static void check(String name, Object value) {
        if (value instanceof Password text) {
            lockstep(text.value());
        }
    }

    private static LockstepConfig lockstep(String text) {
        try {
            return text.strip().contains("\n")
                    ? ConfigLoader.parse(CONFIG, text, System.getenv())
                    : ConfigLoader.load(Path.of(text.strip()), System.getenv());
        } catch (LockstepException e) {
            throw new ConfigException(CONFIG + ": " + e.getMessage());
        }
    }

    /** Values to choose from; others are taken, too. */
    private record Suggested(List<Object> values) implements ConfigDef.Recommender {

        static Suggested of(Object... values) {
            return new Suggested(List.of(values));
        }

        @Override
        public List<Object> validValues(String name, Map<String, Object> parsed) {
            return values;
        }

        @Override
        public boolean visible(String name, Map<String, Object> parsed) {
            return true;
        }
    }
}
