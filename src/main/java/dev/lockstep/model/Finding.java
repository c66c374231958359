package dev.lockstep.model;

/**
 * Something the operator should know before going on.
 *
 * @param id stable kebab-case name, for scripts
 * @param message one line: what and where
 * @param remedy text that can be pasted, empty when nothing needs doing
 */
public record Finding(Severity severity, String id, String message, String remedy) {

    public enum Severity {
        ERROR,
        WARNING,
        INFO
    }

    public static Finding error(String id, String message, String remedy) {
        return new Finding(Severity.ERROR, id, message, remedy);
    }

    public static Finding warning(String id, String message, String remedy) {
        return new Finding(Severity.WARNING, id, message, remedy);
    }

    public static Finding info(String id, String message, String remedy) {
        return new Finding(Severity.INFO, id, message, remedy);
    }
}
