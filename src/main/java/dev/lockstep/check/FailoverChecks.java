package dev.lockstep.check;

import dev.lockstep.check.ServerFacts.Failover;
import dev.lockstep.model.Finding;
import java.util.Arrays;
import java.util.List;

/** What becomes of the slot when a standby takes over. Without it nothing is lost but time: a gap, a scan, a verification. */
final class FailoverChecks {

    /** From here on standbys can keep a copy of a slot. */
    private static final int FAILOVER_SLOTS = 17;

    private static final String AFTERWARDS =
            ": after a failover `lockstep run` records a gap, scans every table and verifies, all by itself";

    private FailoverChecks() {}

    static List<Finding> failover(int major, Failover facts, String name) {
        if (Arrays.stream(facts.awaited().split(",", -1)).map(String::strip).anyMatch(name::equals)) {
            return List.of(
                    Finding.warning(
                            "standby-slots-stall",
                            "synchronized_standby_slots names " + name
                                    + ", which is no standby's slot: decoding waits for it for ever",
                            "ALTER SYSTEM SET synchronized_standby_slots = ''; SELECT pg_reload_conf(); -- or the standbys' own slots"));
        }
        if (facts.standbys() == 0) {
            return List.of();
        }
        if (major < FAILOVER_SLOTS) {
            return List.of(Finding.info(
                    "failover-slot",
                    "the server has standbys, and before PostgreSQL 17 none keeps a copy of the slot" + AFTERWARDS,
                    ""));
        }
        if (!facts.slotStays()) {
            return List.of(Finding.info(
                    "failover-slot",
                    "the server has standbys, and slot " + name + " is not a failover slot" + AFTERWARDS,
                    "stop `lockstep run` and start it again: it makes the slot one"));
        }
        return facts.syncing() > 0
                ? List.of()
                : List.of(
                        Finding.info(
                                "failover-sync",
                                "the server has standbys, and none of them copies slots" + AFTERWARDS,
                                "on the standby: ALTER SYSTEM SET sync_replication_slots = on; ALTER SYSTEM SET hot_standby_feedback = on;"
                                        + " SELECT pg_reload_conf(); -- with primary_slot_name set, and dbname in primary_conninfo"));
    }
}
