package dev.lockstep.verify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.config.StoreConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.Brake;
import dev.lockstep.model.Direction;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.state.ControlSchema;
import dev.lockstep.state.DeadLetters;
import dev.lockstep.state.EvidenceLog;
import dev.lockstep.state.Fence;
import dev.lockstep.state.Gaps;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.vector.StoreClients;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds every mapped row against the in-step predicate, in one snapshot. While a sidecar runs, a mismatch counts only if
 * it is still there after the stream has passed the LSN at which it was seen.
 */
public final class Verifier {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int ROUNDS = 30;
    private static final int CHUNK = 5000;

    /** What is out of step after so many repairs does not keep what is written to it, or is new each time. */
    private static final int REPAIRS = 5;

    private final Database database;
    private final String name;
    private final Mapping mapping;
    private final int workers;
    private final StoreClients clients;
    private final List<StoreConfig> stores;
    private final Brake brake;
    private final StopSignal stop;
    private final @Nullable Direction forced;
    private final int reads;

    /** Of the database alone. */
    public Verifier(Database database, String name, Mapping mapping, int workers, StopSignal stop) {
        this(
                database,
                name,
                mapping,
                workers,
                store -> {
                    throw new IllegalStateException(store.name());
                },
                List.of(),
                Brake.NONE,
                stop);
    }

    /**
     * @param workers connections that compare in parallel
     * @param stores how those of the mapping are reached, in the same order
     * @param brake asked while it scans
     */
    public Verifier(
            Database database,
            String name,
            Mapping mapping,
            int workers,
            StoreClients clients,
            List<StoreConfig> stores,
            Brake brake,
            StopSignal stop) {
        this(database, name, mapping, workers, clients, stores, brake, stop, null, 0);
    }

    private Verifier(
            Database database,
            String name,
            Mapping mapping,
            int workers,
            StoreClients clients,
            List<StoreConfig> stores,
            Brake brake,
            StopSignal stop,
            @Nullable Direction forced,
            int reads) {
        this.database = database;
        this.name = name;
        this.mapping = mapping;
        this.workers = workers;
        this.clients = clients;
        this.stores = List.copyOf(stores);
        this.brake = brake;
        this.stop = stop;
        this.forced = forced;
        this.reads = reads;
    }

    /** The same, as if this were the direction; what it finds is no evidence. */
    public Verifier asIf(Direction other) {
        return new Verifier(database, name, mapping, workers, clients, stores, brake, stop, other, reads);
    }

    /** The same with shadow reads of so many rows of each table, once nothing more is repaired. */
    public Verifier reading(int keys) {
        return new Verifier(database, name, mapping, workers, clients, stores, brake, stop, forced, keys);
    }

    /**
     * Compares, and repairs if there is somebody to do it.
     *
     * @throws LockstepException when it could not be done
     */
    public VerifyReport run(Repair repair) throws InterruptedException {
        long started = System.nanoTime();
        long repaired = 0;
        try (Connection connection = database.open("verify")) {
            ControlSchema.require(connection, name);
            for (int repairs = 0; ; repairs++) {
                Pass pass = pass(connection);
                long written = pass.report().clean() || repairs == REPAIRS ? 0 : mend(repair, pass);
                repaired += written;
                if (written == 0) {
                    VerifyReport report =
                            read(connection, pass.report()).withRepaired(repaired, (System.nanoTime() - started) / 1e9);
                    if (forced == null) {
                        record(connection, report, pass);
                    }
                    return report;
                }
            }
        } catch (SQLException e) {
            throw LockstepException.notDone(
                    "the verification was broken off (SQLSTATE " + e.getSQLState() + "); it can be run again", e);
        }
    }

    private VerifyReport read(Connection connection, VerifyReport report) throws SQLException, InterruptedException {
        if (reads == 0) {
            return report;
        }
        List<ReadReport.Table> all =
                new ArrayList<>(new ShadowReads(name, mapping, reads, brake, stop).run(connection));
        for (int i = 0; i < stores.size(); i++) {
            Mapping.Store link = mapping.stores().get(i);
            try (StoreReads shadow = new StoreReads(name, mapping, link, clients.open(stores.get(i)), stop)) {
                all.add(shadow.run(connection, reads, brake));
            }
        }
        return report.withReads(ReadReport.of(all));
    }

    /** Mends rows that are out of step. */
    @FunctionalInterface
    public interface Repair {

        /** Leaves everything as it is. */
        Repair NONE = rows -> 0;

        /** Returns how many rows were written; 0 ends the verification. */
        long mend(Map<TableName, List<RowKey>> rows) throws SQLException, InterruptedException;

        /** Returns how many points of a store were written. */
        default long mend(String store) throws SQLException, InterruptedException {
            return 0;
        }
    }

    private static long mend(Repair repair, Pass pass) throws SQLException, InterruptedException {
        long written = repair.mend(pass.confirmed());
        for (VerifyReport.Store store : pass.report().stores()) {
            if (store.missing() + store.wrong() > 0) {
                written += repair.mend(store.store());
            }
        }
        return written;
    }

    private record Pass(
            Instant began,
            Direction direction,
            VerifyReport report,
            Map<TableName, List<RowKey>> confirmed,
            String snapshot,
            Map<String, TableComparison.Seen> seen) {}

