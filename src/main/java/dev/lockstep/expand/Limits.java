package dev.lockstep.expand;

import dev.lockstep.sql.ExpandStep;
import java.util.List;

/** The session settings around a step. */
final class Limits {

    private Limits() {}

    static List<String> before(ExpandStep.Mode mode, Patience patience) {
        return switch (mode) {
            case TRANSACTION ->
                List.of(
                        "SET LOCAL lock_timeout = " + patience.lockTimeout().toMillis(),
                        "SET LOCAL statement_timeout = 0");
            case INDEX_BUILD -> List.of("SET lock_timeout = 0", "SET statement_timeout = 0");
            case SLOT ->
                List.of(
                        "SET lock_timeout = 0",
                        "SET statement_timeout = " + patience.slotTimeout().toMillis());
        };
    }

    static List<String> after(ExpandStep.Mode mode) {
        return switch (mode) {
            case TRANSACTION -> List.of();
            case INDEX_BUILD, SLOT -> List.of("RESET lock_timeout", "RESET statement_timeout");
        };
    }
}
