package dev.lockstep.sql;

import java.util.List;

/**
 * One step of a plan. It either happens whole or not at all, except an index build, whose leftover the next plan drops.
 *
 * @param title what it does, one line for the operator
 * @param sql the statements, without a closing semicolon
 * @param undo the statements that take back what the step made, in order; empty when nothing is to be taken back
 * @param mode how it is run
 * @param needs the privilege without which it fails, as words for a message
 */
public record ExpandStep(String title, List<String> sql, List<String> undo, Mode mode, String needs) {

    public ExpandStep {
        sql = List.copyOf(sql);
        undo = List.copyOf(undo);
    }

    /** How a step is run. */
    public enum Mode {
        /** All statements in one transaction, each lock waited for a short time only. */
        TRANSACTION,
        /** Each statement on its own, outside a transaction block, as long as it takes: neither it nor its wait stops a writer. */
        PATIENT,
        /** Each statement on its own; it waits for older transactions, so its time is limited. */
        SLOT
    }

    public boolean inTransaction() {
        return mode == Mode.TRANSACTION;
    }

    static ExpandStep transaction(String title, List<String> sql, List<String> undo, String needs) {
        return new ExpandStep(title, sql, undo, Mode.TRANSACTION, needs);
    }

    static ExpandStep patient(String title, String sql, List<String> undo, String needs) {
        return new ExpandStep(title, List.of(sql), undo, Mode.PATIENT, needs);
    }

    static ExpandStep slot(String title, String sql, List<String> undo, String needs) {
        return new ExpandStep(title, List.of(sql), undo, Mode.SLOT, needs);
    }
}
