package dev.lockstep.run;

import dev.lockstep.database.Handles;
import dev.lockstep.model.WalBudget;
import dev.lockstep.state.Control;
import dev.lockstep.state.Observed;
import dev.lockstep.state.SlotHold;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches what the slot holds back: notes the rate of WAL, warns when half of the budget is used up, and ends a pause before
 * all of it is. One thread calls it.
 */
final class WalWatch {

    private static final Logger log = LoggerFactory.getLogger(WalWatch.class);
    private static final Duration TELL_EVERY = Duration.ofMinutes(1);

    private final String name;
    private final Consumer<Boolean> walShort;
    private final Observed observed;
    private final Control control;
    private final WalRate rate = new WalRate();
    private long toldAt = System.nanoTime() - TELL_EVERY.toNanos();

    /** @param walShort told whether half of the budget is used up */
    WalWatch(String name, Consumer<Boolean> walShort) {
        this.name = name;
        this.walShort = walShort;
        this.observed = new Observed(name);
        this.control = new Control(name);
    }

    void look(Connection connection) throws SQLException {
        Optional<SlotHold> read = Handles.ask(connection, handle -> SlotHold.read(handle, name));
        if (read.isEmpty()) {
            return;
        }
        SlotHold hold = read.get();
        rate.sample(System.nanoTime(), hold.end());
        Double perSecond = rate.perSecond();
        Long freeDisk = FreeDisk.read(connection);
        if (perSecond != null) {
            Handles.tell(connection, handle -> observed.wal(handle, perSecond, freeDisk));
        }
        WalBudget budget = WalBudget.of(hold.heldBytes(), hold.safeBytes(), freeDisk, hold.maxWalSize(), perSecond);
        walShort.accept(budget.warns());
        warn(budget);
        if (budget.pauseEnds()) {
            endPause(connection, budget);
        }
    }

    private void warn(WalBudget budget) {
        if (budget.warns() && System.nanoTime() - toldAt >= TELL_EVERY.toNanos()) {
            toldAt = System.nanoTime();
            log.warn(
                    "WAL budget: the slot {} holds {} MB, and {} MB are left ({}): {} % are used up; {}",
                    name,
                    budget.usedBytes() >> 20,
                    budget.leftBytes() >> 20,
                    budget.source(),
                    Math.round(budget.usedPercent()),
                    budget.source().startsWith("max_slot")
                            ? "raise it, or help the stream on before the server drops the slot"
                            : "help the stream on, or give the server's disk more room");
        }
    }

    private void endPause(Connection connection, WalBudget budget) throws SQLException {
        if (Handles.ask(connection, control::pause).active()) {
            String why = Math.round(budget.usedPercent()) + " % of the WAL budget (" + budget.source() + ") was used";
            Handles.tell(connection, handle -> control.endPause(handle, why));
            log.warn("the pause ended by itself: {}", why);
        }
    }
}
