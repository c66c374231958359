package dev.lockstep.sync;

import dev.lockstep.model.Batch;
import dev.lockstep.model.TableName;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;

/** Is told what the synchronizer does; must not block or throw. Called by one thread at a time, after the commit. */
public interface SyncMeter {

    /** For those who do not count. */
    SyncMeter NONE = new SyncMeter() {};

    /** A batch is done, all but {@code held} rows of it. */
    default void applied(Batch batch, Duration took, int held) {}

    /** Changes whose rows are in step now, by when they were committed; of a row that a writer held, the first. */
    default void inStep(Collection<Instant> commits) {}

    /** A batch was put off for so long, to let writers go first. */
    default void yielded(Duration time) {}

    /** Rows of a table were out of step and are in step now. */
    default void derived(TableName table, long rows) {}
}
