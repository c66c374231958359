package dev.lockstep.monitor;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.Batch;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.TableName;
import dev.lockstep.sync.SyncMeter;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The metrics of CONTRACT.md: counted as things happen, and what only the server knows read every few seconds. */
public final class Metrics implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Metrics.class);

    /** While somebody listens. */
    private static final Duration READ_EVERY = Duration.ofSeconds(2);

    /** While nobody does: an idle sidecar is a quiet one. */
    private static final Duration READ_SELDOM = History.STEP;

    private static final double P50 = 0.5;
    private static final double P95 = 0.95;
    private static final double P99 = 0.99;

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final StatusGauges gauges = new StatusGauges(registry, () -> this.last);
    private final Throughput changes = new Throughput();
    private final Throughput rows = new Throughput();
    private final History history = new History();
    private final List<Audience> listeners = new CopyOnWriteArrayList<>();
    private final Pulse pulse;
    private final StatusReader reader;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(runnable -> {
        Thread thread = new Thread(runnable, "lockstep-metrics");
        thread.setDaemon(true);
        return thread;
    });
    private final Timer commitToDerived;
    private final Timer batchTime;
    private final Counter yielded;
    private final Map<TableName, AtomicLong> scanned = new ConcurrentHashMap<>();
    private final AtomicLong held = new AtomicLong();
    private volatile @Nullable StatusReport last;
    private volatile long lastAt = System.nanoTime();

    public Metrics(Database database, LockstepConfig config, Pulse pulse) {
        this.pulse = pulse;
        this.reader = new StatusReader(database, config);
        this.commitToDerived = Timer.builder("lockstep.commit.to.derived")
                .description("from a legacy commit to its row being in step")
                .serviceLevelObjectives(buckets())
                .publishPercentiles(P50, P95, P99)
                .maximumExpectedValue(Duration.ofMinutes(10))
                .register(registry);
        this.batchTime = Timer.builder("lockstep.batch")
                .description("applying one batch of changes")
                .serviceLevelObjectives(buckets())
                .register(registry);
        this.yielded = Counter.builder("lockstep.yielded.seconds")
                .description("time for which batches were put off to let writers go first")
                .register(registry);
        Gauge.builder("lockstep.lag.seconds", this, Metrics::lagSeconds)
                .description("age of the moment up to which everything is applied")
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
        Gauge.builder("lockstep.info", () -> 1)
                .tag("version", StatusReader.build().version())
                .description("the build")
                .register(registry);
        gauges.bind(config);
        new DebeziumGauges().bind(registry);
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
        return report.lag().seconds() + Math.max(0, (System.nanoTime() - lastAt) / 1e9 - READ_SELDOM.toSeconds());
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
                changes.add(batch.changes().size());
                Map<TableName, Tally> tallies = new HashMap<>();
                for (RowChange change : batch.changes()) {
                    tallies.computeIfAbsent(change.table(), t -> new Tally()).add(change);
                }
                tallies.forEach(Metrics.this::count);
            }

            @Override
            public void inStep(Collection<Instant> commits) {
                Instant now = Instant.now();
                for (Instant commit : commits) {
                    Duration age = Duration.between(commit, now);
                    commitToDerived.record(age.isNegative() ? Duration.ZERO : age);
                }
            }

            @Override
            public void yielded(Duration time) {
                yielded.increment(time.toNanos() / 1e9);
            }

            @Override
            public void derived(TableName table, long written) {
                rows.add(written);
                counter(
                                "lockstep.rows.derived",
                                "Rows brought into step because of the stream",
                                "table",
                                table.toString())
                        .increment((double) written);
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
        tally.ops.forEach((op, number) -> counter(
                        "lockstep.changes",
                        "Changes that came through the stream",
                        "table",
                        table.toString(),
                        "op",
                        op.name().toLowerCase(Locale.ROOT))
                .increment((double) number));
        if (tally.legacy > 0) {
            counter("lockstep.legacy.writes", "Rows that came without an agent", "table", table.toString())
                    .increment((double) tally.legacy);
        }
    }

    private Counter counter(String name, String description, String... tags) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    private void refresh() {
        boolean fresh = System.nanoTime() - lastAt < READ_SELDOM.toNanos() - READ_EVERY.toNanos() / 2;
        if (last != null && fresh && listeners.stream().noneMatch(Audience::present)) {
            return;
        }
        try {
            StatusReport report = status();
            gauges.refresh(report);
            changes.look();
            rows.look();
            history.add(
                    Instant.now().toEpochMilli() / 1000.0,
                    lagSeconds(),
                    report.lag().bytes() == null ? Double.NaN : report.lag().bytes(),
                    changes.total(),
                    rows.total());
            LiveStatus live = live(report);
            listeners.forEach(listener -> listener.hear(live));
        } catch (LockstepException e) {
            log.debug("status not read", e);
        }
    }

    /** The last hour of this process. */
    public History history() {
        return history;
    }

    public void listen(Audience listener) {
        listeners.add(listener);
    }

    public void unlisten(Audience listener) {
        listeners.remove(listener);
    }

    /**
     * A fresh status, with what only this process knows.
     *
     * @throws LockstepException when the server cannot be reached
     */
    public LiveStatus live() {
        return live(status());
    }

    private LiveStatus live(StatusReport report) {
        double lag = lagSeconds();
        return new LiveStatus(
                report,
                new LiveStatus.Own(
                        pulse.leading() ? "leader" : "standby",
                        Double.isNaN(lag) ? null : lag,
                        pulse.age().toMillis() / 1000.0,
                        latency(),
                        changes.perSecond(),
                        rows.perSecond()));
    }

    private LiveStatus.Latency latency() {
        Map<Double, Double> values = new HashMap<>();
        for (ValueAtPercentile value : commitToDerived.takeSnapshot().percentileValues()) {
            values.put(value.percentile(), value.value(TimeUnit.SECONDS));
        }
        boolean any = values.getOrDefault(P99, 0.0) > 0;
        return any
                ? new LiveStatus.Latency(values.get(P50), values.get(P95), values.get(P99))
                : new LiveStatus.Latency(null, null, null);
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
        reader.close();
        registry.close();
    }
}
