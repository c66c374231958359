package dev.lockstep.sql;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.Phase;
import dev.lockstep.model.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The steps that end the migration. Those of {@link #close} come first, while everything is still kept in step; the last of
 * them ends that. Those of {@link #clear} come when nothing runs any more.
 */
public final class ContractSql {

    private final String name;
    private final Mapping mapping;

    /** @param name the configured name */
    public ContractSql(String name, Mapping mapping) {
        this.name = name;
        this.mapping = mapping;
    }

    /**
     * Nothing of it is there yet when one of its locks could not be had, but for the unique index. The end and what it lets go of
     * are one transaction: whoever turns back finds either all of it or none. The fence comes first, for a batch that holds it
     * may wait for one of the tables.
     */
    public List<ExpandStep> close(ContractFacts facts) {
        List<ExpandStep> steps = new ArrayList<>();
        if (!facts.agentsUnique()) {
            steps.addAll(uniqueAgents());
        }
        boolean ends = facts.phase() != Phase.CONTRACTED;
        if (ends || !facts.foreignKeys().isEmpty() || !facts.required().isEmpty()) {
            steps.add(end(facts, ends));
        }
        return steps;
    }

    /**
     * What is left over.
     *
     * @param dropColumns whether the persona columns go too
     */
    public List<ExpandStep> clear(ContractFacts facts, boolean dropColumns) {
        List<ExpandStep> steps = new ArrayList<>();
        for (String slot : facts.slots()) {
            steps.add(ExpandStep.slot(
                    "Drop slot " + slot + ", from which nothing may stream any more",
                    "SELECT pg_drop_replication_slot(" + Sql.literal(slot) + ")",
                    List.of(),
                    "the REPLICATION attribute"));
        }
        if (facts.publication()) {
            steps.add(ExpandStep.transaction(
                    "Drop publication " + name,
                    List.of("DROP PUBLICATION " + Sql.quote(name)),
                    List.of(),
                    "the owner of publication " + name));
        }
        if (!facts.origins().isEmpty()) {
            steps.add(ExpandStep.transaction(
                    "Drop " + facts.origins().size() + " replication origins",
                    facts.origins().stream()
                            .map(origin -> "SELECT pg_replication_origin_drop(" + Sql.literal(origin) + ")")
                            .toList(),
                    List.of(),
                    "EXECUTE on pg_replication_origin_drop"));
        }
        facts.indexes().forEach(index -> steps.add(drop(index)));
        if (dropColumns && !facts.columns().isEmpty()) {
            steps.add(dropColumns(facts));
        }
        return steps;
    }

    private List<ExpandStep> uniqueAgents() {
        TableName table = mapping.agents().table();
        String persona = mapping.agents().persona().name();
        String index = ObjectNames.uniqueConstraint(table.name(), persona);
        return List.of(
                ExpandStep.patient(
                        "Forget an unfinished unique index of " + table,
                        "DROP INDEX CONCURRENTLY IF EXISTS " + Sql.quote(new TableName(table.schema(), index)),
                        List.of(),
                        "the owner of " + table),
                ExpandStep.patient(
                        "Build a unique index over " + table + "." + persona,
                        "CREATE UNIQUE INDEX CONCURRENTLY " + Sql.quote(index) + " ON " + Sql.quote(table) + " ("
                                + Sql.quote(persona) + ")",
                        List.of("DROP INDEX IF EXISTS " + Sql.quote(new TableName(table.schema(), index))),
                        "the owner of " + table));
    }

    private ExpandStep end(ContractFacts facts, boolean ends) {
        List<String> sql = new ArrayList<>();
        if (ends) {
            sql.add("UPDATE " + Sql.quote(name) + ".fence SET phase = 'CONTRACTED' WHERE phase = 'CUTOVER'");
            sql.add(requireOver());
        }
        for (ContractFacts.ForeignKey key : facts.foreignKeys()) {
            sql.add("ALTER TABLE " + Sql.quote(key.table()) + " DROP CONSTRAINT " + Sql.quote(key.name()));
        }
        for (Mapping.Scoped table : scoped()) {
            if (facts.required().contains(table.table())) {
                sql.add("ALTER TABLE " + Sql.quote(table.table()) + " ALTER COLUMN "
                        + Sql.quote(table.persona().name()) + " DROP NOT NULL");
            }
        }
        TreeSet<TableName> tables = Stream.concat(
                        facts.foreignKeys().stream().map(ContractFacts.ForeignKey::table), facts.required().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        return ExpandStep.transaction(
                (ends
                                ? "End the migration: nothing is kept in step any more, `lockstep run` ends; "
                                : "Let go of the personas: ")
                        + facts.foreignKeys().size() + " foreign keys and "
                        + facts.required().size()
                        + " NOT NULLs of the persona columns go" + (tables.isEmpty() ? "" : " in " + list(tables)),
                sql,
                List.of(),
                "the owner of schema " + name
                        + (tables.isEmpty() ? "" : ", of " + list(tables) + " and of what they refer to"));
    }

    private ExpandStep drop(ContractFacts.OldIndex index) {
        String quoted = Sql.quote(new TableName(index.table().schema(), index.name()));
        String title = "Drop index " + index.name() + " of " + index.table() + ", which only reads by persona use";
        String owner = "the owner of " + index.table();
        return index.partitioned() // the server has no CONCURRENTLY for it
                ? ExpandStep.transaction(title, List.of("DROP INDEX " + quoted), List.of(), owner)
                : ExpandStep.patient(title, "DROP INDEX CONCURRENTLY IF EXISTS " + quoted, List.of(), owner);
    }

    /** A script is run when it is run: somebody may have turned back since it was printed. */
    private String requireOver() {
        return "DO $$ BEGIN IF EXISTS (SELECT FROM " + Sql.quote(name) + ".fence WHERE phase <> 'CONTRACTED') THEN"
                + " RAISE EXCEPTION 'the persona columns lead: run lockstep cutover first'; END IF; END $$";
    }

    private ExpandStep dropColumns(ContractFacts facts) {
        List<String> sql = new ArrayList<>();
        sql.add(requireOver());
        for (Mapping.Scoped table : scoped()) {
            if (facts.columns().contains(table.table())) {
                sql.add("ALTER TABLE " + Sql.quote(table.table()) + " DROP COLUMN "
                        + Sql.quote(table.persona().name()));
            }
        }
        return ExpandStep.transaction(
                "Drop the persona columns of " + list(facts.columns()),
                sql,
                List.of(),
                "the owner of " + list(facts.columns()));
    }

    /** Without those of vectors, whose persona `recall` falls back to. */
    private List<Mapping.Scoped> scoped() {
        return mapping.tables().stream().filter(table -> table.link() == null).toList();
    }

    private static String list(Iterable<TableName> tables) {
        List<String> names = new ArrayList<>();
        tables.forEach(table -> names.add(table.toString()));
        return String.join(", ", names);
    }
}
