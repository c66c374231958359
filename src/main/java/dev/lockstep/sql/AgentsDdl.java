package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes the Agents table, or adopts the one that is there. */
final class AgentsDdl {

    private static final List<String> PROFILES = List.of("ToolProfileId", "ModelProfileId", "SafetyProfileId");

    private AgentsDdl() {}

    static List<ExpandStep> steps(Mapping mapping, @Nullable TableShape existing, ExpandFacts facts) {
        return existing == null ? List.of(create(mapping, facts)) : adopt(mapping.agents(), existing, facts);
    }

    private static ExpandStep create(Mapping mapping, ExpandFacts facts) {
        Mapping.Agents agents = mapping.agents();
        String table = agents.table().name();
        List<String> lines = new ArrayList<>();
        lines.add(define(agents.id()) + " CONSTRAINT " + Sql.quote(ObjectNames.primaryKey(table)) + " PRIMARY KEY");
        lines.add("-- No foreign key to the personas: deleting a persona must not start to fail.\n  "
                + define(agents.persona())
                + " NOT NULL CONSTRAINT "
                + Sql.quote(ObjectNames.uniqueConstraint(table, agents.persona().name()))
                + " UNIQUE");
        if (agents.name() != null) {
            lines.add(Sql.quote(agents.name()) + " text");
        }
        if (agents.active() != null) {
            lines.add(Sql.quote(agents.active()) + " boolean NOT NULL DEFAULT true");
        }
        lines.add(define(agents.memoryRoot()) + " NOT NULL" + references(mapping));
        PROFILES.forEach(profile -> lines.add(Sql.quote(profile) + " uuid"));
        return ExpandStep.transaction(
                "Create table " + agents.table(),
                List.of("CREATE TABLE " + Sql.quote(agents.table()) + " (\n  " + String.join(",\n  ", lines) + ")"),
                List.of("DROP TABLE " + Sql.quote(agents.table())),
                "GRANT CREATE ON SCHEMA " + Sql.quote(agents.table().schema()) + " TO " + Sql.quote(facts.user()));
    }

    private static String references(Mapping mapping) {
        Mapping.MemoryRoots roots = mapping.memoryRoots();
        if (roots == null) {
            return "";
        }
        Mapping.Agents agents = mapping.agents();
        String name = ObjectNames.foreignKey(
                agents.table().name(), roots.table().name(), agents.memoryRoot().name());
        return " CONSTRAINT " + Sql.quote(name) + " REFERENCES " + Sql.quote(roots.table()) + " ("
                + Sql.quote(roots.id().name()) + ")";
    }

    private static List<ExpandStep> adopt(Mapping.Agents agents, TableShape existing, ExpandFacts facts) {
        requireUniqueId(agents, existing, facts);
        List<ExpandStep> steps = new ArrayList<>();
        addColumns(agents, existing, facts).ifPresent(steps::add);
        steps.addAll(uniquePersona(agents, existing, facts));
        return steps;
    }

    private static void requireUniqueId(Mapping.Agents agents, TableShape existing, ExpandFacts facts) {
        String id = agents.id().name();
        boolean key = existing.primaryKey().equals(List.of(id)) && !existing.primaryKeyDeferrable();
        if (!key && !facts.hasUnique(agents.table(), id)) {
            throw LockstepException.wrongInput(
                    agents.table() + "." + id + " is not unique, so no foreign key can refer to it; ALTER TABLE "
                            + Sql.quote(agents.table()) + " ADD UNIQUE (" + Sql.quote(id) + ")");
        }
    }

    /** Nothing but nullable columns and a constant default: neither rewrites the table nor refuses its writers. */
    private static Optional<ExpandStep> addColumns(Mapping.Agents agents, TableShape existing, ExpandFacts facts) {
        List<String> names = new ArrayList<>();
        List<String> definitions = new ArrayList<>();
        missing(existing, agents.persona().name(), sqlType(agents.persona()), names, definitions);
        missing(existing, agents.name(), "text", names, definitions);
        missing(existing, agents.active(), "boolean NOT NULL DEFAULT true", names, definitions);
        missing(existing, agents.memoryRoot().name(), sqlType(agents.memoryRoot()), names, definitions);
        return definitions.isEmpty()
                ? Optional.empty()
                : Optional.of(ScopedDdl.addColumns(agents.table(), names, definitions, facts));
    }

    private static void missing(
            TableShape existing,
            @Nullable String column,
            String definition,
            List<String> names,
            List<String> definitions) {
        if (column != null && existing.column(column).isEmpty()) {
            names.add(column);
            definitions.add(Sql.quote(column) + " " + definition);
        }
    }

    private static List<ExpandStep> uniquePersona(Mapping.Agents agents, TableShape existing, ExpandFacts facts) {
        TableName table = agents.table();
        String persona = agents.persona().name();
        if (facts.hasUnique(table, persona)) {
            return List.of();
        }
        if (existing.partitioned()) {
            throw LockstepException.wrongInput(table + " is partitioned and " + persona
                    + " is not unique in it; one agent per persona cannot be kept there");
        }
        if (facts.sharedPersonas() > 0) {
            throw LockstepException.wrongInput(facts.sharedPersonas() + " personas have more than one row in " + table
                    + "; leave one each, they are found by: " + duplicatesSql(agents));
        }
        return IndexDdl.build(table, persona, true, facts);
    }

    /** Names the personas with several agents. */
    static String duplicatesSql(Mapping.Agents agents) {
        String persona = Sql.quote(agents.persona().name());
        return "SELECT " + persona + ", count(*) FROM " + Sql.quote(agents.table()) + " WHERE " + persona
                + " IS NOT NULL GROUP BY 1 HAVING count(*) > 1";
    }

    static String define(Column column) {
        return Sql.quote(column.name()) + " " + sqlType(column);
    }

    private static String sqlType(Column column) {
        return switch (column.type()) {
            case UUID -> "uuid";
            case INT -> "integer";
            case BIGINT -> "bigint";
            case TEXT -> "text";
            case BYTEA -> "bytea";
            case BOOLEAN -> "boolean";
            case OTHER -> throw new IllegalArgumentException(column.name() + " has a type lockstep does not make");
        };
    }
}
