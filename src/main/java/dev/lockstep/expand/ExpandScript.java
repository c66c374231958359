package dev.lockstep.expand;

import dev.lockstep.sql.ExpandStep;
import java.util.List;
import java.util.stream.Collectors;

/** A plan as a script for people who run their DDL themselves. */
public final class ExpandScript {

    private ExpandScript() {}

    /**
     * One script for {@code psql -v ON_ERROR_STOP=1 -f}. Every transactional step has its own BEGIN and COMMIT; nothing
     * in it needs psql.
     *
     * @param name the configured name
     */
    public static String psql(String name, List<ExpandStep> steps, Patience patience) {
        StringBuilder script = new StringBuilder("-- lockstep expand of " + name + "\n");
        if (steps.isEmpty()) {
            return script.append("-- Nothing is missing.\n").toString();
        }
        script.append("""
                -- Holds what was missing when it was printed. Run it with: psql -v ON_ERROR_STOP=1 -f FILE
                -- When it stops half-way, what was done stays: print it again, or run `lockstep expand`.
                -- Indexes and the validation of the foreign keys come after the backfill; `lockstep run` does them.
                """);
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
