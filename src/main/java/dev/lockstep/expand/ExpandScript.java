package dev.lockstep.expand;

import dev.lockstep.sql.ExpandStep;
import java.util.List;
import java.util.stream.Collectors;

/** A plan as a script for people who run their DDL themselves. */
public final class ExpandScript {

    private ExpandScript() {}

    private static final String EXPAND = """
            -- Indexes and the validation of the foreign keys come after the backfill; `lockstep run` does them.
            """;

    private static final String CONTRACT = """
            -- It asks nothing of the gate: `lockstep contract` would refuse while something speaks against it.
            -- `lockstep run` has to have ended before its slot is dropped; it does so once the phase is CONTRACTED.
            """;

    /**
     * One script for {@code psql -v ON_ERROR_STOP=1 -f}. Every transactional step has its own BEGIN and COMMIT; nothing
     * in it needs psql.
     *
     * @param name the configured name
     */
    public static String psql(String name, List<ExpandStep> steps, Patience patience) {
        return psql("expand", "missing", EXPAND, name, steps, patience);
    }

    /** The same for the steps that end the migration. */
    public static String contract(String name, List<ExpandStep> steps, Patience patience) {
        return psql("contract", "left to do", CONTRACT, name, steps, patience);
    }

    private static String psql(
            String command, String what, String remarks, String name, List<ExpandStep> steps, Patience patience) {
        StringBuilder script = new StringBuilder("-- lockstep " + command + " of " + name + "\n");
        if (steps.isEmpty()) {
            return script.append("-- Nothing is " + what + ".\n").toString();
        }
        script.append("-- Holds what was ")
                .append(what)
                .append(" when it was printed. Run it with: psql -v ON_ERROR_STOP=1 -f FILE\n")
                .append("-- When it stops half-way, what was done stays: print it again, or run `lockstep ")
                .append(command)
                .append("`.\n")
                .append(remarks);
        for (int i = 0; i < steps.size(); i++) {
            script.append("\n-- ")
                    .append(i + 1)
                    .append(". ")
                    .append(oneLine(steps.get(i).title()))
                    .append('\n')
                    .append(step(steps.get(i), patience));
        }
        return script.toString();
    }

    private static String step(ExpandStep step, Patience patience) {
        String before = statements(Limits.before(step.mode(), patience));
        String body = before + statements(step.sql()) + statements(Limits.after(step.mode()));
        return step.inTransaction() ? "BEGIN;\n" + body + "COMMIT;\n" : body;
    }

    static String statements(List<String> sql) {
        return sql.stream().map(statement -> statement + ";\n").collect(Collectors.joining());
    }

    static String oneLine(String text) {
        return text.replaceAll("\\R", " ");
    }
}