    private Pass pass(Connection connection) throws SQLException, InterruptedException {
        Instant began = Handles.ask(
                connection,
                handle -> handle.createQuery("SELECT clock_timestamp()")
                        .mapTo(Instant.class)
                        .one());
        Direction direction = forced == null ? new Fence(name).read(connection).direction() : forced;
        AgentComparison agents = new AgentComparison(mapping);
        Set<String> agentless = agents.missing(connection);
        SnapshotScan.Result scan = new SnapshotScan(database, mapping, workers, brake).run(connection, direction);
        Map<TableName, Suspects> suspects = new LinkedHashMap<>();
        scan.tables().forEach((table, comparison) -> suspects.put(table, comparison.suspects()));
        boolean waited = settle(connection, scan, suspects);
        if (!agentless.isEmpty()) {
            agentless.retainAll(agents.missing(connection));
        }
        List<VerifyReport.Store> outside = new ArrayList<>();
        for (int i = 0; i < stores.size(); i++) {
            outside.add(new StoreVerifier(name, stop)
                    .run(connection, mapping, mapping.stores().get(i), clients.open(stores.get(i))));
        }
        return new Pass(
                began,
                direction,
                report(connection, scan, suspects, agents, agentless.size(), waited, outside),
                confirmed(suspects),
                scan.snapshot(),
                seen(scan));
    }

    /** Looks again at what was seen until it is either gone or the same after the stream has passed. */
    private boolean settle(Connection connection, SnapshotScan.Result scan, Map<TableName, Suspects> suspects)
            throws SQLException, InterruptedException {
        StreamWait stream = new StreamWait(name, stop);
        if (!stream.live(connection)) {
            suspects.values().forEach(Suspects::confirmAll);
            return false;
        }
        Lsn seen = scan.asOf();
        for (int round = 0; round < ROUNDS && anyWaiting(suspects); round++) {
            stream.passed(connection, seen);
            seen = Lsn.max(seen, ServerEnd.read(connection).lsn());
            for (Map.Entry<TableName, Suspects> entry : suspects.entrySet()) {
                TableComparison comparison = scan.tables().get(entry.getKey());
                if (comparison != null) {
                    entry.getValue().look(look(connection, comparison, entry.getValue()));
                }
            }
            seen = Lsn.max(seen, ServerEnd.read(connection).lsn());
        }
        return true;
    }

    private static Map<RowKey, Suspects.Sighting> look(
            Connection connection, TableComparison comparison, Suspects suspects) throws SQLException {
        Map<RowKey, Suspects.Sighting> now = new LinkedHashMap<>();
        List<RowKey> keys = suspects.waiting();
        for (int i = 0; i < keys.size(); i += CHUNK) {
            now.putAll(comparison.look(connection, keys.subList(i, Math.min(keys.size(), i + CHUNK))));
        }
        return now;
    }

    private static boolean anyWaiting(Map<TableName, Suspects> suspects) {
        return suspects.values().stream().anyMatch(s -> !s.waiting().isEmpty());
    }

    private VerifyReport report(
            Connection connection,
            SnapshotScan.Result scan,
            Map<TableName, Suspects> suspects,
            AgentComparison agents,
            long agentless,
            boolean waited,
            List<VerifyReport.Store> outside)
            throws SQLException {
        List<VerifyReport.Table> tables = new ArrayList<>();
        long unsettled = 0;
        for (Map.Entry<TableName, TableComparison> entry : scan.tables().entrySet()) {
            Suspects of = suspects.getOrDefault(entry.getKey(), new Suspects(Map.of()));
            tables.add(entry.getValue().report(of));
            unsettled += of.waiting().size();
        }
        VerifyReport.Agents agentReport = agents.report(connection, agentless);
        boolean clean = agentReport.clean()
                && tables.stream().allMatch(VerifyReport.Table::clean)
                && outside.stream().allMatch(VerifyReport.Store::clean);
        long letters = new DeadLetters(name).count(connection);
        List<VerifyReport.Vectors> vectors = VectorCounts.read(connection, mapping);
        return new VerifyReport(
                clean,
                scan.asOf().toString(),
                waited,
                tables,
                vectors,
                outside,
                agentReport,
                null,
                letters,
                0,
                unsettled,
                0);
    }

    private static Map<TableName, List<RowKey>> confirmed(Map<TableName, Suspects> suspects) {
        Map<TableName, List<RowKey>> rows = new LinkedHashMap<>();
        suspects.forEach((table, of) -> rows.put(table, of.confirmed()));
        return rows;
    }

    private static Map<String, TableComparison.Seen> seen(SnapshotScan.Result scan) {
        Map<String, TableComparison.Seen> seen = new LinkedHashMap<>();
        scan.tables().forEach((table, comparison) -> seen.put(table.toString(), comparison.seen()));
        return seen;
    }

    /** The report, the snapshot that was compared, and with each table the hashes of its ranges. */
    private void record(Connection connection, VerifyReport report, Pass pass) throws SQLException {
        try {
            ObjectNode evidence = JSON.valueToTree(report);
            evidence.put("snapshot", pass.snapshot());
            for (JsonNode table : evidence.get("tables")) {
                ((ObjectNode) table).setAll((ObjectNode)
                        JSON.valueToTree(pass.seen().get(table.get("table").asText())));
            }
            String json = JSON.writeValueAsString(evidence);
            Handles.tell(
                    connection,
                    handle -> handle.useTransaction(tx -> {
                        requireDirection(tx.getConnection(), pass.direction());
                        new EvidenceLog(name)
                                .record(tx, "verify", pass.began(), Lsn.parse(report.asOf()), report.clean(), json);
                        if (report.clean()) {
                            new Gaps(name).verified(tx, pass.began());
                        }
                    }));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What is recorded after a turn would pass for evidence of it. Nobody turns it before this transaction ends. */
    private void requireDirection(Connection transaction, Direction verified) throws SQLException {
        if (new Fence(name).lock(transaction, Fence.RUN_SEAT).direction() != verified) {
            throw LockstepException.notDone(
                    "the migration was turned while it was verified, and what is in step with it; run it again", null);
        }
    }
}
