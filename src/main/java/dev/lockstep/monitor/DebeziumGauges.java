package dev.lockstep.monitor;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.management.ManagementFactory;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Debezium's own metrics, from JMX, under {@code debezium_}. Those of single events are off in this product (they cost a
 * third of the decoding) and would stay at zero, so they are left out.
 */
final class DebeziumGauges {

    private static final Logger log = LoggerFactory.getLogger(DebeziumGauges.class);
    private static final String STREAMING = "debezium.postgres:type=connector-metrics,context=streaming,*";

    private static final Map<String, String> ATTRIBUTES = Map.of(
            "Connected", "whether the engine is connected to the server",
            "QueueTotalCapacity", "changes that fit between decoding and applying",
            "QueueRemainingCapacity", "changes that still fit",
            "MaxQueueSizeInBytes", "most bytes between decoding and applying",
            "CurrentQueueSizeInBytes", "bytes between decoding and applying");

    private final MBeanServer beans = ManagementFactory.getPlatformMBeanServer();

    void bind(MeterRegistry registry) {
        ATTRIBUTES.forEach(
                (attribute, description) -> Gauge.builder(name(attribute), this, gauges -> gauges.value(attribute))
                        .strongReference(true) // nobody else keeps us: collected, each value was not a number
                        .description("Debezium: " + description)
                        .register(registry));
    }

    /** {@code CurrentQueueSizeInBytes} is {@code debezium.current.queue.size.in.bytes}. */
    private static String name(String attribute) {
        StringBuilder name = new StringBuilder("debezium");
        for (int i = 0; i < attribute.length(); i++) {
            char c = attribute.charAt(i);
            name.append(Character.isUpperCase(c) ? "." : "").append(Character.toLowerCase(c));
        }
        return name.toString();
    }

    private double value(String attribute) {
        try {
            Optional<ObjectName> engine = engine();
            if (engine.isEmpty()) {
                return Double.NaN;
            }
            Object value = beans.getAttribute(engine.get(), attribute);
            return value instanceof Boolean is
                    ? (is ? 1 : 0)
                    : value instanceof Number n ? n.doubleValue() : Double.NaN;
        } catch (JMException e) {
            log.debug("{} could not be read", attribute, e);
            return Double.NaN;
        }
    }

    /** The one that was started last: its prefix ends with a number that grows. */
    private Optional<ObjectName> engine() throws JMException {
        return beans.queryNames(new ObjectName(STREAMING), null).stream()
                .max(Comparator.comparingLong(DebeziumGauges::number));
    }

    private static long number(ObjectName name) {
        String digits = name.getKeyProperty("server").replaceAll(".*_", "");
        return digits.isEmpty() || !digits.chars().allMatch(Character::isDigit) ? 0 : Long.parseLong(digits);
    }
}
