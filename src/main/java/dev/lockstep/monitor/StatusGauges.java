package dev.lockstep.monitor;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.model.TableName;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The metrics that are read from the server: each a number of the last {@link StatusReport}, NaN before the first. */
final class StatusGauges {

    private final MeterRegistry registry;
    private final Supplier<@Nullable StatusReport> last;
    private final MultiGauge backfill;

    /** @param last the status as read last; null before the first */
    StatusGauges(MeterRegistry registry, Supplier<@Nullable StatusReport> last) {
        this.registry = registry;
        this.last = last;
        this.backfill = MultiGauge.builder("lockstep.backfill.blocks")
                .description("heap blocks of scans, of the backfill and of gaps, done and in total")
                .register(registry);
    }

    void bind(LockstepConfig config) {
        gauge("lockstep.lag.bytes", "WAL not yet confirmed", s -> value(s.lag().bytes()));
        slot();
        budget();
        control();
        gauge("lockstep.dead.letters", "rows set aside", StatusReport::deadLetters);
        gauge(
                "lockstep.gate.blockers",
                "facts that keep the direction from being turned",
                s -> s.gate().size());
        gauge("lockstep.gaps.open", "gaps not scanned yet", StatusReport::gapsOpen);
        gauge("lockstep.gaps.unverified", "gaps not verified clean yet", StatusReport::gapsUnverified);
        FunctionCounter.builder("lockstep.gaps", this, g -> g.of(StatusReport::gaps))
                .description("gaps recorded")
                .register(registry);
        config.mapping().derived().forEach(this::drift);
        config.stores().forEach(store -> store(store.name()));
    }

    /** Which tables are scanned is only known from the status itself. */
    void refresh(StatusReport report) {
        Map<String, Long> done = new TreeMap<>();
        Map<String, Long> total = new TreeMap<>();
        for (StatusReport.Backfill scan : report.backfill()) {
            done.merge(scan.table(), scan.done(), Long::sum);
            total.merge(scan.table(), scan.total(), Long::sum);
        }
        List<MultiGauge.Row<?>> rows = new ArrayList<>();
        done.forEach((table, blocks) -> rows.add(MultiGauge.Row.of(Tags.of("table", table, "state", "done"), blocks)));
        total.forEach(
                (table, blocks) -> rows.add(MultiGauge.Row.of(Tags.of("table", table, "state", "total"), blocks)));
        backfill.register(rows, true);
    }

    private void slot() {
        gauge(
                "lockstep.slot.retained.bytes",
                "WAL the slot keeps",
                s -> value(s.slot().retainedBytes()));
        gauge(
                "lockstep.slot.safe.bytes",
                "WAL until the slot is lost",
                s -> value(s.slot().safeBytes()));
        gauge(
                "lockstep.slot.active",
                "whether somebody reads the slot",
                s -> s.slot().active() ? 1 : 0);
    }

    private void budget() {
        gauge(
                "lockstep.wal.budget.limit.bytes",
                "WAL that the slot may hold back",
                s -> value(s.budget().limitBytes()));
        gauge(
                "lockstep.wal.budget.used.ratio",
                "share of it that is held back, 0 to 1",
                s -> value(s.budget().usedPercent()) / 100);
        gauge(
                "lockstep.wal.budget.pause.seconds",
                "how long a pause may last at the present rate",
                s -> value(s.budget().pauseSeconds()));
        gauge(
                "lockstep.wal.bytes.per.second",
                "WAL that the server writes",
                s -> value(s.budget().walBytesPerSecond()));
    }

    private void control() {
        gauge(
                "lockstep.paused",
                "whether the operator paused it",
                s -> s.pause().active() ? 1 : 0);
        gauge("lockstep.standbys", "processes that wait for the lease", StatusReport::standbys);
        gauge(
                "lockstep.throttle.level",
                "of work that can wait: 0 free, 1 slow, 2 stopped",
                s -> List.of("free", "slow", "stopped").indexOf(s.throttle().level()));
        for (dev.lockstep.throttle.Signal signal : dev.lockstep.throttle.Signal.values()) {
            throttle("lockstep.throttle.signal", "what the throttle looks at", signal.label(), s -> s.value());
            throttle("lockstep.throttle.limit", "beyond it work is slowed down", signal.label(), s -> s.limit());
        }
    }

    private void throttle(
            String name, String description, String signal, ToDoubleFunction<StatusReport.Throttling.Signal> value) {
        Gauge.builder(
                        name,
                        this,
                        g -> g.of(s -> s.throttle().signals().stream()
                                .filter(known -> known.name().equals(signal))
                                .mapToDouble(value)
                                .findFirst()
                                .orElse(Double.NaN)))
                .tag("signal", signal)
                .description(description)
                .register(registry);
    }

    private void drift(TableName table) {
        Gauge.builder(
                        "lockstep.drift.rows",
                        this,
                        g -> g.of(s -> value(s.drift().get(table.toString()))))
                .tag("table", table.toString())
                .description("rows out of step at the last verification")
                .register(registry);
    }

    private void store(String store) {
        store("lockstep.vector.waiting", "changes that a vector store has to learn", store, s -> (double) s.waiting());
        store("lockstep.vector.legacy", "points whose conversation is not known", store, s -> (double) s.legacy());
        store(
                "lockstep.vector.away",
                "whether the store cannot be reached",
                store,
                s -> s.trouble().isEmpty() ? 0 : 1);
        FunctionCounter.builder("lockstep.vector.stamps", this, g -> g.ofStore(store, s -> (double) s.stamped()))
                .tag("store", store)
                .description("points written")
                .register(registry);
    }

    private void store(String name, String description, String store, ToDoubleFunction<StatusReport.Store> value) {
        Gauge.builder(name, this, g -> g.ofStore(store, value))
                .tag("store", store)
                .description(description)
                .register(registry);
    }

    private double ofStore(String store, ToDoubleFunction<StatusReport.Store> value) {
        return of(s -> s.stores().stream()
                .filter(known -> known.store().equals(store))
                .mapToDouble(value)
                .findFirst()
                .orElse(Double.NaN));
    }

    private void gauge(String name, String description, ToDoubleFunction<StatusReport> value) {
        Gauge.builder(name, this, g -> g.of(value)).description(description).register(registry);
    }

    private double of(ToDoubleFunction<StatusReport> value) {
        StatusReport report = last.get();
        return report == null ? Double.NaN : value.applyAsDouble(report);
    }

    private static double value(@Nullable Number number) {
        return number == null ? Double.NaN : number.doubleValue();
    }
}
