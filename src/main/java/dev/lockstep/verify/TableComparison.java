package dev.lockstep.verify;

import dev.lockstep.derive.KeyArrays;
import dev.lockstep.model.Direction;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.DriftSql;
import dev.lockstep.verify.Suspects.Sighting;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Compares one table range by range; the sums of all its ranges, which several threads may add. Thread-safe. */
final class TableComparison {

    /** So many keys are remembered; rows beyond them are counted as seen. */
    static final int REMEMBERED = 100_000;

    private final Mapping.Scoped table;
    private final DriftSql sql;
    private final Map<RowKey, Sighting> seen = new LinkedHashMap<>();
    private final RangeHashes hashes = new RangeHashes();
    private long rows;
    private long missing;
    private long wrong;
    private long hashWrong;

    TableComparison(Mapping mapping, Mapping.Scoped table, Direction direction) {
        this.table = table;
        this.sql = new DriftSql(mapping, table, direction);
    }

    Mapping.Scoped table() {
        return table;
    }

    /** One statement counts; only where something is out of step others tell what, and name the rows. */
    void range(Connection connection, TableName leaf, long from, long to) throws SQLException {
        if (out(connection, leaf, from, to) == 0) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql.countByRange(leaf))) {
            bind(statement, from, to);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                add(row.getLong("missing"), row.getLong("wrong"), row.getLong("hash_wrong"));
            }
        }
        if (remembered() < REMEMBERED) {
            try (PreparedStatement statement = connection.prepareStatement(sql.rowsByRange(leaf))) {
                statement.setFetchSize(5000);
                bind(statement, from, to);
                try (ResultSet found = statement.executeQuery()) {
                    remember(read(found, REMEMBERED));
                }
            }
        }
    }

    private long out(Connection connection, TableName leaf, long from, long to) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql.outByRange(leaf))) {
            bind(statement, from, to);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                count(leaf, from, to, row.getLong("rows"), row.getLong("hash"));
                return row.getLong("out");
            }
        }
    }

    /** Those of the named rows that are out of step now. */
    Map<RowKey, Sighting> look(Connection connection, List<RowKey> keys) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql.rowsByKey())) {
            KeyArrays.bind(statement, table.key(), keys);
            try (ResultSet rows = statement.executeQuery()) {
                return read(rows, Integer.MAX_VALUE);
            }
        }
    }

    synchronized Suspects suspects() {
        return new Suspects(seen);
    }

    /** The result: what was confirmed, and what was seen beyond the keys that could be remembered. */
    synchronized VerifyReport.Table report(Suspects suspects) {
        return new VerifyReport.Table(
                table.table().toString(),
                rows,
                suspects.missing()
                        + missing
                        - seen.values().stream().filter(Sighting::missing).count(),
                suspects.wrong()
                        + wrong
                        - seen.values().stream().filter(Sighting::wrong).count(),
                suspects.hashWrong()
                        + hashWrong
                        - seen.values().stream().filter(Sighting::hashWrong).count(),
                suspects.confirmed().stream().limit(10).map(RowKey::toString).toList(),
                hashes.total());
    }

    /**
     * What was seen, so that somebody else can see whether it still is there.
     *
     * @param hashOf the SQL of the hashes, over the rows {@code t} of a range
     */
    record Seen(String hashOf, List<RangeHashes.Range> ranges) {}

    /** By ranges. */
    synchronized Seen seen() {
        return new Seen("to_hex(" + sql.hash() + ")", hashes.ranges());
    }

    private synchronized void count(TableName leaf, long from, long to, long allRows, long hash) {
        rows += allRows;
        hashes.add(leaf, from, to, allRows, hash);
    }

    private synchronized void add(long missingRows, long wrongRows, long hashRows) {
        missing += missingRows;
        wrong += wrongRows;
        hashWrong += hashRows;
    }

    private synchronized int remembered() {
        return seen.size();
    }

    private synchronized void remember(Map<RowKey, Sighting> found) {
        found.forEach((key, sighting) -> {
            if (seen.size() < REMEMBERED) {
                seen.put(key, sighting);
            }
        });
    }

    private Map<RowKey, Sighting> read(ResultSet rows, int most) throws SQLException {
        Map<RowKey, Sighting> found = new LinkedHashMap<>();
        int key = table.key().size();
        while (found.size() < most && rows.next()) {
            found.put(
                    KeyArrays.readOne(rows, key),
                    new Sighting(
                            rows.getBoolean(key + 1),
                            rows.getBoolean(key + 2),
                            rows.getBoolean(key + 3),
                            rows.getString(key + 4)));
        }
        return found;
    }

    private static void bind(PreparedStatement statement, long from, long to) throws SQLException {
        statement.setString(1, "(" + from + ",0)");
        statement.setString(2, "(" + to + ",0)");
    }
}
