package dev.lockstep.soak;

import dev.lockstep.model.StopSignal;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.Writers;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.postgresql.PGConnection;

/**
 * A legacy application that outlives every fault: one writer of single rows and slow transactions, one of many rows, COPY,
 * rolled-back work and changed agents. Alone, the two never deadlock: the first holds one old row at most.
 */
final class SoakWriters {

    private static final int MOST_ROWS = 6_000;

    private final TestDatabase db;
    private final SoakSchema schema;
    private final StopSignal stop = new StopSignal();
    private final AtomicLong committed = new AtomicLong();
    private final Map<String, AtomicLong> failed = new ConcurrentSkipListMap<>();
    private final List<CompletableFuture<Void>> running = new ArrayList<>();

    private interface Transaction {
        void run(Connection connection, Statement statement) throws SQLException, IOException, InterruptedException;
    }

    SoakWriters(TestDatabase db, SoakSchema schema, Random random) {
        this.db = db;
        this.schema = schema;
        Random single = new Random(random.nextLong());
        Random bulk = new Random(random.nextLong());
        running.add(Writers.beside(() -> write(single, 30, (c, s) -> single(c, s, single))));
        running.add(Writers.beside(() -> write(bulk, 300, (c, s) -> bulk(c, s, bulk))));
    }

    long committed() {
        return committed.get();
    }

    /** By SQLSTATE. */
    Map<String, AtomicLong> failed() {
        return failed;
    }

    /** Stops after the transactions in hand. */
    void stop() {
        stop.request();
        running.forEach(CompletableFuture::join);
    }

    private void write(Random random, int millis, Transaction transaction) throws Exception {
        while (!stop.pause(Duration.ofMillis(200))) {
            try (Connection connection = db.connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                while (!stop.pause(Duration.ofMillis(random.nextInt(2 * millis)))) {
                    transaction.run(connection, statement);
                    connection.commit();
                    committed.incrementAndGet();
                }
            } catch (SQLException e) {
                failed.computeIfAbsent(String.valueOf(e.getSQLState()), state -> new AtomicLong())
                        .incrementAndGet();
            }
        }
    }

    private void single(Connection connection, Statement statement, Random random)
            throws SQLException, InterruptedException {
        int what = random.nextInt(100);
        if (what < 55) {
            statement.execute(schema.insert(1));
        } else if (what < 57) {
            statement.execute(schema.insert(2));
            stop.pause(Duration.ofMillis(random.nextInt(3000)));
            statement.execute(any(schema.singles, random));
        } else if (what < 65) {
            statement.execute(schema.delete(1));
        } else {
            statement.execute(any(schema.singles, random));
        }
        if (random.nextInt(40) == 0) {
            connection.rollback();
        }
    }

    private void bulk(Connection connection, Statement statement, Random random)
            throws SQLException, IOException, InterruptedException {
        int what = random.nextInt(100);
        if (what < 30) {
            statement.execute(schema.insert(1 + random.nextInt(50)));
        } else if (what < 55) {
            copy(connection, random, 1 + random.nextInt(300));
        } else if (what < 65) {
            statement.execute(schema.insert(1 + random.nextInt(300)));
            connection.rollback();
        } else if (what < 70) {
            statement.execute(any(schema.agents, random));
        } else if (what < 75) {
            statement.execute(schema.insert(20));
            stop.pause(Duration.ofMillis(random.nextInt(3000)));
            copy(connection, random, 20);
        } else {
            trim(statement, random);
        }
    }

    /** What has been there longest goes, so that the tables stay as they are in size. */
    private void trim(Statement statement, Random random) throws SQLException {
        long rows = db.number("SELECT count(*) FROM " + schema.messages);
        statement.execute(schema.delete(rows > MOST_ROWS ? 500 : 1 + random.nextInt(20)));
    }

    private void copy(Connection connection, Random random, int rows) throws SQLException, IOException {
        List<List<String>> personas = db.rows(schema.personas);
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            lines.append(personas.get(random.nextInt(personas.size())).get(0))
                    .append("\tcopied ")
                    .append(random.nextInt())
                    .append('\n');
        }
        connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn("COPY " + schema.copied + " FROM STDIN", new StringReader(lines.toString()));
    }

    private static String any(List<String> statements, Random random) {
        return statements.get(random.nextInt(statements.size()));
    }
}
