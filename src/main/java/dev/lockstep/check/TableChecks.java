package dev.lockstep.check;

import dev.lockstep.check.ServerFacts.Kind;
import dev.lockstep.check.ServerFacts.Table;
import dev.lockstep.check.ServerFacts.Trigger;
import dev.lockstep.model.Finding;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** What sort of tables are mapped, what we may do with them, and what our UPDATE would set off. */
final class TableChecks {

    private final MappingSpec spec;
    private final String user;
    private final boolean expanded;
    private final List<Finding> findings = new ArrayList<>();

    private TableChecks(MappingSpec spec, String user, boolean expanded) {
        this.spec = spec;
        this.user = user;
        this.expanded = expanded;
    }

    /**
     * @param user the role we connect as
     * @param expanded whether lockstep's objects have been made already
     */
    static List<Finding> tables(MappingSpec spec, List<Table> tables, String user, boolean expanded) {
        TableChecks checks = new TableChecks(spec, user, expanded);
        tables.forEach(checks::table);
        return checks.findings;
    }

    private void table(Table table) {
        if (table.kind() != Kind.TABLE && table.kind() != Kind.PARTITIONED) {
            findings.add(Finding.error(
                    "not-a-table",
                    table.name() + " is " + table.kind().words() + "; its changes are not in the WAL",
                    table.name().equals(table.mapped())
                            ? "map the table that the rows are in"
                            : "ALTER TABLE " + Sql.quote(table.mapped()) + " DETACH PARTITION "
                                    + Sql.quote(table.name()) + "; -- or leave the table out of the mapping"));
            return;
        }
        if (table.unlogged() && isCaptured(table.mapped())) {
            findings.add(Finding.error(
                    "unlogged-table",
                    table.name() + " is unlogged; its changes are not in the WAL",
                    "ALTER TABLE " + Sql.quote(table.name()) + " SET LOGGED; -- rewrites the table"));
        }
        if (table.rowSecurity()) {
            findings.add(Finding.error(
                    "row-security",
                    "row security hides rows of " + table.name() + " from role " + user,
                    "ALTER ROLE " + Sql.quote(user) + " BYPASSRLS;"));
        }
        ownership(table);
        privileges(table);
        triggers(table, derived(table.mapped()));
    }

    private void ownership(Table table) {
        if (table.owned() || !isCaptured(table.mapped())) {
            return;
        }
        String message = "role " + user + " does not own " + table.name();
        String remedy = "GRANT " + Sql.quote(table.owner()) + " TO " + Sql.quote(user)
                + "; -- if the owner is a superuser, give the table to a role of the application's first: ALTER TABLE ... OWNER TO";
        findings.add(
                expanded
                        ? Finding.warning("table-owner", message + ", so it cannot repair the publication", remedy)
                        : Finding.error("table-owner", message + ", so it can neither extend nor publish it", remedy));
    }

    private void privileges(Table table) {
        List<String> missing = wanted(table.mapped()).stream()
                .filter(privilege -> !table.privileges().contains(privilege))
                .toList();
        if (!missing.isEmpty()) {
            String list = String.join(", ", missing);
            findings.add(Finding.error(
                    "table-privilege",
                    "role " + user + " lacks " + list + " on " + table.name(),
                    "GRANT " + list + " ON " + Sql.quote(table.name()) + " TO " + Sql.quote(user) + ";"));
        }
    }

    private List<String> wanted(TableName mapped) {
        boolean made = spec.agents().table().equals(mapped)
                || (spec.memoryRoots() != null && spec.memoryRoots().table().equals(mapped));
        if (made) {
            return List.of("SELECT", "INSERT");
        }
        return !derived(mapped).isEmpty() ? List.of("SELECT", "UPDATE") : List.of("SELECT");
    }

    private void triggers(Table table, List<String> ours) {
        if (ours.isEmpty()) {
            return;
        }
        for (Trigger trigger : table.triggers()) {
            if (trigger.columns().isEmpty() || trigger.columns().stream().anyMatch(ours::contains)) {
                findings.add(Finding.warning(
                        "row-trigger",
                        "trigger " + trigger.name() + " on " + table.name()
                                + " fires for every row that lockstep fills",
                        "see that it does no harm for an UPDATE of " + String.join(", ", ours)
                                + " alone; give it a WHEN clause or UPDATE OF its own columns if it does"));
            }
        }
    }

    private boolean isCaptured(TableName mapped) {
        return spec.memoryRoots() == null || !spec.memoryRoots().table().equals(mapped);
    }

    /** The columns that lockstep fills in a table; empty for one that is only read. */
    private List<String> derived(TableName mapped) {
        Stream<String> scoped = spec.tables().stream()
                .filter(t -> t.table().equals(mapped))
                .flatMap(t -> Stream.of(t.agent(), t.contentHash()).filter(Objects::nonNull));
        Stream<String> vectors = spec.vectors().stream()
                .filter(t -> t.table().equals(mapped))
                .flatMap(t -> Stream.of(t.agent(), t.conversation(), t.source(), t.contentHash())
                        .filter(Objects::nonNull));
        return Stream.concat(scoped, vectors).toList();
    }
}
