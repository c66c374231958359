package dev.lockstep.verify;

import dev.lockstep.derive.KeyArrays;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.ReadSql;
import dev.lockstep.verify.Suspects.Sighting;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The shadow reads of one table. Not thread-safe. */
final class TableReads {

    private static final int EXAMPLES = 10;

    /** Heap blocks that are looked in for each key. */
    private static final int BLOCKS = 4;

    /** How much more of the table is looked at when there were not enough rows in it. */
    private static final int MORE = 8;

    /** Where no index leads with what is read by, each read is a scan: then fewer rows have to do. */
    private static final Duration ENOUGH = Duration.ofSeconds(10);

    private static final int AT_LEAST = 3;

    private record Row(
            RowKey key,
            String persona,
            @Nullable String agent,
            @Nullable String conversation) {}

    private final Mapping.Scoped table;
    private final ReadSql sql;
    private final Map<RowKey, ReadDiff.Seen> seen = new LinkedHashMap<>();
    private final Map<RowKey, String> why = new LinkedHashMap<>();
    private final List<Long> byPersona = new ArrayList<>();
    private final List<Long> byAgent = new ArrayList<>();
    private final List<Double> overlaps = new ArrayList<>();
    private long keys;

    TableReads(String name, Mapping mapping, Mapping.Scoped table) {
        this.table = table;
        this.sql = new ReadSql(name, mapping, table);
    }

    /** Reads around some rows, both ways; returns those by which the two differ. All of it in the caller's snapshot. */
    Suspects read(Connection connection, int most, Brake brake) throws SQLException, InterruptedException {
        List<Row> rows = sample(connection, most);
        Optional<ReadSql.Pair> nearest = recalls(connection) ? sql.nearest() : Optional.empty();
        Duration took = Duration.ZERO;
        Duration all = Duration.ZERO;
        for (Row row : rows) {
            if (keys >= AT_LEAST && all.compareTo(ENOUGH) >= 0) {
                break;
            }
            brake.step(took);
            long began = System.nanoTime();
            compare(connection, row);
            if (nearest.isPresent()) {
                recall(connection, nearest.get(), row);
            }
            took = Duration.ofNanos(System.nanoTime() - began);
            all = all.plus(took);
            keys++;
        }
        return new Suspects(look(connection, List.copyOf(seen.keySet())));
    }

    /** Those of the rows by which the reads differed that still have a reason for it. */
    Map<RowKey, Sighting> look(Connection connection, List<RowKey> rows) throws SQLException {
        Map<RowKey, Sighting> out = new LinkedHashMap<>();
        for (Map.Entry<RowKey, ReadDiff.Facts> row : facts(connection, rows).entrySet()) {
            ReadDiff.Seen how = seen.get(row.getKey());
            if (how != null) {
                ReadDiff.why(how, row.getValue()).ifPresent(reason -> {
                    why.put(row.getKey(), reason);
                    boolean missing = !row.getValue().stamped();
                    out.put(
                            row.getKey(),
                            new Sighting(
                                    missing, !missing, false, row.getValue().version()));
                });
            }
        }
        return out;
    }

    ReadReport.Table report(Suspects suspects) {
        List<RowKey> differing = suspects.confirmed();
        OptionalDouble overlap = overlaps.stream().mapToDouble(share -> share).average();
        return new ReadReport.Table(
                table.table().toString(),
                keys,
                byPersona.size(),
                differing.size(),
                ReadReport.Millis.of(byPersona),
                ReadReport.Millis.of(byAgent),
                overlap.isPresent() ? overlap.getAsDouble() : null,
                differing.stream()
                        .limit(EXAMPLES)
                        .map(key -> new ReadReport.Example(key.toString(), why.getOrDefault(key, "")))
                        .toList(),
                "");
    }

    /** In a small part of the table, or in a larger one where there are few rows with a persona. */
    private List<Row> sample(Connection connection, int most) throws SQLException {
        long blocks = 0;
        for (TableName leaf : table.leaves()) {
            blocks += SnapshotScan.blocks(connection, leaf);
        }
        double percent = blocks <= (long) BLOCKS * most ? 100 : 100.0 * BLOCKS * most / blocks;
        List<Row> rows = sample(connection, most, percent);
        while (rows.size() < most && percent < 100) {
            percent = Math.min(100, percent * MORE);
            rows = sample(connection, most, percent);
        }
        return rows;
    }

