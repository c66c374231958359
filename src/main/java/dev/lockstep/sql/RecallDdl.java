package dev.lockstep.sql;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TypeName;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Makes {@code recall} in the control schema, over the first table of vectors. With several tables each also has a function
 * of its own, so that services can name the one they mean and nothing changes for those that call {@code recall}.
 */
final class RecallDdl {

    private final String schema;
    private final ExpandFacts facts;

    /** @param schema the control schema */
    RecallDdl(String schema, ExpandFacts facts) {
        this.schema = schema;
        this.facts = facts;
    }

    List<ExpandStep> steps(Mapping mapping) {
        List<Mapping.Scoped> vectors = mapping.vectors();
        List<ExpandStep> steps = new ArrayList<>();
        for (Mapping.Scoped table : vectors) {
            if (table.equals(vectors.get(0))) {
                steps.addAll(steps(functionOf(table, vectors), table));
            }
            if (vectors.size() > 1) {
                steps.addAll(steps(ownName(table.table(), vectors), table));
            }
        }
        return steps;
    }

    /** Which function recalls from one of the tables of vectors. */
    static String functionOf(Mapping.Scoped table, List<Mapping.Scoped> vectors) {
        return table.equals(vectors.get(0)) ? "recall" : ownName(table.table(), vectors);
    }

    private static String ownName(TableName table, List<Mapping.Scoped> vectors) {
        long sameName = vectors.stream()
                .filter(other -> other.table().name().equals(table.name()))
                .count();
        return sameName == 1 ? ObjectNames.recall(table.name()) : ObjectNames.recall(table.schema(), table.name());
    }

    private List<ExpandStep> steps(String name, Mapping.Scoped table) {
        RecallSql sql = RecallSql.of(table);
        ExpandFacts.Function wanted = new ExpandFacts.Function(
                name,
                sql.argumentTypes(),
                new TypeName(table.table().schema(), table.table().name()),
                sql.settings(facts.iterativeScan()),
                sql.body());
        List<ExpandFacts.Function> installed = facts.functions().stream()
                .filter(function -> function.name().equals(name))
                .toList();
        return installed.equals(List.of(wanted)) ? List.of() : List.of(step(wanted, installed, sql, table.table()));
    }

    private ExpandStep step(
            ExpandFacts.Function wanted, List<ExpandFacts.Function> installed, RecallSql sql, TableName table) {
        List<String> statements = new ArrayList<>();
        // CREATE OR REPLACE keeps what was granted, but takes no other types.
        installed.stream()
                .filter(function -> !function.isCalledLike(wanted))
                .forEach(function -> statements.add("DROP FUNCTION " + identity(function)));
        if (!wanted.settings().isEmpty()) {
            sql.load().ifPresent(statements::add);
        }
        statements.add("CREATE OR REPLACE FUNCTION " + quoted(wanted) + "(" + sql.arguments() + ")\nRETURNS SETOF "
                + Sql.quote(table) + "\nLANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10" + settings(wanted)
                + " AS $recall$"
                + wanted.body()
                + "$recall$");
        return ExpandStep.transaction(
                (installed.isEmpty() ? "Create" : "Replace") + " function " + schema + "." + wanted.name() + " over "
                        + table,
                statements,
                installed.isEmpty() ? List.of("DROP FUNCTION IF EXISTS " + identity(wanted)) : List.of(),
                "ownership of schema " + schema + " and of its function " + wanted.name());
    }

    private static String settings(ExpandFacts.Function function) {
        return function.settings().stream()
                .map(setting -> " SET " + setting.replace("=", " = "))
                .collect(Collectors.joining());
    }

    private String identity(ExpandFacts.Function function) {
        return quoted(function)
                + function.arguments().stream().map(Sql::quote).collect(Collectors.joining(", ", "(", ")"));
    }

    private String quoted(ExpandFacts.Function function) {
        return Sql.quote(schema) + "." + Sql.quote(function.name());
    }
}
