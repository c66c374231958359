package dev.lockstep.sql;

import dev.lockstep.model.Conflict;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The steps that turn the direction, there and back, and the constraints that hold once old writers are gone. */
public final class TurnSql {

    private final String name;
    private final Mapping mapping;

    /** @param name the configured name */
    public TurnSql(String name, Mapping mapping) {
        this.name = name;
        this.mapping = mapping;
    }

    /** A constraint of ours as the catalog has it. */
    public enum Check {
        NONE,
        NOT_VALID,
        VALID
    }

    /**
     * What a scoped table refuses.
     *
     * @param personaNotNull whether its persona column does NULL
     * @param agentNotNull whether its agent column does
     * @param check ours
     */
    public record Refusals(boolean personaNotNull, boolean agentNotNull, Check check) {}

    /**
     * Turns round, and asks for a scan, at once. The fence is waited for: no batch of the old direction commits after it.
     *
     * @param title for the operator
     */
    public ExpandStep turn(String title, String from, String to, Conflict conflict) {
        String schema = Sql.quote(name);
        List<String> sql = new ArrayList<>();
        sql.add("UPDATE " + schema + ".fence SET phase = " + Sql.literal(to) + ", conflict = "
                + Sql.literal(conflict.name()) + " WHERE phase = " + Sql.literal(from));
        sql.add("DELETE FROM " + schema + ".scan WHERE gap_id = -1");
        for (Mapping.Scoped table : mapping.tables()) {
            for (TableName leaf : table.leaves()) {
                sql.add("INSERT INTO " + schema
                        + ".scan (gap_id, table_schema, table_name, root_schema, root_name) VALUES (-1, "
                        + Sql.literal(leaf.schema()) + ", " + Sql.literal(leaf.name()) + ", "
                        + Sql.literal(table.table().schema()) + ", "
                        + Sql.literal(table.table().name()) + ")");
            }
        }
        return ExpandStep.transaction(title, sql, List.of(), "the owner of schema " + name);
    }

    /**
     * Constraints that refuse what an old writer would write: first added, then validated, without a lock that stops writers
     * for longer than a moment.
     *
     * @param tables by mapped table
     */
    public List<ExpandStep> constrain(Map<TableName, Refusals> tables) {
        List<ExpandStep> steps = new ArrayList<>();
        for (Mapping.Scoped table : constrained()) {
            Refusals refusals = tables.get(table.table());
            if (refusals == null || refusals.agentNotNull()) {
                continue;
            }
            String alter = "ALTER TABLE " + Sql.quote(table.table());
            String check = Sql.quote(checkName(table));
            String owner = "the owner of " + table.table();
            if (refusals.check() == Check.NONE) {
                steps.add(ExpandStep.transaction(
                        "Refuse rows of " + table.table() + " with a persona and no agent, new ones for now",
                        List.of(alter + " ADD CONSTRAINT " + check + " CHECK (" + condition(table, refusals)
                                + ") NOT VALID"),
                        List.of(alter + " DROP CONSTRAINT IF EXISTS " + check),
                        owner));
            }
            if (refusals.check() != Check.VALID) {
                steps.add(ExpandStep.patient(
                        "Validate that no row of " + table.table() + " has a persona and no agent",
                        alter + " VALIDATE CONSTRAINT " + check,
                        List.of(),
                        owner));
            }
            if (refusals.personaNotNull()) { // the constraint proves it, so the table is not read
                String agent = Sql.quote(table.agent().name());
                steps.add(ExpandStep.transaction(
                        "Refuse an empty " + table.table() + "." + table.agent().name(),
                        List.of(alter + " ALTER COLUMN " + agent + " SET NOT NULL"),
                        List.of(alter + " ALTER COLUMN " + agent + " DROP NOT NULL"),
                        owner));
            }
        }
        return steps;
    }

    /** Forgets the scan that {@link #turn} asked for: whatever was to come after it is done. */
    public ExpandStep forgetTurn() {
        return ExpandStep.transaction(
                "Note that it is done",
                List.of("DELETE FROM " + Sql.quote(name) + ".scan WHERE gap_id = -1"),
                List.of(),
                "the owner of schema " + name);
    }

    /** Takes back what {@link #constrain} made. */
    public List<ExpandStep> free(Map<TableName, Refusals> tables) {
        List<ExpandStep> steps = new ArrayList<>();
        for (Mapping.Scoped table : constrained()) {
            Refusals refusals = tables.get(table.table());
            if (refusals == null || refusals.check() == Check.NONE) {
                continue; // not ours
            }
            String alter = "ALTER TABLE " + Sql.quote(table.table());
            List<String> sql = new ArrayList<>();
            if (refusals.agentNotNull()) { // it was not when the constraint was made
                sql.add(alter + " ALTER COLUMN " + Sql.quote(table.agent().name()) + " DROP NOT NULL");
            }
            sql.add(alter + " DROP CONSTRAINT " + Sql.quote(checkName(table)));
            steps.add(ExpandStep.transaction(
                    "Let " + table.table() + " take rows without an agent again",
                    sql,
                    List.of(),
                    "the owner of " + table.table()));
        }
        return steps;
    }

    /** Name of our constraint. */
    public static String checkName(Mapping.Scoped table) {
        return ObjectNames.check(table.table().name(), table.agent().name());
    }

    /** Whether {@link #constrain} has something to say of it. */
    public boolean constrains(TableName table) {
        return constrained().stream().anyMatch(t -> t.table().equals(table));
    }

    private List<Mapping.Scoped> constrained() {
        return mapping.tables().stream()
                .filter(table -> table.link() == null && table.nullPersona() != NullPersona.CLEAR)
                .toList();
    }

    private static String condition(Mapping.Scoped table, Refusals refusals) {
        String agent = Sql.quote(table.agent().name()) + " IS NOT NULL";
        return refusals.personaNotNull()
                ? agent
                : agent + " OR " + Sql.quote(table.persona().name()) + " IS NULL";
    }
}
