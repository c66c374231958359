package dev.lockstep.sql;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Plans what {@code expand} has to add to the database: only what is still missing, so that a second plan is empty. */
public final class ExpandSql {

    private ExpandSql() {}

    /**
     * The steps from the control schema to the backfill rows, in order.
     *
     * @param name names the control schema, the publication and the slot
     * @param controlSchemaSql installs the control schema
     * @param shapes the mapped tables that exist, and the leaves of partitioned ones
     * @throws dev.lockstep.model.LockstepException when something that exists stands in the way
     */
    public static List<ExpandStep> expand(
            String name,
            String controlSchemaSql,
            Mapping mapping,
            Map<TableName, TableShape> shapes,
            ExpandFacts facts) {
        PublicationSpec publication = PublicationSpec.of(name, mapping, shapes, facts.major());
        List<ExpandStep> steps = new ArrayList<>();
        if (!facts.controlSchema()) {
            steps.add(controlSchema(name, controlSchemaSql, facts));
        }
        steps.addAll(AgentsDdl.steps(mapping, shapes.get(mapping.agents().table()), facts));
        steps.addAll(ScopedDdl.columns(mapping, shapes, facts));
        steps.addAll(ScopedDdl.foreignKeys(mapping, facts));
        steps.addAll(new RecallDdl(name, facts).steps(mapping));
        steps.addAll(IndexDdl.beforeBackfill(mapping, facts));
        steps.addAll(new StreamDdl(name, mapping, publication, facts).steps());
        return List.copyOf(steps);
    }

    /**
     * What is better done once the rows are filled: indexes on the agent and hash columns, then the foreign keys
     * validated. Needs an expanded database.
     */
    public static List<ExpandStep> afterBackfill(Mapping mapping, ExpandFacts facts) {
        List<ExpandStep> steps = new ArrayList<>(IndexDdl.afterBackfill(mapping, facts));
        steps.addAll(ScopedDdl.validations(mapping, facts));
        return List.copyOf(steps);
    }

    /** One unique index for each table of vectors, where it is missing. For vectors in step and without duplicates. */
    public static List<ExpandStep> uniqueVectors(Mapping mapping, ExpandFacts facts) {
        return mapping.vectors().stream()
                .flatMap(table -> IndexDdl.uniqueVectors(table, facts).stream())
                .toList();
    }

    /** Finds the personas that have more than one row in an adopted Agents table. */
    public static String sharedPersonasSql(Mapping.Agents agents) {
        return AgentsDdl.duplicatesSql(agents);
    }

    /** Has the session load pgvector's library, and with it its settings; empty where no distance is asked for. */
    public static Optional<String> loadPgvector(Mapping mapping) {
        return mapping.vectors().stream()
                .flatMap(table -> RecallSql.of(table).load().stream())
                .findFirst();
    }

    private static ExpandStep controlSchema(String name, String sql, ExpandFacts facts) {
        return ExpandStep.transaction(
                "Install the control schema " + name,
                List.of(withoutLastSemicolon(sql)),
                List.of("DROP SCHEMA IF EXISTS " + Sql.quote(name) + " CASCADE"),
                "GRANT CREATE ON DATABASE " + Sql.quote(facts.database()) + " TO " + Sql.quote(facts.user()));
    }

    private static String withoutLastSemicolon(String sql) {
        String stripped = sql.strip();
        return stripped.endsWith(";") ? stripped.substring(0, stripped.length() - 1) : stripped;
    }
}
