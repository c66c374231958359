package dev.lockstep.derive;

import dev.lockstep.model.RowKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * One pass over rows in one transaction: a statement that fails is tried again on each half, until the row that the
 * server refuses stands alone. Rows come in groups of one persona: what another session holds is their agent, so a group
 * that has to wait is put off as a whole. Not thread-safe.
 */
final class Halving {

    /** Each wait lasts as long as {@code lock_timeout}, and our own locks last as long as the pass: writers wait for it. */
    private static final int MOST_WAITS = 10;

    /** Brings rows into step, all or none. */
    @FunctionalInterface
    interface Derivation {
        long run(List<RowKey> keys) throws SQLException;
    }

    private final Connection connection;
    private final Derivation derivation;
    private final List<RowKey> putOff = new ArrayList<>();
    private final List<Refusal> refused = new ArrayList<>();
    private int waits;

    /** A row and why the server refuses it. */
    record Refusal(RowKey key, SQLException cause) {}

    Halving(Connection connection, Derivation derivation) {
        this.connection = connection;
        this.derivation = derivation;
    }

    /** Returns the rows written. Which group comes first is left to chance: waits must not always fall to the same. */
    long run(List<List<RowKey>> groups) throws SQLException {
        List<List<RowKey>> shuffled = new ArrayList<>(groups);
        Collections.shuffle(shuffled);
        return shuffled.isEmpty() ? 0 : step(shuffled);
    }

    /** Rows that could not be done because somebody holds what they refer to. */
    List<RowKey> putOff() {
        return putOff;
    }

    List<Refusal> refused() {
        return refused;
    }

    private long step(List<List<RowKey>> groups) throws SQLException {
        List<RowKey> keys = groups.stream().flatMap(List::stream).toList();
        if (waits >= MOST_WAITS) {
            putOff.addAll(keys);
            return 0;
        }
        Savepoint before = connection.setSavepoint();
        try {
            long written = derivation.run(keys);
            connection.releaseSavepoint(before);
            return written;
        } catch (SQLException e) {
            return switch (ErrorPolicy.of(e)) {
                case GIVE_WAY -> {
                    connection.rollback(before);
                    waits++;
                    yield groups.size() > 1 ? halves(groups) : putOff(keys);
                }
                case SET_ASIDE -> {
                    connection.rollback(before);
                    yield keys.size() > 1 ? halves(groups.size() > 1 ? groups : singles(keys)) : refuse(keys, e);
                }
                case RETRY, STOP -> throw e;
            };
        }
    }

    private long halves(List<List<RowKey>> groups) throws SQLException {
        int half = groups.size() / 2;
        return step(groups.subList(0, half)) + step(groups.subList(half, groups.size()));
    }

    private long putOff(List<RowKey> keys) {
        putOff.addAll(keys);
        return 0;
    }

    private long refuse(List<RowKey> keys, SQLException cause) {
        keys.forEach(key -> refused.add(new Refusal(key, cause)));
        return 0;
    }

    private static List<List<RowKey>> singles(List<RowKey> keys) {
        return keys.stream().map(List::of).toList();
    }
}
