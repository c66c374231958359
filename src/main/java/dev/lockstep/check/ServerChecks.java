package dev.lockstep.check;

import dev.lockstep.check.ServerFacts.OldTransaction;
import dev.lockstep.check.ServerFacts.Others;
import dev.lockstep.check.ServerFacts.Settings;
import dev.lockstep.model.Finding;
import dev.lockstep.sql.Sql;
import java.util.ArrayList;
import java.util.List;

/** The server's version and settings, and what else goes on there. */
final class ServerChecks {

    static final int OLDEST = 14;
    private static final int NEWEST = 18;
    /** From here on {@code origin=none} exists. */
    private static final int ORIGIN_FILTER = 16;
    /** Our statements give way well before it; much under this there is no room left for that. */
    private static final long LEAST_DEADLOCK_MILLIS = 200;

    private ServerChecks() {}

    static List<Finding> version(Settings settings) {
        int major = settings.versionNum() / 10_000;
        if (major < OLDEST) {
            return List.of(Finding.error(
                    "server-version",
                    "the server is PostgreSQL " + settings.version() + "; lockstep needs " + OLDEST + " to " + NEWEST,
                    "upgrade the server to PostgreSQL " + OLDEST + " or newer"));
        }
        if (major > NEWEST) {
            return List.of(Finding.warning(
                    "server-version",
                    "the server is PostgreSQL " + settings.version() + "; this release was tried on " + OLDEST + " to "
                            + NEWEST,
                    "try it on a copy first, or use a newer lockstep"));
        }
        return List.of();
    }

    /** @param slotIsOurs whether our slot is there already, and needs no other */
    static List<Finding> settings(Settings settings, boolean slotIsOurs) {
        List<Finding> findings = new ArrayList<>(version(settings));
        if (settings.standby()) {
            findings.add(Finding.error(
                    "read-only-server",
                    "the server is a standby in recovery, where nothing can be written",
                    "set database.url to the primary"));
        }
        if (!settings.walLevel().equals("logical")) {
            findings.add(Finding.error(
                    "wal-level",
                    "wal_level is " + settings.walLevel() + "; changes can be captured only with logical",
                    "ALTER SYSTEM SET wal_level = 'logical'; -- then restart the server"));
        }
        if (!slotIsOurs && settings.usedSlots() >= settings.maxSlots()) {
            findings.add(Finding.error(
                    "slots-left",
                    "all " + settings.maxSlots() + " replication slots are taken",
                    "ALTER SYSTEM SET max_replication_slots = " + (settings.usedSlots() + 5)
                            + "; -- then restart the server"));
        }
        if (!slotIsOurs && settings.usedSenders() >= settings.maxSenders()) {
            findings.add(Finding.error(
                    "senders-left",
                    "all " + settings.maxSenders() + " WAL senders are taken",
                    "ALTER SYSTEM SET max_wal_senders = " + (settings.usedSenders() + 5)
                            + "; -- then restart the server"));
        }
        retention(settings, findings);
        if (settings.deadlockTimeoutMillis() < LEAST_DEADLOCK_MILLIS) {
            findings.add(Finding.warning(
                    "deadlock-timeout",
                    "deadlock_timeout is " + settings.deadlockTimeoutMillis()
                            + " ms; too short for lockstep to give way to writers first",
                    "ALTER SYSTEM SET deadlock_timeout = '1s'; SELECT pg_reload_conf();"));
        }
        return findings;
    }

    private static void retention(Settings settings, List<Finding> findings) {
        if (settings.slotWalKeepMegabytes() < 0) {
            findings.add(
                    Finding.warning(
                            "slot-wal-unlimited",
                            "max_slot_wal_keep_size has no limit: while lockstep is stopped its slot can fill the server's disk",
                            "ALTER SYSTEM SET max_slot_wal_keep_size = '50GB'; SELECT pg_reload_conf(); -- a part of the free disk"));
        }
        if (settings.slotIdleTimeout() > 0) {
            findings.add(Finding.warning(
                    "slot-idle-timeout",
                    "idle_replication_slot_timeout is on: a longer stop of lockstep costs it the slot, and a scan",
                    "ALTER SYSTEM SET idle_replication_slot_timeout = 0; SELECT pg_reload_conf();"));
        }
    }

    static List<Finding> others(Settings settings, Others others, String name) {
        List<Finding> findings = new ArrayList<>();
        others.oldTransactions().forEach(old -> findings.add(old(old)));
        if (settings.versionNum() / 10_000 >= ORIGIN_FILTER) {
            String consequence =
                    ": our own commits are told apart by lockstep, not by the server (origin=none is not used)";
            if (!others.origins().isEmpty()) {
                findings.add(Finding.info(
                        "other-origins",
                        "there are replication origins that are not " + name + "_…: "
                                + String.join(", ", others.origins()) + consequence,
                        ""));
            }
            if (!others.subscriptions().isEmpty()) {
                findings.add(Finding.info(
                        "subscriptions",
                        "this database subscribes: " + String.join(", ", others.subscriptions()) + consequence,
                        ""));
            }
        }
        return findings;
    }

    private static Finding old(OldTransaction old) {
        String what =
                old.prepared() ? "prepared transaction " + Sql.literal(old.id()) : "the session of pid " + old.id();
        return Finding.warning(
                "old-transaction",
                what + " (database " + old.database() + ") has been in its transaction for " + old.seconds()
                        + " s; slot creation and index builds wait for it",
                old.prepared()
                        ? "COMMIT PREPARED " + Sql.literal(old.id()) + "; -- or ROLLBACK PREPARED"
                        : "SELECT pg_terminate_backend(" + old.id() + "); -- or let it end by itself");
    }
}
