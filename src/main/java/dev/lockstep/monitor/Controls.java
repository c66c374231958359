package dev.lockstep.monitor;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an operator may ask for while lockstep runs. A call returns when the wish is durable in the control schema; whoever
 * leads, this process or another, keeps to it within seconds. Every call may be repeated. Thread-safe.
 *
 * <p>All throw {@link LockstepException}: of kind WRONG_INPUT for a wish that names what is not there, NOT_DONE when the
 * server cannot be reached.
 */
public interface Controls {

    /**
     * Stream and scans stop between two batches; a pause that is there goes on as it is.
     *
     * @param by who asks, for the record
     */
    void pause(String by);

    /** Ends a pause; without one nothing happens. */
    void resume();

    /**
     * Sets limits of the throttle beside those that are set.
     *
     * @param limits by signal, in the unit in which the status shows it
     */
    void throttle(Map<String, Double> limits);

    /**
     * Has dead letters tried again at once.
     *
     * @param table null for every table
     * @param key null for every row; only with a table
     * @return how many
     */
    long retry(@Nullable TableName table, @Nullable RowKey key);
}
