package dev.lockstep.monitor;

import dev.lockstep.model.WalBudget;
import dev.lockstep.monitor.StatusReport.Budget;
import dev.lockstep.monitor.StatusReport.Census;
import dev.lockstep.monitor.StatusReport.Evidence;
import dev.lockstep.monitor.StatusReport.Pause;
import dev.lockstep.monitor.StatusReport.SavepointLine;
import dev.lockstep.monitor.StatusReport.Throttling;
import dev.lockstep.savepoint.Savepoints;
import dev.lockstep.state.Control;
import dev.lockstep.state.EvidenceLog;
import dev.lockstep.state.Observed;
import dev.lockstep.state.SlotHold;
import dev.lockstep.throttle.Limits;
import dev.lockstep.throttle.Signal;
import dev.lockstep.throttle.SignalReader;
import dev.lockstep.throttle.Verdict;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What the operator set, and what helps to decide: pause, budget, throttle, savepoints, evidence, census. */
final class ControlView {

    static final Pause NO_PAUSE = new Pause(false, null, "", "");
    static final Throttling NO_THROTTLE = new Throttling("free", "", List.of());

    private final String name;
    private final SignalReader signals;

    ControlView(String name, SignalReader signals) {
        this.name = name;
        this.signals = signals;
    }

    Pause pause(Handle handle) {
        Control.Pause pause = new Control(name).pause(handle);
        Instant since = pause.since();
        return new Pause(pause.active(), since == null ? null : since.toString(), pause.by(), pause.ended());
    }

    Budget budget(Handle handle) {
        Optional<SlotHold> hold = SlotHold.read(handle, name);
        if (hold.isEmpty()) {
            return noBudget();
        }
        Observed.Seen seen = new Observed(name).read(handle);
        WalBudget budget = WalBudget.of(
                hold.get().heldBytes(),
                hold.get().safeBytes(),
                seen.freeDiskBytes(),
                hold.get().maxWalSize(),
                seen.walBytesPerSecond());
        return new Budget(
                budget.source(),
                budget.limitBytes(),
                budget.usedBytes(),
                budget.leftBytes(),
                Math.round(10 * budget.usedPercent()) / 10.0,
                budget.bytesPerSecond(),
                budget.pauseSeconds(),
                budget.text());
    }

    static Budget noBudget() {
        return new Budget("", null, null, null, null, null, null, "there is no slot, and so no budget");
    }

    Throttling throttle(Handle handle) {
        Map<Signal, Double> values = signals.read(handle);
        Limits limits = Limits.of(new Control(name).limits(handle));
        Verdict verdict = Verdict.of(values, limits);
        Signal by = verdict.by();
        return new Throttling(
                verdict.level().name().toLowerCase(Locale.ROOT),
                by == null ? "" : by.label(),
                Arrays.stream(Signal.values())
                        .map(s -> new Throttling.Signal(s.label(), values.getOrDefault(s, 0.0), limits.of(s)))
                        .toList());
    }

    List<SavepointLine> savepoints(Connection connection) throws SQLException {
        return new Savepoints(name)
                .list(connection).stream()
                        .map(p -> new SavepointLine(
                                p.name(),
                                p.lsn() == null ? null : p.lsn().toString(),
                                p.at().toString(),
                                p.automatic(),
                                p.retainedBytes(),
                                p.usable()))
                        .toList();
    }

    @Nullable
    Evidence evidence(Handle handle) {
        return new EvidenceLog(name)
                .last(handle)
                .map(e -> new Evidence(e.kind(), e.clean(), e.endedAt().toString(), e.asOf()))
                .orElse(null);
    }

    List<Census> census(Handle handle) {
        Map<String, List<dev.lockstep.state.Census.Hour>> byTable = new LinkedHashMap<>();
        for (dev.lockstep.state.Census.Hour hour : new dev.lockstep.state.Census(name).recent(handle)) {
            byTable.computeIfAbsent(hour.table().toString(), t -> new ArrayList<>())
                    .add(hour);
        }
        return byTable.entrySet().stream()
                .map(table -> new Census(
                        table.getKey(),
                        table.getValue().stream()
                                .mapToLong(dev.lockstep.state.Census.Hour::writes)
                                .sum(),
                        table.getValue().get(0).lastSeen().toString(),
                        table.getValue().stream()
                                .map(hour -> new Census.Hour(hour.hour().toString(), hour.writes()))
                                .toList()))
                .toList();
    }
}
