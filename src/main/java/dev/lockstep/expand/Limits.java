package dev.lockstep.expand;

import dev.lockstep.sql.ExpandStep;
import java.time.Duration;
import java.util.List;

/** The session settings around a step. */
final class Limits {

    private Limits() {}

    /**
     * The server ends an autovacuum that stands in our way only when we have waited longer than {@code
     * deadlock_timeout} (1 s), so a shorter wait would never get past it.
     */
    private static final Duration PAST_AUTOVACUUM = Duration.ofMillis(1500);

    /** For an attempt after one that an autovacuum alone held up. */
    static Patience pastAutovacuum(Patience patience) {
        return patience.withLockTimeout(PAST_AUTOVACUUM);
    }

    static List<String> before(ExpandStep.Mode mode, Patience patience) {
        return switch (mode) {
            case TRANSACTION ->
                List.of(
                        "SET LOCAL lock_timeout = " + patience.lockTimeout().toMillis(),
                        "SET LOCAL statement_timeout = 0");
            case PATIENT -> List.of("SET lock_timeout = 0", "SET statement_timeout = 0");
            case SLOT ->
                List.of(
                        "SET lock_timeout = 0",
                        "SET statement_timeout = " + patience.slotTimeout().toMillis());
        };
    }

    static List<String> after(ExpandStep.Mode mode) {
        return switch (mode) {
            case TRANSACTION -> List.of();
            case PATIENT, SLOT -> List.of("RESET lock_timeout", "RESET statement_timeout");
        };
    }
}
