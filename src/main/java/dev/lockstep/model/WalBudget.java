package dev.lockstep.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How much WAL a slot may still hold back, and for how long the stream may pause. In bytes; pure.
 *
 * @param source what limits it
 * @param usedBytes held now
 * @param leftBytes that may come on top
 * @param bytesPerSecond WAL that the server writes; null when not known yet
 */
public record WalBudget(
        String source,
        long usedBytes,
        long leftBytes,
        @Nullable Double bytesPerSecond) {

    /** So much used is worth a warning, in percent. */
    public static final long WARN_PERCENT = 50;

    /** A pause ends by itself with so much used, in percent: what is left is for catching up. */
    public static final long PAUSE_PERCENT = 80;

    /** Where nothing known limits a slot, it may hold so many times max_wal_size. */
    private static final long TIMES_WAL_SIZE = 4;

    private static final Duration LONGEST = Duration.ofDays(30);

    /**
     * Of what the server and the disk say.
     *
     * @param safeBytes {@code safe_wal_size}; null where {@code max_slot_wal_keep_size} sets no limit
     * @param freeDisk of the file system that holds the WAL; null when it cannot be read
     * @param maxWalSize the server's setting
     */
    public static WalBudget of(
            long usedBytes,
            @Nullable Long safeBytes,
            @Nullable Long freeDisk,
            long maxWalSize,
            @Nullable Double bytesPerSecond) {
        long used = Math.max(0, usedBytes);
        if (safeBytes != null && (freeDisk == null || safeBytes <= freeDisk)) {
            return new WalBudget("max_slot_wal_keep_size", used, Math.max(0, safeBytes), bytesPerSecond);
        }
        if (freeDisk != null) {
            return new WalBudget("free disk", used, freeDisk, bytesPerSecond);
        }
        return new WalBudget(
                TIMES_WAL_SIZE + " x max_wal_size",
                used,
                Math.max(0, TIMES_WAL_SIZE * maxWalSize - used),
                bytesPerSecond);
    }

    public long limitBytes() {
        return usedBytes + leftBytes;
    }

    public double usedPercent() {
        return limitBytes() == 0 ? 100 : 100.0 * usedBytes / limitBytes();
    }

    public boolean warns() {
        return usedPercent() >= WARN_PERCENT;
    }

    /** Whether a pause may not go on. */
    public boolean pauseEnds() {
        return usedPercent() >= PAUSE_PERCENT;
    }

    /** How long a pause may last from now on at the present rate, thirty days at most; null when the rate is not known. */
    @Nullable
    public Double pauseSeconds() {
        if (bytesPerSecond == null) {
            return null;
        }
        double bytes = Math.max(0, PAUSE_PERCENT / 100.0 * limitBytes() - usedBytes);
        return Math.min((double) LONGEST.toSeconds(), bytes / Math.max(1, bytesPerSecond));
    }

    /** The same for a reader. */
    public String text() {
        Double seconds = pauseSeconds();
        if (seconds == null) {
            return "how long you may pause is known when the rate of WAL is, within seconds of a start";
        }
        if (pauseEnds()) {
            return "you may not pause: " + Math.round(usedPercent()) + " % of the WAL budget is used";
        }
        if (seconds >= (double) LONGEST.toSeconds()) {
            return "you may pause for more than 30 days";
        }
        Duration time = Duration.ofSeconds(Math.round(seconds));
        if (time.toDays() > 0) {
            return "you may pause " + time.toDays() + " d " + time.toHoursPart() + " h";
        }
        return time.toHours() > 0
                ? "you may pause " + time.toHours() + " h " + time.toMinutesPart() + " min"
                : "you may pause " + time.toMinutes() + " min " + time.toSecondsPart() + " s";
    }
}
