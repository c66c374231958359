package dev.lockstep.verify;

import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.LegacyPoints;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.vector.StoreComparison;
import dev.lockstep.vector.StoreFailure;
import dev.lockstep.vector.VectorStore;
import dev.lockstep.verify.Suspects.Sighting;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Verifies one store outside the database. While a sidecar runs, a point counts only if the same version of it is still
 * out of step after the stream has passed, and what the stream asked for has been stamped.
 */
final class StoreVerifier {

    private static final int ROUNDS = 10;
    private static final int EXAMPLES = 5;

    /** How often counts that differ are taken again: points may come and go. */
    private static final int COUNTS = 3;

    private final String name;
    private final StopSignal stop;

    StoreVerifier(String name, StopSignal stop) {
        this.name = name;
        this.stop = stop;
    }

    /** @param store closed at the end */
    VerifyReport.Store run(Connection connection, Mapping mapping, Mapping.Store link, VectorStore store)
            throws SQLException, InterruptedException {
        try (StoreComparison comparison = new StoreComparison(mapping, link, store)) {
            return compare(connection, comparison);
        } catch (StoreFailure e) {
            return new VerifyReport.Store(
                    link.name(), 0, 0, 0, 0, 0, Map.of(), true, List.of(), Objects.toString(e.getMessage()));
        }
    }

    private VerifyReport.Store compare(Connection connection, StoreComparison comparison)
            throws SQLException, InterruptedException {
        boolean agrees;
        StoreComparison.Seen seen;
        int scans = 0;
        do {
            StoreComparison.Counted before = comparison.count();
            seen = comparison.scan(connection);
            agrees = seen.isBetween(before, comparison.count());
        } while (!agrees && ++scans < COUNTS);
        Suspects suspects = new Suspects(rows(seen.out()));
        settle(connection, comparison, suspects, seen.out());
        return new VerifyReport.Store(
                comparison.store(),
                seen.points(),
                suspects.missing(),
                suspects.wrong(),
                seen.orphaned(),
                seen.legacy(),
                new LegacyPoints(name).ages(connection, comparison.store()),
                agrees,
                suspects.confirmed().stream()
                        .limit(EXAMPLES)
                        .map(key -> key.values().get(0))
                        .toList(),
                "");
    }

    private void settle(
            Connection connection,
            StoreComparison comparison,
            Suspects suspects,
            Map<String, StoreComparison.Sighting> first)
            throws SQLException, InterruptedException {
        StreamWait stream = new StreamWait(name, stop);
        if (!stream.live(connection)) {
            suspects.confirmAll();
            return;
        }
        Map<String, StoreComparison.Sighting> out = first;
        for (int round = 0; round < ROUNDS && !suspects.waiting().isEmpty(); round++) {
            Lsn seen = ServerEnd.read(connection).lsn();
            stream.passed(connection, seen);
            new StampWait(name, stop).await(connection, comparison.store(), out.values());
            List<String> ids =
                    suspects.waiting().stream().map(key -> key.values().get(0)).toList();
            out = comparison.look(connection, ids);
            suspects.look(rows(out));
        }
    }

    private static Map<RowKey, Sighting> rows(Map<String, StoreComparison.Sighting> points) {
        Map<RowKey, Sighting> rows = new LinkedHashMap<>();
        points.forEach((id, sighting) -> rows.put(
                RowKey.of(id), new Sighting(sighting.missing(), !sighting.missing(), false, sighting.version())));
        return rows;
    }
}
