package dev.lockstep.connect;

import dev.lockstep.capture.debezium.UnmeteredTask;
import dev.lockstep.model.Lsn;
import io.debezium.config.Configuration;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.connector.postgresql.PostgresOffsetContext;
import io.debezium.connector.postgresql.PostgresPartition;
import io.debezium.pipeline.ChangeEventSourceCoordinator;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.jspecify.annotations.Nullable;

/**
 * The stock task with commit-boundary offsets. What it acknowledges to the server is what the worker has stored: the
 * stock task reads that back. It has no JMX metrics of single events: they cost a third of the decoding.
 */
public final class LockstepSourceTask extends PostgresConnectorTask {

    private volatile @Nullable Map<String, ?> first;
    private volatile @Nullable ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> metered;
    private volatile BoundaryOffsets offsets = new BoundaryOffsets(null);

    /** Made by the worker. */
    public LockstepSourceTask() {}

    @Override
    public void initialize(SourceTaskContext context) {
        super.initialize(new BoundaryContext(context, new BoundaryReader(context.offsetStorageReader(), () -> first)));
    }

    /** Called anew when the stream broke: what was read and not stored comes again. */
    @Override
    public ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> start(Configuration config) {
        Map<String, String> settings = config.asMap();
        first = null;
        Map<String, ?> stored =
                context.offsetStorageReader().offset(Map.of("server", String.valueOf(settings.get("topic.prefix"))));
        Optional<SourceSlot> slot;
        try {
            slot = SourceSlot.read(settings);
        } catch (SQLException e) {
            throw new RetriableException("the slot cannot be read (SQLSTATE " + e.getSQLState() + ")", e);
        }
        if (stored != null && !BoundaryOffsets.ofSnapshot(stored)) {
            SourceSlot.refuseGap(slot, settings.getOrDefault("slot.name", "debezium"), stored);
        }
        if (stored == null) { // the stream begins where the slot does, not where the server is now
            Lsn confirmed = slot.map(SourceSlot::confirmed).orElse(null);
            first = confirmed == null ? null : BoundaryOffsets.at(confirmed.value());
            stored = first;
        }
        offsets = new BoundaryOffsets(stored);
        ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> coordinator = super.start(config);
        metered = coordinator;
        return coordinator;
    }

    @Override
    @SuppressWarnings("NullAway") // the stock task returns null when there is nothing
    public @Nullable List<SourceRecord> doPoll() throws InterruptedException {
        List<SourceRecord> records = super.doPoll();
        ChangeEventSourceCoordinator<PostgresPartition, PostgresOffsetContext> coordinator = metered;
        if (coordinator != null && records != null && !records.isEmpty()) {
            metered = null; // the stream is open
            UnmeteredTask.silence(coordinator);
        }
        BoundaryOffsets boundaries = offsets;
        return records == null
                ? null
                : records.stream().map(boundaries::rewrite).toList();
    }
}
