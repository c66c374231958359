package dev.lockstep.throttle;

import dev.lockstep.model.LockstepException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How much of each signal is bearable.
 *
 * @param changed where it is not the default
 */
public record Limits(Map<Signal, Double> changed) {

    public Limits {
        changed = Map.copyOf(changed);
    }

    /**
     * From what a user wrote.
     *
     * @throws LockstepException when a signal is not known, or a limit is no number from 0 on
     */
    public static Limits of(Map<String, Double> byLabel) {
        Map<Signal, Double> changed = new EnumMap<>(Signal.class);
        byLabel.forEach((label, limit) -> {
            Signal signal = Signal.of(label)
                    .orElseThrow(() -> LockstepException.wrongInput("there is no signal " + label + "; there are "
                            + Arrays.stream(Signal.values()).map(Signal::label).collect(Collectors.joining(", "))));
            if (!(limit >= 0) || limit.isInfinite()) {
                throw LockstepException.wrongInput("the limit of " + label + " is a number from 0 on, not " + limit);
            }
            changed.put(signal, limit);
        });
        return new Limits(changed);
    }

    public double of(Signal signal) {
        return changed.getOrDefault(signal, signal.standard());
    }
}
