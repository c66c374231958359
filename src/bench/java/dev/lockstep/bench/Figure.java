package dev.lockstep.bench;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One line of the result.
 *
 * @param name what was measured
 * @param value the figure
 * @param unit of the figure
 * @param threshold what it has to reach; null for information only
 * @param detail what it was computed from
 */
record Figure(
        String name, double value, String unit, @Nullable Threshold threshold, String detail) {

    /**
     * @param bound the least or the most allowed
     * @param most whether it is the most
     */
    record Threshold(double bound, boolean most) {

        boolean holds(double value) {
            return most ? value <= bound : value >= bound;
        }

        @Override
        public String toString() {
            return (most ? "<= " : ">= ") + bound;
        }
    }

    static Figure atLeast(double bound, String name, double value, String unit, String detail) {
        return new Figure(name, value, unit, new Threshold(bound, false), detail);
    }

    static Figure atMost(double bound, String name, double value, String unit, String detail) {
        return new Figure(name, value, unit, new Threshold(bound, true), detail);
    }

    static Figure info(String name, double value, String unit, String detail) {
        return new Figure(name, value, unit, null, detail);
    }

    boolean passes() {
        return threshold == null || threshold.holds(value);
    }

    String verdict() {
        return threshold == null ? "info" : passes() ? "PASS" : "FAIL";
    }

    String line() {
        String number = String.format(Locale.ROOT, value >= 1000 ? "%,.0f" : "%.2f", value);
        return String.format(
                Locale.ROOT,
                "| %-52s | %12s %-7s | %-8s | %-4s | %s |",
                name,
                number,
                unit,
                threshold == null ? "" : threshold,
                verdict(),
                detail);
    }
}
