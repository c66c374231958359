package dev.lockstep.bench;

import dev.lockstep.bench.OpenLoop.Transaction;
import dev.lockstep.config.ConfigLoader;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.StopSignal;
import dev.lockstep.monitor.Metrics;
import dev.lockstep.monitor.Pulse;
import dev.lockstep.run.Sidecar;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.testing.ChromaApplication;
import dev.lockstep.testing.ChromaServer;
import dev.lockstep.vector.Edit;
import dev.lockstep.vector.Page;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.VectorStore;
import java.net.URI;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stamps points of a real Chroma server: all that were there before, against the server's own bulk update of as many; and
 * those of new messages, at 200 a second.
 */
final class StoresPart implements Part {

    private static final int POINTS = 100_000;
    private static final int CALL = 1000;
    private static final int PER_SECOND = 200;
    private static final int WARM_UP = 10 * PER_SECOND;
    private static final int MEASURED = 60 * PER_SECOND;

    @Override
    public String name() {
        return "stores";
    }

    @Override
    public List<Figure> run(BenchServer server) throws Exception {
        Data data = new Data(true);
        List<Figure> figures = new ArrayList<>();
        try (ChromaServer chroma = ChromaServer.start();
                BenchDatabase database = data.inStep(server, "bench_product", POINTS)) {
            database.execute("INSERT INTO \"Conversations\" (\"Id\", \"PersonaId\", \"AgentId\")"
                    + " SELECT m.\"ConversationId\", m.\"FromPersonaId\", m.\"FromAgentId\" FROM \"Messages\" m");
            List<List<String>> messages = messages(database);
            double before = floor(chroma.url(), "floor_before", messages);
            ChromaApplication points = filled(chroma.url(), "memories", messages);
            LockstepConfig config = config(database, chroma.url());
            Product product = new Product(database, data);
            product.expand();
            Sink sink = new Sink();
            figures.add(backfill(config, sink, before, () -> floor(chroma.url(), "floor_after", messages)));
            figures.addAll(steady(database, config, sink, points, messages));
            product.remove();
        }
        return figures;
    }

    private interface Floor {
        double rate() throws Exception;
    }

    /** Points per second by the server's own bulk update, some at a call. */
    private static double floor(URI chroma, String collection, List<List<String>> messages) throws Exception {
        ChromaApplication application = filled(chroma, collection, messages);
        long started = System.nanoTime();
        for (int i = 0; i < messages.size(); i += CALL) {
            List<List<String>> some = messages.subList(i, Math.min(messages.size(), i + CALL));
            application.update(
                    some.stream().map(m -> m.get(0)).toList(),
                    some.stream()
                            .map(m -> Map.<String, Object>of(
                                    "AgentId", m.get(2), "ConversationId", m.get(3), "LockstepLsn", "7567:1:0/16B3748"))
                            .toList());
        }
        return messages.size() / ((System.nanoTime() - started) / 1e9);
    }

    private static ChromaApplication filled(URI chroma, String collection, List<List<String>> messages)
            throws Exception {
        ChromaApplication application = ChromaApplication.create(chroma, collection);
        Map<String, Map<String, Object>> points = new HashMap<>();
        messages.forEach(m -> points.put(m.get(0), Map.of("PersonaId", m.get(1), "text", "words of " + m.get(0))));
        application.upsert(points);
        return application;
    }

    private static Figure backfill(LockstepConfig config, Sink sink, double before, Floor floor) throws Exception {
        long started = System.nanoTime();
        run(config, sink, new StopSignal(), true);
        if (sink.stamped.size() != POINTS) {
            throw new IllegalStateException(sink.stamped.size() + " points were stamped");
        }
        double seconds = (sink.last() - sink.first()) / 1e9;
        double rate = POINTS / seconds;
        double after = floor.rate();
        return Figure.atLeast(
                0.8,
                "stamping 100,000 points / the store's own bulk update",
                rate / ((before + after) / 2),
                "ratio",
                String.format(
                        Locale.ROOT,
                        "points/s: %,.0f, floor %,.0f before and %,.0f after; the whole run took %.1f s",
                        rate,
                        before,
                        after,
                        (System.nanoTime() - started) / 1e9));
    }

