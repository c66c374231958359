package dev.lockstep.monitor;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.Batch;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.TableName;
import dev.lockstep.sync.SyncMeter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The metrics of CONTRACT.md: counted as things happen, and what only the server knows read every few seconds. */
public final class Metrics implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Metrics.class);
    private static final Duration READ_EVERY = Duration.ofSeconds(2);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final StatusReader reader;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(runnable -> {
        Thread thread = new Thread(runnable, "lockstep-metrics");
        thread.setDaemon(true);
        return thread;
    });
    private final Timer commitToDerived;
    private final Timer batchTime;
    private final Map<TableName, AtomicLong> scanned = new ConcurrentHashMap<>();
    private final AtomicLong held = new AtomicLong();
    private volatile @Nullable StatusReport last;
    private volatile long lastAt = System.nanoTime();

    public Metrics(Database database, LockstepConfig config, Pulse pulse) {
        this.reader = new StatusReader(database, config.name());
        this.commitToDerived = Timer.builder("lockstep.commit.to.derived")
                .description("from a legacy commit to its row being in step")
                .serviceLevelObjectives(buckets())
                .register(registry);
        this.batchTime = Timer.builder("lockstep.batch")
                .description("applying one batch of changes")
                .serviceLevelObjectives(buckets())
                .register(registry);
        gauge("lockstep.lag.bytes", "WAL not yet confirmed", s -> value(s.lag().bytes()));
        Gauge.builder("lockstep.lag.seconds", this, Metrics::lagSeconds)
                .description("age of the moment up to which everything is applied")
                .register(registry);
        gauge(
                "lockstep.slot.retained.bytes",
                "WAL the slot keeps",
                s -> value(s.slot().retainedBytes()));
        gauge(
                "lockstep.slot.safe.bytes",
                "WAL until the slot is lost",
                s -> value(s.slot().safeBytes()));
        gauge("lockstep.dead.letters", "rows set aside", StatusReport::deadLetters);
        gauge("lockstep.gaps.open", "gaps not scanned yet", StatusReport::gapsOpen);
        io.micrometer.core.instrument.FunctionCounter.builder("lockstep.gaps", this, m -> m.of(StatusReport::gaps))
                .description("gaps recorded")
                .register(registry);
        Gauge.builder("lockstep.heartbeat.age.seconds", pulse, p -> p.age().toMillis() / 1000.0)
                .description("since a heartbeat came back through the stream")
                .register(registry);
        Gauge.builder("lockstep.held.rows", held, AtomicLong::doubleValue)
                .description("rows that wait because a writer holds them")
                .register(registry);
        Gauge.builder("lockstep.leading", pulse, p -> p.leading() ? 1 : 0)
                .description("whether this process holds the lease")
                .register(registry);
        config.mapping().derived().forEach(this::drift);
        config.stores().forEach(store -> store(store.name()));
    }

    /** Starts to read the server. */
    public void start() {
        ScheduledFuture<?> unused =
                clock.scheduleWithFixedDelay(this::refresh, 0, READ_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** The Prometheus text. */
    public String scrape() {
        return registry.scrape();
    }

    /** A fresh status. */
    public StatusReport status() {
        StatusReport report = reader.read();
        last = report;
        lastAt = System.nanoTime();
        return report;
    }

    /** Lag now: what was read last, grown by the time since. NaN before the first reading. */
    public double lagSeconds() {
        StatusReport report = last;
        if (report == null || report.lag().seconds() == null) {
            return Double.NaN;
        }
        return report.lag().seconds() + Math.max(0, (System.nanoTime() - lastAt) / 1e9 - READ_EVERY.toSeconds());
    }

    /** Open gaps as last read. */
    public long gapsOpen() {
        StatusReport report = last;
        return report == null ? 0 : report.gapsOpen();
    }

    /** Counts what the stream does. */
    public SyncMeter sync() {
        return new SyncMeter() {
            @Override
            public void applied(Batch batch, Duration took, int heldRows) {
                batchTime.record(took);
                held.set(heldRows);
                Instant now = Instant.now();
                Map<TableName, Tally> tallies = new HashMap<>();
                for (RowChange change : batch.changes()) {
                    tallies.computeIfAbsent(change.table(), t -> new Tally()).add(change);
                    Duration age = Duration.between(change.commitTime(), now);
                    commitToDerived.record(age.isNegative() ? Duration.ZERO : age);
                }
                tallies.forEach(Metrics.this::count);
            }

            @Override
            public void derived(TableName table, long rows) {
                registry.counter("lockstep.rows.derived", Tags.of("table", table.toString()))
                        .increment((double) rows);
            }
        };
    }

    /** Counts what scans do. */
    public ScanProgress scans() {
        return (leaf, done, total, rows) -> {
            AtomicLong sum = scanned.computeIfAbsent(leaf, this::scanGauges);
            sum.addAndGet(rows);
        };
    }

    private AtomicLong scanGauges(TableName leaf) {
        AtomicLong sum = new AtomicLong();
        Gauge.builder("lockstep.backfill.rows", sum, AtomicLong::doubleValue)
                .tags("table", leaf.toString(), "state", "written")
                .description("rows written by scans of this process")
                .register(registry);
        return sum;
    }

    /** One batch's changes of a table: the registry is asked once a batch, not once a change. */
    private static final class Tally {

        private final Map<RowChange.Op, Long> ops = new EnumMap<>(RowChange.Op.class);
        private long legacy;

        void add(RowChange change) {
            ops.merge(change.op(), 1L, Long::sum);
            if (change.legacyWrite()) {
                legacy++;
            }
        }
    }

    private void count(TableName table, Tally tally) {
        tally.ops.forEach((op, changes) -> registry.counter(
                        "lockstep.changes",
                        "table",
                        table.toString(),
                        "op",
                        op.name().toLowerCase(Locale.ROOT))
                .increment((double) changes));
        if (tally.legacy > 0) {
            registry.counter("lockstep.legacy.writes", "table", table.toString())
                    .increment((double) tally.legacy);
        }
    }

    private void drift(TableName table) {
        Gauge.builder(
                        "lockstep.drift.rows",
                        this,
                        m -> m.of(s -> value(s.drift().get(table.toString()))))
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
        io.micrometer.core.instrument.FunctionCounter.builder(
                        "lockstep.vector.stamps", this, m -> m.ofStore(store, s -> (double) s.stamped()))
                .tag("store", store)
                .description("points written")
                .register(registry);
    }

    private void store(String name, String description, String store, ToDoubleFunction<StatusReport.Store> value) {
        Gauge.builder(name, this, m -> m.ofStore(store, value))
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
        Gauge.builder(name, this, m -> m.of(value)).description(description).register(registry);
    }

    private double of(ToDoubleFunction<StatusReport> value) {
        StatusReport report = last;
        return report == null ? Double.NaN : value.applyAsDouble(report);
    }

    private static double value(@Nullable Number number) {
        return number == null ? Double.NaN : number.doubleValue();
    }

    private void refresh() {
        try {
            status();
        } catch (LockstepException e) {
            log.debug("status not read", e);
        }
    }

    private static Duration[] buckets() {
        return new Duration[] {
            Duration.ofMillis(1),
            Duration.ofMillis(2),
            Duration.ofMillis(4),
            Duration.ofMillis(8),
            Duration.ofMillis(16),
            Duration.ofMillis(40),
            Duration.ofMillis(100),
            Duration.ofMillis(400),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofMinutes(2),
            Duration.ofMinutes(10)
        };
    }

    @Override
    public void close() {
        clock.shutdownNow();
        registry.close();
    }
}
