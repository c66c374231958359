package dev.lockstep.sync;

import dev.lockstep.derive.WriteSession;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** The connections that derive in parallel, opened when first needed. Each is used by one thread at a time. */
public final class LaneSessions implements AutoCloseable {

    /** Opens the session of a lane. */
    @FunctionalInterface
    public interface Opener {
        WriteSession open(int lane) throws SQLException;
    }

    @FunctionalInterface
    interface Task<W, R> {
        R run(WriteSession session, W work) throws SQLException;
    }

    private final Opener opener;
    private final @Nullable WriteSession[] sessions;
    private final ExecutorService threads;
    private boolean unflushed;

    public LaneSessions(Opener opener, int lanes) {
        this.opener = opener;
        this.sessions = new WriteSession[lanes];
        this.threads = Executors.newFixedThreadPool(Math.max(1, lanes - 1), runnable -> {
            Thread thread = new Thread(runnable, "lockstep-lane");
            thread.setDaemon(true);
            return thread;
        });
    }

    int count() {
        return sessions.length;
    }

    WriteSession get(int lane) throws SQLException {
        WriteSession session = sessions[lane];
        if (session == null) {
            session = opener.open(lane);
            sessions[lane] = session;
        }
        return session;
    }

    /** Runs one task per element of {@code works}, each on a lane of its own; returns when all have ended. */
    <W, R> List<R> each(List<W> works, Task<W, R> task) throws SQLException, InterruptedException {
        List<Future<R>> others = new ArrayList<>();
        for (int i = 1; i < works.size(); i++) {
            WriteSession session = get(i);
            W work = works.get(i);
            others.add(threads.submit(() -> task.run(session, work)));
        }
        List<R> results = new ArrayList<>();
        SQLException failure = null;
        RuntimeException fault = null;
        try {
            if (!works.isEmpty()) {
                results.add(task.run(get(0), works.get(0)));
            }
        } catch (SQLException e) {
            failure = e;
        } catch (RuntimeException e) {
            fault = e;
        }
        for (Future<R> other : others) {
            try {
                results.add(other.get());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof SQLException sql) {
                    failure = failure == null ? sql : failure;
                } else if (e.getCause() instanceof RuntimeException runtime) {
                    fault = runtime;
                } else {
                    throw new IllegalStateException(e.getCause());
                }
            }
        }
        if (fault != null) {
            throw fault;
        }
        if (failure != null) {
            throw failure;
        }
        return results;
    }

    /** What they have committed is on the disk. */
    void flushed() {
        unflushed = false;
        for (WriteSession session : sessions) {
            if (session != null) {
                session.flushed();
            }
        }
    }

    /** Whether a session that is gone leaves open if all was kept that was committed since {@link #flushed}. */
    boolean mayHaveLost() {
        return unflushed;
    }

    /** Closes the connections; they are opened anew when needed. */
    void reset() {
        for (int i = 0; i < sessions.length; i++) {
            WriteSession session = sessions[i];
            if (session != null) {
                unflushed |= session.unflushed();
                session.close();
                sessions[i] = null;
            }
        }
    }

    @Override
    public void close() {
        threads.shutdown();
        reset();
    }
}
