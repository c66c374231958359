package dev.lockstep.throttle;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether work that can wait goes on. Pure.
 *
 * @param by the signal that is furthest beyond its limit; null when none is
 */
public record Verdict(Level level, @Nullable Signal by) {

    /** What becomes of the work. */
    public enum Level {
        FREE,
        /** Half of the time it rests. */
        SLOW,
        STOPPED
    }

    static final Verdict FREE = new Verdict(Level.FREE, null);

    /** Beyond a limit the work is slowed down, beyond twice the limit it stops. Of what is not known nothing is said. */
    public static Verdict of(Map<Signal, Double> values, Limits limits) {
        Signal worst = null;
        double most = 1;
        for (Signal signal : Signal.values()) {
            double share = share(values.getOrDefault(signal, 0.0), limits.of(signal));
            if (share > most) {
                most = share;
                worst = signal;
            }
        }
        return worst == null ? FREE : new Verdict(most > 2 ? Level.STOPPED : Level.SLOW, worst);
    }

    private static double share(double value, double limit) {
        return value <= 0 ? 0 : value / limit; // a limit of 0: infinitely much
    }
}