    private List<Row> sample(Connection connection, int most, double percent) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql.sample())) {
            statement.setFloat(1, (float) percent);
            statement.setInt(2, most);
            int key = table.key().size();
            List<Row> rows = new ArrayList<>();
            try (ResultSet found = statement.executeQuery()) {
                while (found.next()) {
                    rows.add(new Row(
                            KeyArrays.readOne(found, key),
                            found.getString(key + 1),
                            found.getString(key + 2),
                            found.getString(key + 3)));
                }
            }
            return rows;
        }
    }

    private void compare(Connection connection, Row row) throws SQLException {
        String conversation = row.conversation();
        if (conversation != null) {
            compare(
                    connection,
                    sql.byConversation().orElseThrow(),
                    values(conversation, row.persona()),
                    values(conversation, row.agent()));
        }
        compare(connection, sql.byPersona(), values(row.persona()), values(row.agent()));
    }

    /** Whichever comes second finds the blocks in memory, so they take turns. */
    private void compare(
            Connection connection, ReadSql.Pair pair, List<@Nullable String> before, List<@Nullable String> after)
            throws SQLException {
        List<RowKey> old;
        List<RowKey> present;
        if (byPersona.size() % 2 == 0) {
            old = timed(connection, pair.before(), before, byPersona);
            present = timed(connection, pair.after(), after, byAgent);
        } else {
            present = timed(connection, pair.after(), after, byAgent);
            old = timed(connection, pair.before(), before, byPersona);
        }
        ReadDiff.between(old, present).forEach((key, how) -> seen.merge(key, how, ReadDiff.Seen::worse));
    }

    private List<RowKey> timed(Connection connection, String text, List<@Nullable String> values, List<Long> times)
            throws SQLException {
        long began = System.nanoTime();
        List<RowKey> rows = keys(connection, text, values);
        times.add(System.nanoTime() - began);
        return rows;
    }

    private void recall(Connection connection, ReadSql.Pair pair, Row row) throws SQLException {
        List<@Nullable String> before = new ArrayList<>(row.key().values());
        List<@Nullable String> after = new ArrayList<>(row.key().values());
        before.add(row.persona());
        after.addAll(values(row.conversation(), row.agent()));
        Set<RowKey> old = Set.copyOf(keys(connection, pair.before(), before));
        if (!old.isEmpty()) {
            long common = keys(connection, pair.after(), after).stream()
                    .filter(old::contains)
                    .count();
            overlaps.add((double) common / old.size());
        }
    }

    /** After a change of the mapping it is there once {@code expand} has been run. */
    private boolean recalls(Connection connection) throws SQLException {
        if (table.link() == null) {
            return false;
        }
        try (PreparedStatement statement = connection.prepareStatement("SELECT to_regprocedure(?) IS NOT NULL")) {
            statement.setString(1, sql.recall());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private List<RowKey> keys(Connection connection, String text, List<@Nullable String> values) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(text)) {
            for (int i = 0; i < values.size(); i++) {
                statement.setString(i + 1, values.get(i));
            }
            try (ResultSet rows = statement.executeQuery()) {
                return KeyArrays.read(rows, table.key().size());
            }
        }
    }

    private Map<RowKey, ReadDiff.Facts> facts(Connection connection, List<RowKey> rows) throws SQLException {
        Map<RowKey, ReadDiff.Facts> facts = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(sql.facts())) {
            KeyArrays.bind(statement, table.key(), rows);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    facts.put(
                            KeyArrays.readOne(row, table.key().size()),
                            new ReadDiff.Facts(
                                    row.getBoolean("stamped"),
                                    row.getBoolean("of_persona"),
                                    row.getBoolean("in_step"),
                                    row.getString("version")));
                }
            }
        }
        return facts;
    }

    private static List<@Nullable String> values(@Nullable String... values) {
        return Arrays.asList(values);
    }
}
