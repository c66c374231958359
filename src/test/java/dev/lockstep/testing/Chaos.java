package dev.lockstep.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A legacy application and its indexer, racing: messages are written, moved, edited and deleted while their embeddings are
 * written before them, long after them, and again. On the tables of {@link VectorSchema#PASCAL}.
 */
public final class Chaos implements AutoCloseable {

    /** Where the indexer writes. Fails while the store is away; then it tries again, as an indexer does. */
    @FunctionalInterface
    public interface Sink {
        void upsert(String id, Map<String, Object> payload) throws IOException, InterruptedException;
    }

    private record Embedding(long dueNanos, String message, String persona, String text)
            implements Comparable<Embedding> {

        @Override
        public int compareTo(Embedding other) {
            return Long.compare(dueNanos, other.dueNanos);
        }
    }

    private static final int PERSONAS = 20;

    private final TestDatabase db;
    private final Random random;
    private final Sink byId;
    private final Sink byPayload;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final PriorityBlockingQueue<Embedding> embeddings = new PriorityBlockingQueue<>();
    private final List<String> personas = new ArrayList<>();
    private final List<String> conversations = new ArrayList<>();
    private final List<String> messages = new ArrayList<>();
    private final ConcurrentLinkedQueue<Thread> threads = new ConcurrentLinkedQueue<>();
    private final AtomicInteger transactions = new AtomicInteger();
    private final AtomicInteger embedded = new AtomicInteger();
    private final AtomicInteger slow = new AtomicInteger();

    /** @param byId takes points whose id is the message's */
    public Chaos(TestDatabase db, Random random, Sink byId, Sink byPayload) throws SQLException {
        this.db = db;
        this.random = random;
        this.byId = byId;
        this.byPayload = byPayload;
        for (int i = 0; i < PERSONAS; i++) {
            personas.add(UUID.randomUUID().toString());
            db.execute("INSERT INTO \"Personas\" VALUES ('" + personas.get(i) + "', 'p" + i + "')");
        }
    }

    public Chaos start() {
        start("writer", this::write);
        start("indexer", this::index);
        return this;
    }

    public int transactions() {
        return transactions.get();
    }

    /** Embeddings written, each to every store. */
    public int embedded() {
        return embedded.get();
    }

    /** Transactions that took their time to commit, so that the indexer could be ahead of them. */
    public int slow() {
        return slow.get();
    }

    /** Stops writing, and returns when all that was announced is embedded. */
    public void stop() throws InterruptedException {
        stop.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private void start(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (Exception | AssertionError e) {
                        failure.compareAndSet(null, e);
                    }
                },
                "chaos-" + name);
        threads.add(thread);
        thread.start();
    }

    private void write() throws Exception {
        while (!stop.await(random.nextInt(8), TimeUnit.MILLISECONDS)) {
            try (Connection connection = db.connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                while (!stop.await(random.nextInt(8), TimeUnit.MILLISECONDS)) {
                    transaction(statement);
                    connection.commit();
                    transactions.incrementAndGet();
                }
            }
        }
    }

    private void transaction(Statement statement) throws SQLException, InterruptedException {
        int what = random.nextInt(100);
        if (conversations.size() < 5 || what < 8) {
            String id = UUID.randomUUID().toString();
            statement.execute(
                    "INSERT INTO \"Conversations\" (\"Id\", \"PersonaId\") VALUES ('" + id + "', " + persona() + ")");
            conversations.add(id);
        } else if (messages.size() < 20 || what < 68) {
            message(statement);
        } else if (what < 76) {
            statement.execute("UPDATE \"Messages\" SET \"FromPersonaId\" = " + persona() + where(messages));
        } else if (what < 82) {
            statement.execute(
                    "UPDATE \"Messages\" SET \"ConversationId\" = '" + any(conversations) + "'" + where(messages));
        } else if (what < 88) {
            statement.execute(
                    "UPDATE \"Messages\" SET \"Content\" = 'edited " + random.nextInt(50) + "'" + where(messages));
        } else if (what < 92) {
            statement.execute("UPDATE \"Conversations\" SET \"PersonaId\" = " + persona() + where(conversations));
        } else if (what < 98) {
            String id = messages.remove(random.nextInt(messages.size()));
            statement.execute("DELETE FROM \"Messages\" WHERE \"Id\" = '" + id + "'");
        } else {
            String id = conversations.remove(random.nextInt(conversations.size()));
            statement.execute("DELETE FROM \"Conversations\" WHERE \"Id\" = '" + id + "'");
        }
    }

    /** Announced before it is committed: the indexer may be faster, and is, when the commit takes its time. */
    private void message(Statement statement) throws SQLException, InterruptedException {
        String id = UUID.randomUUID().toString();
        String persona = random.nextInt(5) == 0 ? null : any(personas);
        String text = "words " + random.nextInt(2000);
        long now = System.nanoTime();
        long lag = random.nextInt(3) == 0 ? 0 : random.nextLong(2_000_000_000L);
        String vectorsPersona = persona == null ? any(personas) : persona;
        embeddings.add(new Embedding(now + lag, id, vectorsPersona, text));
        if (random.nextInt(4) == 0) {
            embeddings.add(new Embedding(now + lag + random.nextLong(4_000_000_000L), id, vectorsPersona, text));
        }
        statement.execute(
                "INSERT INTO \"Messages\" (\"Id\", \"FromPersonaId\", \"ConversationId\", \"Content\") VALUES ('"
                        + id + "', " + (persona == null ? "NULL" : "'" + persona + "'") + ", '" + any(conversations)
                        + "', '"
                        + text + "')");
        messages.add(id);
        if (random.nextInt(20) == 0) {
            boolean stopping = stop.await(random.nextInt(300), TimeUnit.MILLISECONDS);
            slow.addAndGet(stopping ? 0 : 1);
        }
    }

    private void index() throws Exception {
        while (stop.getCount() > 0 || !embeddings.isEmpty()) {
            Embedding next = embeddings.poll(100, TimeUnit.MILLISECONDS);
            if (next == null) {
                continue;
            }
            long wait = next.dueNanos() - System.nanoTime();
            if (wait > 0 && !stop.await(wait, TimeUnit.NANOSECONDS)) {
                embeddings.add(next); // an earlier one may have come
                continue;
            }
            embed(next);
            embedded.incrementAndGet();
        }
    }

    private void embed(Embedding next) throws Exception {
        Map<String, Object> payload = new HashMap<>();
        payload.put("PersonaId", next.persona());
        payload.put("kept", "by the application");
        untilDone(() -> byId.upsert(next.message(), payload));
        Map<String, Object> named = new HashMap<>(payload);
        named.put("ContentHash", StoreBench.hash(next.text()));
        if (next.message().charAt(0) < 'c') { // the others are tied by their hash alone
            named.put("MessageId", next.message());
        }
        String point = UUID.nameUUIDFromBytes(next.message().getBytes(StandardCharsets.UTF_8))
                .toString();
        untilDone(() -> byPayload.upsert(point, named));
        db.execute("INSERT INTO \"MemoryVectors\" (\"PersonaId\", \"MessageId\", \"Content\") VALUES ('"
                + next.persona() + "', " + (named.containsKey("MessageId") ? "'" + next.message() + "'" : "NULL")
                + ", '"
                + next.text() + "')");
    }

    private interface Attempt {
        void run() throws IOException, InterruptedException;
    }

    /** The store may be away. */
    private static void untilDone(Attempt attempt) throws Exception {
        Await.until("the store takes an embedding", () -> {
            try {
                attempt.run();
                return true;
            } catch (IOException e) {
                return false;
            }
        });
    }

    private String persona() {
        return random.nextInt(6) == 0 ? "NULL" : "'" + any(personas) + "'";
    }

    private String where(List<String> ids) {
        return " WHERE \"Id\" = '" + any(ids) + "'";
    }

    private String any(List<String> ids) {
        return ids.get(random.nextInt(ids.size()));
    }

    /** However a test ends; nobody writes any more. */
    @Override
    public void close() {
        stop.countDown();
        boolean interrupted = false;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
