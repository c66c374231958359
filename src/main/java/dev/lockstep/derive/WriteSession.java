package dev.lockstep.derive;

import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.Direction;
import dev.lockstep.model.Snapshot;
import dev.lockstep.state.Fence;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that writes for lockstep: its commits carry a replication origin of ours, it waits for a lock only a
 * moment, and its transactions begin behind the fence. Not thread-safe.
 */
public final class WriteSession implements AutoCloseable {

    private static final AtomicBoolean TOLD = new AtomicBoolean();
    private static final Logger log = LoggerFactory.getLogger(WriteSession.class);

    /** How long a statement may wait for a writer's lock: far less than {@code deadlock_timeout}, so that we lose. */
    private static final String PATIENCE = "20ms";

    private static final int ORIGIN_TRIES = 50;

    private final Connection connection;
    private final Handle handle;
    private final Fence fence;
    private final int seat;
    private final long epoch;
    private final boolean tagged;
    private Direction direction = Direction.PERSONA_LEADS;
    private @Nullable Direction forced;
    private boolean flushes = true;
    private boolean unflushed;

    private WriteSession(Connection connection, Fence fence, int seat, long epoch, boolean tagged) throws SQLException {
        this.connection = connection;
        this.handle = Handles.of(connection);
        this.fence = fence;
        this.seat = seat;
        this.epoch = epoch;
        this.tagged = tagged;
    }

    /**
     * Connects.
     *
     * @param seat the session's own seat at the fence; also names its origin
     * @param epoch the only epoch in which it writes
     */
    public static WriteSession open(Database database, String name, String role, int seat, long epoch)
            throws SQLException {
        Connection connection = database.open(role);
        try {
            try (Statement statement = connection.createStatement()) {
                statement.execute("SET lock_timeout = '" + PATIENCE + "'");
            }
            boolean tagged = tag(connection, name + "_" + seat);
            connection.setAutoCommit(false);
            return new WriteSession(connection, new Fence(name), seat, epoch, tagged);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * As {@link #open}, but a commit does not wait for the disk. Only for work that is done again unless a position stored
     * after it, by a commit that does wait, says that it was done: the log is flushed in order, so that commit flushes all
     * before it. Only while the server lives, which a session that was there before proves and one that came after does not:
     * see {@link #unflushed}.
     */
    public static WriteSession openUnflushed(Database database, String name, String role, int seat, long epoch)
            throws SQLException {
        WriteSession session = open(database, name, role, seat, epoch);
        try (Statement statement = session.connection.createStatement()) {
            statement.execute("SET synchronous_commit = off");
            session.commit();
            session.flushes = false;
            return session;
        } catch (SQLException e) {
            session.close();
            throw e;
        }
    }

    /** For tests and tools that look at the session. Its transactions are begun by {@link #begin} alone. */
    public Connection connection() {
        return connection;
    }

    /** Asks in the transaction that was begun. */
    public <T> T ask(Handles.Question<T> question) throws SQLException {
        return Handles.ask(handle, question);
    }

    /** Looks without the fence, so without a lock and without WAL: for what is asked again and again. */
    public <T> T look(Handles.Question<T> question) throws SQLException {
        T answer = ask(question);
        rollback();
        return answer;
    }

    /** Changes state in the transaction that was begun. */
    public void tell(Handles.Order order) throws SQLException {
        Handles.tell(handle, order);
    }

    /** Whether commits carry an origin; without one our own changes come back through the stream. */
    public boolean tagged() {
        return tagged;
    }

    /**
     * Begins a transaction behind the fence.
     *
     * @return what its first statement saw; later statements see at least as much
     * @throws Superseded when another process has taken over
     * @throws Contracted when the migration is over
     */
    public Snapshot begin() throws SQLException {
        Fence.Reading reading = fence.lock(connection, seat);
        if (reading.epoch() != epoch) {
            rollback();
            throw new Superseded(epoch, reading.epoch());
        }
        return switch (reading.phase()) {
            case SYNC, CUTOVER -> {
                direction = reading.direction();
                yield Snapshot.parse(reading.snapshot());
            }
            case CONTRACTED -> {
                rollback();
                throw new Contracted();
            }
        };
    }

    /** Of the transaction that was begun: it cannot change before that ends. */
    public Direction direction() {
        return forced == null ? direction : forced;
    }

    /** From now on as if this were the direction: for what was written before it was turned. */
    public WriteSession asIf(Direction other) {
        forced = other;
        return this;
    }

    public void commit() throws SQLException {
        unflushed |= !flushes; // before: who does not hear of a commit does not know
        connection.commit();
    }

    /** Whether a crash of the server may have taken back what this session has committed, since {@link #flushed}. */
    public boolean unflushed() {
        return unflushed;
    }

    /** A commit that came after all of this session's has waited for the disk. */
    public void flushed() {
        unflushed = false;
    }

    public void rollback() throws SQLException {
        connection.rollback();
    }

    /** Never throws: what is broken is gone anyway. */
    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            log.debug("closing a broken connection", e);
        }
    }

    /** Each session of ours would say the same. */
    private static void tellOnce(String line) {
        if (TOLD.compareAndSet(false, true)) {
            log.info(line);
        }
    }

    private static boolean tag(Connection connection, String origin) throws SQLException {
        try (PreparedStatement create = connection.prepareStatement(
                "SELECT CASE WHEN pg_replication_origin_oid(?) IS NULL THEN pg_replication_origin_create(?) END")) {
            create.setString(1, origin);
            create.setString(2, origin);
            create.execute();
        } catch (SQLException e) {
            if ("42501".equals(e.getSQLState())) {
                tellOnce(
                        "no right to set a replication origin: our own changes come back through the stream and cost time;"
                                + " GRANT EXECUTE on the pg_replication_origin functions to avoid it");
                return false;
            }
            if (!"42710".equals(e.getSQLState())) { // somebody made it at the same time
                throw e;
            }
        }
        try {
            setUp(connection, origin);
            return true;
        } catch (SQLException e) {
            if ("53400".equals(e.getSQLState())) {
                log.info(
                        "the server tracks no more replication origins: changes made by {} come back through the stream"
                                + " and cost time; raise max_active_replication_origins (max_replication_slots before"
                                + " PostgreSQL 18) to avoid it",
                        origin);
                return false;
            }
            if ("42501".equals(e.getSQLState())) {
                return false;
            }
            throw e;
        }
    }

    /** The last session with this origin may have been closed, and not be gone yet. */
    private static void setUp(Connection connection, String origin) throws SQLException {
        for (int tries = 1; ; tries++) {
            try (PreparedStatement setup =
                    connection.prepareStatement("SELECT pg_replication_origin_session_setup(?)")) {
                setup.setString(1, origin);
                setup.execute();
                return;
            } catch (SQLException e) {
                if (!"55006".equals(e.getSQLState()) || tries == ORIGIN_TRIES) {
                    throw e;
                }
            }
            try (Statement wait = connection.createStatement()) {
                wait.execute("SELECT pg_sleep(0.02)");
            }
        }
    }
}
