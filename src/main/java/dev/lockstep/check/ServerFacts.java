package dev.lockstep.check;

import dev.lockstep.model.TableName;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the checks look at, as the server said it. */
record ServerFacts(
        Settings settings, Role role, NameUse nameUse, Others others, Failover failover, List<Table> tables) {

    ServerFacts {
        tables = List.copyOf(tables);
    }

    /**
     * @param versionNum as {@code server_version_num}: 180006
     * @param version as a reader knows it: 18.6
     * @param standby whether the server is in recovery, so read-only
     * @param usedSenders connections that stream WAL now
     * @param slotWalKeepMegabytes {@code max_slot_wal_keep_size}; -1 without limit
     * @param slotIdleTimeout {@code idle_replication_slot_timeout} (18+); 0 when off or unknown
     */
    record Settings(
            int versionNum,
            String version,
            boolean standby,
            String walLevel,
            int maxSlots,
            int usedSlots,
            int maxSenders,
            int usedSenders,
            long slotWalKeepMegabytes,
            long slotIdleTimeout,
            long deadlockTimeoutMillis) {}

    /**
     * The role we connect as.
     *
     * @param mayReplicate superuser, REPLICATION, or a member of a provider's role that stands for it
     * @param missingFunctions replication origin functions it may not call
     * @param seesSessions whether it may read what other sessions do
     * @param withoutUsage schemas of mapped tables it may not look into
     * @param withoutCreate schemas of mapped tables it may not create in
     */
    record Role(
            String user,
            String database,
            boolean mayReplicate,
            boolean mayCreateInDatabase,
            List<String> missingFunctions,
            boolean seesSessions,
            List<String> withoutUsage,
            List<String> withoutCreate) {

        Role {
            missingFunctions = List.copyOf(missingFunctions);
            withoutUsage = List.copyOf(withoutUsage);
            withoutCreate = List.copyOf(withoutCreate);
        }
    }

    /**
     * Who has the configured name already.
     *
     * @param schemaOurs whether the schema holds lockstep's version table
     * @param slot null when there is none of that name
     */
    record NameUse(
            boolean schemaExists,
            boolean schemaOurs,
            boolean publicationExists,
            @Nullable Slot slot) {}

    /**
     * @param plugin empty for a physical slot
     * @param database empty for a physical slot
     */
    record Slot(String plugin, String database) {}

    /**
     * @param origins replication origins that are not {@code <name>_…}
     * @param subscriptions of this database
     * @param oldTransactions open for longer than a transaction should be
     */
    record Others(List<String> origins, List<String> subscriptions, List<OldTransaction> oldTransactions) {

        Others {
            origins = List.copyOf(origins);
            subscriptions = List.copyOf(subscriptions);
            oldTransactions = List.copyOf(oldTransactions);
        }
    }

    /**
     * @param standbys that stream from the server now
     * @param syncing of them those whose worker copies failover slots
     * @param awaited {@code synchronized_standby_slots} (17+)
     * @param slotStays whether our slot is not there yet, or is a failover slot
     */
    record Failover(long standbys, long syncing, String awaited, boolean slotStays) {}

    /**
     * @param id the pid, or the global id of a prepared transaction
     * @param database where it runs
     */
    record OldTransaction(boolean prepared, String id, String database, long seconds) {}

    /**
     * A mapped relation, or one of its partitions.
     *
     * @param mapped the table that the configuration names
     * @param name itself, or a partition
     * @param owned whether our role owns it, or is a member of the owner
     * @param rowSecurity whether row security hides rows from us
     * @param privileges of SELECT, INSERT and UPDATE those that we have
     * @param triggers enabled row triggers that fire on UPDATE
     */
    record Table(
            TableName mapped,
            TableName name,
            Kind kind,
            boolean unlogged,
            String owner,
            boolean owned,
            boolean rowSecurity,
            Set<String> privileges,
            List<Trigger> triggers) {

        Table {
            privileges = Set.copyOf(privileges);
            triggers = List.copyOf(triggers);
        }
    }

    /** What sort of relation it is. */
    enum Kind {
        TABLE("a table"),
        PARTITIONED("a partitioned table"),
        FOREIGN("a foreign table"),
        VIEW("a view"),
        OTHER("not a table");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    /** @param columns of {@code UPDATE OF}; empty when any column fires it */
    record Trigger(String name, List<String> columns) {

        Trigger {
            columns = List.copyOf(columns);
        }
    }
}
