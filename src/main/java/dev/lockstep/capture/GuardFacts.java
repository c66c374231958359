package dev.lockstep.capture;

import dev.lockstep.model.Lsn;
import dev.lockstep.model.Position;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the guard looks at before the stream is opened, and what it makes of it. Pure.
 *
 * @param slot the slot; null when it does not exist
 * @param position the stored position; null when there is none
 * @param systemId the server's system identifier
 * @param timeline its timeline
 * @param current where its WAL ends
 * @param publication how the publication differs from what it has to be; one line each
 * @param othersLeftOut whether the stream left out commits of every origin while there was one that is not ours
 */
public record GuardFacts(
        @Nullable Slot slot,
        @Nullable Position position,
        long systemId,
        int timeline,
        Lsn current,
        List<String> publication,
        boolean othersLeftOut) {

    public GuardFacts {
        publication = List.copyOf(publication);
    }

    /**
     * A row of {@code pg_replication_slots}.
     *
     * @param usable whether it is a pgoutput slot of this database
     * @param walStatus {@code wal_status}; empty when the server has none
     * @param invalidation {@code invalidation_reason}; empty when there is none
     * @param restart {@code restart_lsn}
     * @param confirmed {@code confirmed_flush_lsn}
     */
    public record Slot(
            boolean usable,
            String walStatus,
            String invalidation,
            @Nullable Lsn restart,
            @Nullable Lsn confirmed) {}

    /**
     * Why changes could have been lost.
     *
     * @param id stable kebab-case name
     * @param detail one line
     */
    public record Violation(String id, String detail) {}

    /** Empty when the stream can be opened at the stored position without losing anything. */
    public List<Violation> violations() {
        List<Violation> found = new ArrayList<>();
        slotViolations(found);
        positionViolations(found);
        if (!publication.isEmpty()) {
            found.add(new Violation("publication-altered", String.join("; ", publication)));
        }
        if (othersLeftOut) {
            found.add(new Violation(
                    "origin-appeared",
                    "the stream left out commits that carry an origin, and an origin or a subscription of somebody else"
                            + " came up"));
        }
        return found;
    }

    /**
     * Whether a standby was promoted and nothing else is amiss: its copy of the slot still has everything after the stored
     * position, which came to the standby the way the rows did.
     */
    public static boolean streamGoesOn(List<Violation> violations) {
        return violations.stream().map(Violation::id).toList().equals(List.of("other-timeline"));
    }

    private void slotViolations(List<Violation> found) {
        if (slot == null) {
            found.add(new Violation("slot-missing", "the replication slot does not exist"));
            return;
        }
        if (!slot.usable()) {
            found.add(new Violation("slot-foreign", "the replication slot is not a pgoutput slot of this database"));
        }
        if (slot.walStatus().equals("lost")
                || slot.walStatus().equals("unreserved")
                || !slot.invalidation().isEmpty()
                || slot.restart() == null) {
            found.add(new Violation(
                    "slot-invalidated",
                    "the server no longer keeps the slot's WAL (wal_status " + slot.walStatus()
                            + (slot.invalidation().isEmpty() ? "" : ", " + slot.invalidation()) + ")"));
        }
        if (position != null && slot.confirmed() != null && slot.confirmed().isAfter(position.lsn())) {
            found.add(new Violation(
                    "slot-ahead",
                    "the slot was moved to " + slot.confirmed() + ", past the stored position " + position.lsn()));
        }
    }

    private void positionViolations(List<Violation> found) {
        if (position == null) {
            found.add(new Violation("position-missing", "there is no stored position"));
            return;
        }
        if (position.systemId() != systemId) {
            found.add(new Violation("other-server", "the stored position belongs to another server"));
        } else if (position.timeline() != timeline) {
            found.add(new Violation(
                    "other-timeline",
                    "the stored position is of timeline " + position.timeline() + ", the server is on " + timeline));
        }
        if (position.lsn().isAfter(current)) {
            found.add(new Violation(
                    "position-ahead",
                    "the stored position " + position.lsn() + " is past the end of the server's WAL, " + current));
        }
    }
}
