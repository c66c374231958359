package dev.lockstep.verify;

import dev.lockstep.model.Brake;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.ServerEnd;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads around real rows as the application does before the migration and as it will after it, in one snapshot, and
 * compares. While a sidecar runs, a row counts only if the same version of it is still wrong after the stream has passed.
 */
final class ShadowReads {

    private static final int ROUNDS = 30;

    private final String name;
    private final Mapping mapping;
    private final int keys;
    private final Brake brake;
    private final StopSignal stop;

    /**
     * @param name the configured name
     * @param keys rows of each table
     * @param brake asked before the reads of each row; the snapshot is kept meanwhile
     */
    ShadowReads(String name, Mapping mapping, int keys, Brake brake, StopSignal stop) {
        this.name = name;
        this.mapping = mapping;
        this.keys = keys;
        this.brake = brake;
        this.stop = stop;
    }

    /** @param connection in auto-commit mode, and left so */
    List<ReadReport.Table> run(Connection connection) throws SQLException, InterruptedException {
        Map<TableReads, Suspects> tables = new LinkedHashMap<>();
        SnapshotScan.begin(connection);
        try {
            for (Mapping.Scoped table : mapping.tables()) {
                TableReads reads = new TableReads(name, mapping, table);
                tables.put(reads, reads.read(connection, keys, brake));
            }
        } finally {
            SnapshotScan.end(connection);
        }
        settle(connection, tables);
        List<ReadReport.Table> reports = new ArrayList<>();
        tables.forEach((reads, suspects) -> reports.add(reads.report(suspects)));
        return reports;
    }

    private void settle(Connection connection, Map<TableReads, Suspects> tables)
            throws SQLException, InterruptedException {
        StreamWait stream = new StreamWait(name, stop);
        if (!stream.live(connection)) {
            tables.values().forEach(Suspects::confirmAll);
            return;
        }
        for (int round = 0; round < ROUNDS && anyWaiting(tables); round++) {
            stream.passed(connection, ServerEnd.read(connection).lsn());
            SnapshotScan.begin(connection);
            try {
                for (Map.Entry<TableReads, Suspects> entry : tables.entrySet()) {
                    Suspects suspects = entry.getValue();
                    suspects.look(entry.getKey().look(connection, suspects.waiting()));
                }
            } finally {
                SnapshotScan.end(connection);
            }
        }
    }

    private static boolean anyWaiting(Map<TableReads, Suspects> tables) {
        return tables.values().stream().anyMatch(s -> !s.waiting().isEmpty());
    }
}
