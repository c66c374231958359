package dev.lockstep.demo;

import dev.lockstep.config.DatabaseConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Properties;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A chat service and its indexer: each message is embedded, mostly some seconds late, sometimes twice, and sometimes by a
 * connection that is faster than the message's own commit.
 */
final class Indexer implements AutoCloseable {

    private static final int PER_SECOND = 20;
    private static final long MOST_LAG_NANOS = TimeUnit.SECONDS.toNanos(3);

    private record Said(long dueNanos, UUID message, UUID persona, String words, boolean named) {}

    private final DatabaseConfig config;
    private final DemoSchema.Size size;
    private final Random random;
    private final PriorityQueue<Said> waiting = new PriorityQueue<>(Comparator.comparingLong(Said::dueNanos));
    private final AtomicLong embedded = new AtomicLong();
    private final AtomicLong ahead = new AtomicLong();
    private final AtomicLong repeated = new AtomicLong();
    private final AtomicReference<@Nullable SQLException> failure = new AtomicReference<>();
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "legacy-indexer");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * What it did.
     *
     * @param embedded vectors written
     * @param ahead of them, before their message was committed
     * @param repeated of them, a second time
     */
    record Counts(long embedded, long ahead, long repeated) {}

    Indexer(DatabaseConfig config, DemoSchema.Size size, Random random) {
        this.config = config;
        this.size = size;
        this.random = random;
    }

    Indexer start() throws SQLException {
        Connection chat = connect("chat");
        Connection indexer = connect("indexer");
        chat.setAutoCommit(false);
        ScheduledFuture<?> unused = clock.scheduleAtFixedRate(
                () -> {
                    try {
                        turn(chat, indexer);
                    } catch (SQLException e) {
                        failure.compareAndSet(null, e);
                        throw new IllegalStateException(e);
                    }
                },
                0,
                1_000_000 / PER_SECOND,
                TimeUnit.MICROSECONDS);
        return this;
    }

    private void turn(Connection chat, Connection indexer) throws SQLException {
        Said said = new Said(
                System.nanoTime() + random.nextLong(MOST_LAG_NANOS),
                new UUID(random.nextLong(), random.nextLong()),
                DemoSchema.persona(1 + random.nextInt(size.personas())),
                "remember " + random.nextLong(),
                random.nextInt(10) > 0);
        say(chat, said);
        if (random.nextInt(4) == 0) {
            embed(indexer, said);
            ahead.incrementAndGet();
            chat.commit();
        } else {
            chat.commit();
            waiting.add(said);
        }
        while (!waiting.isEmpty() && waiting.element().dueNanos() <= System.nanoTime()) {
            Said next = waiting.remove();
            embed(indexer, next);
            if (random.nextInt(8) == 0) {
                embed(indexer, next);
                repeated.incrementAndGet();
            }
        }
    }

    private void say(Connection chat, Said said) throws SQLException {
        try (PreparedStatement statement = chat.prepareStatement(
                "INSERT INTO \"Messages\" (\"Id\", \"ConversationId\", \"FromPersonaId\", \"Content\")"
                        + " VALUES (?, ?, ?, ?)")) {
            statement.setObject(1, said.message());
            statement.setObject(2, DemoSchema.conversation(1 + random.nextInt(size.conversations())));
            statement.setObject(3, said.persona());
            statement.setString(4, said.words());
            statement.executeUpdate();
        }
    }

    private void embed(Connection indexer, Said said) throws SQLException {
        try (PreparedStatement statement = indexer.prepareStatement(
                "INSERT INTO \"MemoryVectors\" (\"PersonaId\", \"MessageId\", \"Content\", \"Embedding\")"
                        + " VALUES (?, ?, ?, ARRAY[0.5, 0.5, 0.5]::real[])")) {
            statement.setObject(1, said.persona());
            statement.setObject(2, said.named() ? said.message() : null);
            statement.setString(3, said.words());
            statement.executeUpdate();
        }
        embedded.incrementAndGet();
    }

    private Connection connect(String role) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", config.user());
        properties.setProperty("password", config.password());
        properties.setProperty("ApplicationName", "legacy/" + role);
        return DriverManager.getConnection(config.url(), properties);
    }

    /** Stops it after what is in hand; what still waits is never embedded. */
    Counts stop() throws InterruptedException {
        clock.shutdown();
        if (!clock.awaitTermination(1, TimeUnit.MINUTES)) {
            throw new IllegalStateException("the indexer hangs");
        }
        SQLException died = failure.get();
        if (died != null) {
            throw new IllegalStateException("the indexer died", died);
        }
        return new Counts(embedded.get(), ahead.get(), repeated.get());
    }

    @Override
    public void close() {
        clock.shutdownNow(); // its connections end with the demo's server
    }
}
