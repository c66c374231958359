package dev.lockstep.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.lockstep.model.LockstepException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.slf4j.LoggerFactory;

/** The two variables that logback.xml reads: a misspelt one would silently mean something else. */
final class LogSettings {

    private static final List<String> LEVELS = List.of("trace", "debug", "info", "warn", "error", "off");
    private static final List<String> FORMATS = List.of("text", "json");

    private LogSettings() {}

    static void validate(Map<String, String> environment) {
        oneOf(
                LEVELS,
                "LOCKSTEP_LOG",
                environment.getOrDefault("LOCKSTEP_LOG", "info").toLowerCase(Locale.ROOT));
        oneOf(FORMATS, "LOCKSTEP_LOG_FORMAT", environment.getOrDefault("LOCKSTEP_LOG_FORMAT", "text"));
    }

    /** For a command that tells its own story: warnings only, unless somebody asked for more. */
    static void quiet(Map<String, String> environment) {
        level(environment, Level.WARN);
    }

    /** When what goes wrong from here on is the end of it all. */
    static void silent(Map<String, String> environment) {
        level(environment, Level.OFF);
    }

    private static void level(Map<String, String> environment, Level level) {
        if (!environment.containsKey("LOCKSTEP_LOG")
                && LoggerFactory.getLogger("dev.lockstep") instanceof Logger logger) {
            logger.setLevel(level);
        }
    }

    private static void oneOf(List<String> words, String variable, String value) {
        if (!words.contains(value)) {
            throw LockstepException.wrongInput(
                    "environment variable " + variable + " has to be one of " + String.join(", ", words));
        }
    }
}