    private static List<Figure> steady(
            BenchDatabase database,
            LockstepConfig config,
            Sink sink,
            ChromaApplication points,
            List<List<String>> messages)
            throws Exception {
        List<Transaction> transactions = new ArrayList<>();
        List<String> ids = new ArrayList<>();
        Map<String, Map<String, Object>> indexed = new HashMap<>();
        for (int i = 0; i < WARM_UP + MEASURED; i++) {
            List<String> old = messages.get(i % messages.size());
            String id = UUID.randomUUID().toString();
            ids.add(id);
            indexed.put(id, Map.of("PersonaId", old.get(1), "text", "words of " + id));
            transactions.add(new Transaction(
                    "INSERT INTO \"Messages\" (\"Id\", \"FromPersonaId\", \"ConversationId\", \"Content\")"
                            + " VALUES (?::uuid, ?::uuid, ?::uuid, ?)",
                    List.of(id, old.get(1), old.get(3), "message " + i)));
        }
        points.upsert(indexed); // an indexer that is ahead of its messages
        StopSignal stop = new StopSignal();
        Thread sidecar = new Thread(() -> {
            try {
                run(config, sink, stop, false);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        sink.stamped.clear();
        sidecar.start();
        awaitSize(sink, ids.size()); // the sweep makes them legacy
        sink.stamped.clear();
        OpenLoop load = new OpenLoop(transactions.size());
        load.run(database, transactions, PER_SECOND);
        awaitSize(sink, ids.size());
        stop.request();
        sidecar.join();
        double[] lag = new double[MEASURED];
        for (int i = 0; i < MEASURED; i++) {
            lag[i] = (sink.stamped.get(ids.get(WARM_UP + i)) - load.committed()[WARM_UP + i]) / 1e6;
        }
        Arrays.sort(lag);
        String line = String.format(
                Locale.ROOT,
                "ms of %,d messages at %d/s: p50 %.0f, p90 %.0f, p99 %.0f, max %.0f",
                MEASURED,
                PER_SECOND,
                lag[MEASURED / 2],
                lag[MEASURED * 9 / 10],
                lag[MEASURED * 99 / 100],
                lag[MEASURED - 1]);
        return List.of(
                Figure.atMost(1000, "commit to stamped at 200/s, p99", lag[MEASURED * 99 / 100], "ms", line),
                Figure.info("  the same, p50", lag[MEASURED / 2], "ms", line));
    }

    private static void awaitSize(Sink sink, int size) throws InterruptedException {
        long giveUp = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (sink.stamped.size() < size) {
            if (System.nanoTime() > giveUp) {
                throw new IllegalStateException(sink.stamped.size() + " of " + size + " points were stamped");
            }
            Thread.sleep(50);
        }
    }

    private static void run(LockstepConfig config, Sink sink, StopSignal stop, boolean untilCaughtUp)
            throws InterruptedException {
        Database opened = new Database(config.database(), config.name());
        Pulse pulse = new Pulse();
        try (Metrics metrics = new Metrics(opened, config, pulse)) {
            metrics.start();
            StoreAdapters adapters = new StoreAdapters();
            new Sidecar(
                            config,
                            opened,
                            pulse,
                            metrics.sync(),
                            metrics.scans(),
                            store -> sink.watch(adapters.open(store)),
                            stop)
                    .run(untilCaughtUp);
        }
    }

    private static LockstepConfig config(BenchDatabase database, URI chroma) {
        return ConfigLoader.parse(
                "bench.yaml",
                "name: " + Product.NAME + "\ndatabase: {url: '" + database.url()
                        + "', user: postgres, password: postgres}\nhttp: {port: 0}\nmapping:\n  vectors:\n"
                        + "    - {store: chroma, url: '" + chroma + "', collection: memories, link: {by: id}}\n",
                Map.of());
    }

    /** Id, persona, agent and conversation of each message. */
    private static List<List<String>> messages(BenchDatabase database) throws Exception {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT \"Id\", \"FromPersonaId\", \"FromAgentId\", \"ConversationId\" FROM \"Messages\"")) {
            List<List<String>> messages = new ArrayList<>();
            while (rows.next()) {
                messages.add(List.of(rows.getString(1), rows.getString(2), rows.getString(3), rows.getString(4)));
            }
            return messages;
        }
    }

    /** When each point was stamped last: when the store said that it was. */
    private static final class Sink {

        private final Map<String, Long> stamped = new ConcurrentHashMap<>();
        private volatile long began;

        long first() {
            return began;
        }

        long last() {
            return stamped.values().stream().mapToLong(Long::longValue).max().orElseThrow();
        }

        VectorStore watch(VectorStore store) {
            return new VectorStore() {
                @Override
                public String check() {
                    return store.check();
                }

                @Override
                public Page scroll(Selection which, @Nullable String cursor, int limit) {
                    if (began == 0) {
                        began = System.nanoTime();
                    }
                    return store.scroll(which, cursor, limit);
                }

                @Override
                public void write(List<Edit> edits) {
                    store.write(edits);
                    long now = System.nanoTime();
                    edits.forEach(edit -> stamped.put(edit.id(), now));
                }

                @Override
                public long count(Selection which) {
                    return store.count(which);
                }

                @Override
                public void close() {
                    store.close();
                }
            };
        }
    }
}
