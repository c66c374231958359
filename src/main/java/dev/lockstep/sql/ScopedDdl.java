package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Adds the derived columns of the scoped tables and their foreign keys to Agents. */
final class ScopedDdl {

    private ScopedDdl() {}

    static List<ExpandStep> columns(Mapping mapping, Map<TableName, TableShape> shapes, ExpandFacts facts) {
        List<ExpandStep> steps = new ArrayList<>();
        for (Mapping.Scoped table : mapping.tables()) {
            TableShape shape = shapes.get(table.table());
            List<Column> missing = new ArrayList<>();
            for (Column column : derived(table)) {
                if (shape == null || shape.column(column.name()).isEmpty()) {
                    missing.add(column);
                }
            }
            if (!missing.isEmpty()) {
                steps.add(addColumns(
                        table.table(),
                        missing.stream().map(Column::name).toList(),
                        missing.stream().map(AgentsDdl::define).toList(),
                        facts));
            }
        }
        return steps;
    }

    static List<ExpandStep> foreignKeys(Mapping mapping, ExpandFacts facts) {
        List<ExpandStep> steps = new ArrayList<>();
        for (Mapping.Scoped table : mapping.tables()) {
            // Before PostgreSQL 18 a partitioned table takes no NOT VALID foreign key; its leaves do on every version.
            for (TableName leaf : table.leaves()) {
                if (foreignKeyOf(leaf, table, mapping, facts).isEmpty()) {
                    steps.add(foreignKey(leaf, table, mapping, facts));
                }
            }
        }
        return steps;
    }

    static List<ExpandStep> validations(Mapping mapping, ExpandFacts facts) {
        List<ExpandStep> steps = new ArrayList<>();
        for (Mapping.Scoped table : mapping.tables()) {
            for (TableName leaf : table.leaves()) {
                List<ExpandFacts.ForeignKey> keys = foreignKeyOf(leaf, table, mapping, facts);
                if (keys.stream().noneMatch(ExpandFacts.ForeignKey::valid)) {
                    keys.stream().limit(1).forEach(key -> steps.add(validation(key, facts)));
                }
            }
        }
        return steps;
    }

    static ExpandStep addColumns(TableName table, List<String> names, List<String> definitions, ExpandFacts facts) {
        return ExpandStep.transaction(
                "Add " + String.join(", ", names) + " to " + table,
                List.of(alter(table, definitions, "ADD COLUMN ")),
                List.of(alter(table, names.stream().map(Sql::quote).toList(), "DROP COLUMN ")),
                facts.ownerOf(table));
    }

    private static String alter(TableName table, List<String> parts, String verb) {
        return "ALTER TABLE " + Sql.quote(table)
                + parts.stream().map(part -> "\n  " + verb + part).collect(Collectors.joining(","));
    }

    private static List<Column> derived(Mapping.Scoped table) {
        List<Column> derived = new ArrayList<>(List.of(table.agent()));
        if (table.link() != null) {
            derived.add(table.link().conversation());
            derived.add(table.link().source());
        }
        if (table.contentHash() != null) {
            derived.add(table.contentHash());
        }
        return derived;
    }

    private static List<ExpandFacts.ForeignKey> foreignKeyOf(
            TableName leaf, Mapping.Scoped table, Mapping mapping, ExpandFacts facts) {
        Mapping.Agents agents = mapping.agents();
        return facts.foreignKeys().stream()
                .filter(key -> key.links(
                        leaf, table.agent().name(), agents.table(), agents.id().name()))
                .toList();
    }

    /** Deleting an agent keeps working: its rows lose it, and the stream derives them anew. */
    private static ExpandStep foreignKey(TableName leaf, Mapping.Scoped table, Mapping mapping, ExpandFacts facts) {
        Mapping.Agents agents = mapping.agents();
        String column = table.agent().name();
        String name =
                Sql.quote(ObjectNames.foreignKey(leaf.name(), agents.table().name(), column));
        return ExpandStep.transaction(
                "Add the foreign key of " + leaf + "." + column + ", not validated yet",
                List.of("ALTER TABLE " + Sql.quote(leaf) + "\n  ADD CONSTRAINT " + name + " FOREIGN KEY ("
                        + Sql.quote(column) + ") REFERENCES " + Sql.quote(agents.table()) + " ("
                        + Sql.quote(agents.id().name()) + ") ON DELETE SET NULL NOT VALID"),
                List.of("ALTER TABLE " + Sql.quote(leaf) + " DROP CONSTRAINT IF EXISTS " + name),
                facts.ownerOf(leaf) + " and REFERENCES on " + agents.table());
    }

    private static ExpandStep validation(ExpandFacts.ForeignKey key, ExpandFacts facts) {
        return ExpandStep.patient(
                "Validate the foreign key " + key.name() + " of " + key.table(),
                "ALTER TABLE " + Sql.quote(key.table()) + " VALIDATE CONSTRAINT " + Sql.quote(key.name()),
                List.of(),
                facts.ownerOf(key.table()));
    }
}
