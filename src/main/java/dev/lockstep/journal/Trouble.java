package dev.lockstep.journal;

import dev.lockstep.model.LockstepException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/** What stands between us and the topic, in one line. Kafka's own words hold no record; a wrong property's may hold a secret. */
final class Trouble {

    private static final Pattern KEY = Pattern.compile("configuration \"?([a-z0-9.]+)\"?");

    private Trouble() {}

    /** The same for a fault that is waited for, whatever it is. */
    static String of(Exception e) {
        try {
            return line(e);
        } catch (LockstepException wrong) {
            return String.valueOf(wrong.getMessage());
        }
    }

    /**
     * @throws LockstepException when the configuration is at fault, so that another try is of no use
     */
    static String line(Exception e) {
        Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
        if (cause instanceof ConfigException) {
            throw LockstepException.wrongInput("kafka.properties: " + wrong(cause.getMessage()));
        }
        String message = cause.getMessage();
        String name = cause.getClass().getSimpleName();
        Throwable deeper = cause instanceof KafkaException ? cause.getCause() : null;
        String why = deeper == null ? null : deeper.getMessage();
        if (why != null && why.startsWith("No resolvable bootstrap")) {
            return "none of kafka.bootstrapServers can be resolved";
        }
        return (message == null
                        ? name
                        : name + ": " + message.lines().findFirst().orElse(""))
                + (deeper == null ? "" : " (" + deeper.getClass().getSimpleName() + ")");
    }

    private static String wrong(@Nullable String message) {
        Matcher key = KEY.matcher(message == null ? "" : message);
        return (key.find() ? key.group(1) : "one of them") + " has a value that Kafka's client does not take; mend it";
    }
}
