package dev.lockstep.model;

import java.util.Optional;

/**
 * The state of the database that a stamp was derived from, as it is written beside it. Only states of one server can be
 * compared; a later timeline is later: it begins where a standby was promoted, or a backup restored.
 */
public record StampedAt(long systemId, int timeline, Lsn lsn) {

    /** {@code system:timeline:lsn}. */
    public String text() {
        return Long.toUnsignedString(systemId) + ":" + timeline + ":" + lsn;
    }

    /** Reads {@link #text}; empty for anything else. */
    public static Optional<StampedAt> parse(String text) {
        String[] parts = text.split(":", 3);
        try {
            return parts.length < 3
                    ? Optional.empty()
                    : Optional.of(new StampedAt(
                            Long.parseUnsignedLong(parts[0]), Integer.parseInt(parts[1]), Lsn.parse(parts[2])));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Whether {@code other} is of the same server, and later. */
    public boolean isBefore(StampedAt other) {
        return systemId == other.systemId
                && (timeline < other.timeline || (timeline == other.timeline && other.lsn.isAfter(lsn)));
    }
}
