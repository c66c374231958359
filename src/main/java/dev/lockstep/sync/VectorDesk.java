package dev.lockstep.sync;

import dev.lockstep.derive.VectorGate;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.VectorFollowSql;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Vectors follow the messages and conversations they belong to. One thread at a time. */
final class VectorDesk {

    /** Derives rows of one table. */
    @FunctionalInterface
    interface Rederive {
        void rows(TableName table, List<RowKey> keys) throws SQLException;
    }

    private final VectorGate gate;
    private final String scannedSql;
    private final Set<TableName> tables;
    private final List<VectorFollower> followers = new ArrayList<>();

    VectorDesk(String name, Mapping mapping) {
        this.gate = new VectorGate(name, mapping);
        this.scannedSql = VectorFollowSql.scanned(name);
        this.tables = mapping.vectors().stream().map(Mapping.Scoped::table).collect(Collectors.toSet());
        for (Mapping.Scoped vectors : mapping.vectors()) {
            if (vectors.link() != null) {
                followers.add(new VectorFollower(mapping, vectors, vectors.link()));
            }
        }
    }

    boolean holds(TableName table) {
        return tables.contains(table);
    }

    /** Whether any vector has to be looked at. */
    boolean concerns(RowsByTable changes) {
        return tables.stream().anyMatch(changes::touches)
                || followers.stream().anyMatch(follower -> follower.concerns(changes));
    }

    /** Whether vectors are derived already; if not, their own scan will find what is left out now. */
    boolean open(WriteSession session) throws SQLException {
        if (gate.isOpen()) {
            return true;
        }
        session.begin();
        boolean open = gate.open(session.connection());
        session.commit();
        return open;
    }

    /** Derives the vectors that the changes put out of step and that are not among them, in bounded pieces. */
    void follow(WriteSession session, RowsByTable changes, Rederive rederive) throws SQLException {
        boolean scanned = session.look(
                handle -> handle.createQuery(scannedSql).mapTo(Boolean.class).one()); // before it is asked for rows
        for (VectorFollower follower : followers) {
            follower.delete(session, changes);
            for (KeyQuery query : follower.queries(changes, scanned)) {
                drain(session, follower.table(), query, rederive);
            }
        }
    }

    /** Whether vectors may be out of step until the next sweep. */
    boolean waiting() {
        return followers.stream().anyMatch(VectorFollower::waiting);
    }

    boolean sweepDue() {
        return followers.stream().anyMatch(follower -> follower.sweep().isPresent());
    }

    /** Looks for the vectors that a deleted message had tied by its hash. */
    void sweep(WriteSession session, Rederive rederive) throws SQLException {
        if (!open(session)) {
            return;
        }
        for (VectorFollower follower : followers) {
            KeyQuery query = follower.sweep().orElse(null);
            if (query != null) {
                long started = System.nanoTime();
                boolean done = false;
                follower.sweeping();
                try {
                    drain(session, follower.table(), query, rederive);
                    done = true;
                } finally {
                    follower.swept(Duration.ofNanos(System.nanoTime() - started), done);
                }
            }
        }
    }

    /** Derives what the query finds, some rows at a time, until it finds no others. */
    static void drain(WriteSession session, TableName table, KeyQuery query, Rederive rederive) throws SQLException {
        Set<RowKey> seen = new HashSet<>();
        List<RowKey> keys = query.next(session, seen);
        while (!keys.isEmpty()) {
            seen.addAll(keys);
            rederive.rows(table, keys);
            keys = query.next(session, seen);
        }
    }
}
