package dev.lockstep.sql;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.Publication;
import dev.lockstep.model.TableName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Publication, then slot, then position and backfill rows, in this order only: a slot older than its publication stops
 * or skips rows, and a backfill older than its slot misses the rows written in between.
 */
final class StreamDdl {

    private static final int FAILOVER_SLOTS = 17;

    private final String name;
    private final Mapping mapping;
    private final PublicationSpec spec;
    private final ExpandFacts facts;

    StreamDdl(String name, Mapping mapping, PublicationSpec spec, ExpandFacts facts) {
        this.name = name;
        this.mapping = mapping;
        this.spec = spec;
        this.facts = facts;
    }

    List<ExpandStep> steps() {
        refuseForeignSlot();
        List<ExpandStep> steps = new ArrayList<>();
        boolean slotStays = facts.slot().isPresent() && !slotMissedChanges();
        if (facts.slot().isPresent() && !slotStays) {
            steps.add(dropSlot());
        }
        if (facts.publication().isEmpty()) {
            steps.add(createPublication());
        } else if (!spec.differenceFrom(facts.publication().get()).isEmpty()) {
            steps.add(alterPublication(facts.publication().get()));
        }
        if (!slotStays) {
            steps.add(createSlot());
        }
        if (!facts.positioned()) {
            steps.add(position());
        }
        Map<TableName, TableName> unscanned = unscanned();
        if (!unscanned.isEmpty()) {
            steps.add(scans(unscanned));
        }
        return steps;
    }

    private void refuseForeignSlot() {
        if (facts.slot().filter(slot -> !slot.ours()).isPresent()) {
            throw LockstepException.wrongInput("replication slot " + name
                    + " belongs to another database or another plugin; set another `name` in the configuration");
        }
    }

    /**
     * Whether changes of a table that is already captured went unpublished while the slot stood. The slot is then made
     * anew: it ends up ahead of the stored position, which {@code run} sees as a gap, and scans.
     */
    private boolean slotMissedChanges() {
        if (facts.publication().isEmpty()) {
            return true;
        }
        Publication publication = facts.publication().get();
        if (publication.allTables()) {
            return false;
        }
        Set<TableName> fresh = mapping.tables().stream()
                .filter(table -> table.leaves().stream().noneMatch(facts.scanned()::contains))
                .map(Mapping.Scoped::table)
                .collect(Collectors.toSet());
        return !fresh.containsAll(spec.losing(publication));
    }

    private ExpandStep dropSlot() {
        if (facts.slot().filter(ExpandFacts.Slot::active).isPresent()) {
            throw LockstepException.notDone(
                    "publication " + name + " was altered while slot " + name
                            + " streams from it; stop `lockstep run`, then run `lockstep expand` again",
                    null);
        }
        return ExpandStep.slot(
                "Drop slot " + name + ", whose publication left out changes",
                "SELECT pg_drop_replication_slot(" + Sql.literal(name) + ")",
                List.of(),
                replication());
    }

    private ExpandStep createPublication() {
        return ExpandStep.transaction(
                "Create publication " + name,
                List.of(spec.createSql()),
                List.of("DROP PUBLICATION IF EXISTS " + Sql.quote(name)),
                "GRANT CREATE ON DATABASE " + Sql.quote(facts.database()) + " TO " + Sql.quote(facts.user())
                        + " and ownership of the published tables");
    }

    private ExpandStep alterPublication(Publication actual) {
        return ExpandStep.transaction(
                "Alter publication " + name + ": " + String.join("; ", spec.differenceFrom(actual)),
                alterSql(actual),
                List.of(),
                "ownership of publication " + name + " and of the published tables");
    }

    /** With a new table to publish, and nothing lost: the run that comes next is not to take it for somebody's doing. */
    private List<String> alterSql(Publication actual) {
        List<String> statements = new ArrayList<>(spec.alterSql(actual));
        statements.add("UPDATE " + Sql.quote(name) + ".position SET opened_on = ''");
        return statements;
    }

    /** From 17 on a standby may keep a copy of it, so that it is there after a failover. */
    private ExpandStep createSlot() {
        return ExpandStep.slot(
                "Create replication slot " + name,
                "SELECT pg_create_logical_replication_slot(" + Sql.literal(name) + ", 'pgoutput', false, false"
                        + (facts.major() >= FAILOVER_SLOTS ? ", failover => true)" : ")"),
                List.of("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = "
                        + Sql.literal(name)),
                replication());
    }

    private String replication() {
        return "ALTER ROLE " + Sql.quote(facts.user()) + " REPLICATION";
    }

    private ExpandStep position() {
        return ExpandStep.transaction(
                "Record where the stream begins",
                List.of("""
                INSERT INTO %s.position (lsn, system_id, timeline, commit_time)
                SELECT confirmed_flush_lsn, (SELECT system_identifier FROM pg_control_system()),
                       ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int, now()
                  FROM pg_replication_slots WHERE slot_name = %s
                ON CONFLICT DO NOTHING\
                """.formatted(Sql.quote(name), Sql.literal(name))),
                List.of(),
                ownSchema());
    }

    private String ownSchema() {
        return "ownership of schema " + name;
    }

    private Map<TableName, TableName> unscanned() {
        Map<TableName, TableName> unscanned = new LinkedHashMap<>();
        for (Mapping.Scoped table : mapping.tables()) {
            for (TableName leaf : table.leaves()) {
                if (!facts.scanned().contains(leaf)) {
                    unscanned.put(leaf, table.table());
                }
            }
        }
        return unscanned;
    }

    private ExpandStep scans(Map<TableName, TableName> leaves) {
        String rows = leaves.entrySet().stream()
                .map(leaf -> "  (0, " + literals(leaf.getKey()) + ", " + literals(leaf.getValue()) + ")")
                .collect(Collectors.joining(",\n"));
        return ExpandStep.transaction(
                "Plan the backfill of " + leaves.size() + (leaves.size() == 1 ? " table" : " tables"),
                List.of("INSERT INTO " + Sql.quote(name)
                        + ".scan (gap_id, table_schema, table_name, root_schema, root_name) VALUES\n" + rows
                        + "\nON CONFLICT DO NOTHING"),
                List.of(),
                ownSchema());
    }

    private static String literals(TableName table) {
        return Sql.literal(table.schema()) + ", " + Sql.literal(table.name());
    }
}
