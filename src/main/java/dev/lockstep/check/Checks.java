package dev.lockstep.check;

import dev.lockstep.check.ServerFacts.Slot;
import dev.lockstep.model.Finding;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Every check, over facts alone. */
final class Checks {

    private static final Finding XMIN = Finding.info(
            "xmin-token",
            "every row that lockstep fills gets a new xmin: an application that uses xmin as its concurrency token"
                    + " (Npgsql's UseXminAsConcurrencyToken, IsRowVersion), or a REPEATABLE READ writer, may see a conflict",
            "let it try again on a conflict, or use a token column of the application's own");

    private Checks() {}

    /**
     * The findings, the gravest first.
     *
     * @param name the configured name
     * @param shapes the tables that exist, of those the spec names, and their partitions
     */
    static List<Finding> all(String name, MappingSpec spec, Map<TableName, TableShape> shapes, ServerFacts facts) {
        boolean expanded = facts.nameUse().schemaOurs();
        String database = facts.role().database();
        Slot slot = facts.nameUse().slot();
        boolean slotIsOurs = slot != null && NameChecks.isOurs(slot, database, expanded);
        List<Finding> findings = new ArrayList<>();
        findings.addAll(ServerChecks.settings(facts.settings(), slotIsOurs));
        findings.addAll(RoleChecks.role(facts.role(), expanded));
        findings.addAll(NameChecks.name(name, database, facts.nameUse()));
        findings.addAll(MappingResolver.problems(spec, shapes));
        findings.addAll(IdentityChecks.identities(captured(spec), shapes));
        findings.addAll(TableChecks.tables(spec, facts.tables(), facts.role().user(), expanded));
        findings.addAll(ServerChecks.others(facts.settings(), facts.others(), name));
        findings.addAll(FailoverChecks.failover(facts.settings().versionNum() / 10_000, facts.failover(), name));
        findings.add(XMIN);
        return sorted(findings);
    }

    static List<Finding> sorted(List<Finding> findings) {
        return findings.stream().sorted(Comparator.comparing(Finding::severity)).toList();
    }

    /** Every table whose changes are captured. */
    private static List<TableName> captured(MappingSpec spec) {
        List<TableName> tables = new ArrayList<>();
        if (spec.personas() != null) {
            tables.add(spec.personas().table());
        }
        tables.add(spec.agents().table());
        tables.addAll(spec.derived());
        return tables;
    }
}
