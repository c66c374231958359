package dev.lockstep.throttle;

import java.util.Arrays;
import java.util.Optional;

/** What tells that work which can wait should wait. */
public enum Signal {
    /** WAL that the slowest standby has not replayed yet. */
    STANDBY_LAG_BYTES("standbyLagBytes", 256L << 20),
    /** Statements that run, but for ours. */
    ACTIVE_SESSIONS("activeSessions", 64),
    /** Checkpoints in the last five minutes that came before their time: WAL is written faster than max_wal_size allows. */
    CHECKPOINTS_REQUESTED("checkpointsRequested", 3),
    /** WAL files that wait to be archived. */
    ARCHIVE_WAITING("archiveWaiting", 32),
    /** Sessions of others that wait for a lock of ours. */
    LOCK_WAITS("lockWaits", 2),
    /** Age of the oldest change that the stream has not applied. */
    STREAM_LAG_SECONDS("streamLagSeconds", 15);

    private final String label;
    private final double standard;

    Signal(String label, double standard) {
        this.label = label;
        this.standard = standard;
    }

    /** Its name for users. */
    public String label() {
        return label;
    }

    /** The limit where nothing else was asked for. */
    public double standard() {
        return standard;
    }

    static Optional<Signal> of(String label) {
        return Arrays.stream(values()).filter(s -> s.label.equals(label)).findFirst();
    }
}
