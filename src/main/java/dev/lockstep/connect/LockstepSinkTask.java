package dev.lockstep.connect;

import dev.lockstep.derive.ErrorPolicy;
import dev.lockstep.model.LockstepException;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.vector.StoreClients;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.ErrantRecordReporter;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;
import org.jspecify.annotations.Nullable;

/**
 * One of the sink's tasks. When {@link #put} returns, its rows are in step and on the disk, set aside as dead letters, or
 * held by a writer; {@link #preCommit} passes none of the last. Delivered again, records change nothing.
 */
public final class LockstepSinkTask extends SinkTask {

    private static final long HELD_MILLIS = 100;
    private static final long TICK_MILLIS = 1_000;

    private final StoreClients clients;
    private final HeldOffsets held = new HeldOffsets();
    private @Nullable SinkSettings settings;
    private @Nullable PutPatience patience;
    private @Nullable Applier applier;

    /** Made by the worker. */
    public LockstepSinkTask() {
        this(new StoreAdapters());
    }

    LockstepSinkTask(StoreClients clients) {
        this.clients = clients;
    }

    private record Unreadable(SinkRecord record, DataException why) {}

    @Override
    public String version() {
        return PluginVersion.read();
    }

    /** Touches nothing but the configuration: a server that is away now is no reason to fail. */
    @Override
    public void start(Map<String, String> props) {
        SinkSettings read = SinkSettings.of(props);
        settings = read;
        patience = new PutPatience(read.patience());
    }

    @Override
    public void put(Collection<SinkRecord> records) {
        PutPatience limit = Objects.requireNonNull(patience);
        limit.begin();
        try {
            apply(records, limit);
        } catch (InterruptedException e) {
            throw again("not done within " + SinkSettings.PATIENCE + "; the records are delivered again", e);
        } catch (SQLException e) {
            switch (ErrorPolicy.of(e)) {
                case RETRY, GIVE_WAY -> throw again(ErrorPolicy.describe(e), e);
                case SET_ASIDE, STOP ->
                    throw new ConnectException("refused by the server: " + ErrorPolicy.describe(e), e);
            }
        } catch (LockstepException e) {
            if (ErrorPolicy.passes(e)) {
                throw again(String.valueOf(e.getMessage()), e);
            }
            throw new ConnectException(e.getMessage(), e);
        }
    }

    @Override
    public Map<TopicPartition, OffsetAndMetadata> preCommit(Map<TopicPartition, OffsetAndMetadata> currentOffsets) {
        return held.safe(currentOffsets);
    }

    @Override
    public void close(Collection<TopicPartition> partitions) {
        held.forget(partitions);
        if (applier != null) {
            applier.reassigned();
        }
    }

    @Override
    public void stop() {
        if (applier != null) {
            applier.close();
            applier = null;
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the worker waits for what was reported before it commits offsets
    private void apply(Collection<SinkRecord> records, PutPatience limit) throws SQLException, InterruptedException {
        Applier open = applier;
        if (open == null) {
            open = Applier.open(Objects.requireNonNull(settings), clients, limit);
            applier = open;
        }
        ErrantRecordReporter reporter = context.errantRecordReporter();
        List<Unreadable> unreadable = new ArrayList<>();
        List<Arrived> arrived = new ArrayList<>(records.size());
        for (SinkRecord record : records) {
            try {
                open.decoder().decode(record).ifPresent(change -> arrived.add(Arrived.of(record, change)));
            } catch (DataException e) {
                if (reporter == null) {
                    throw e;
                }
                unreadable.add(new Unreadable(record, e));
            }
        }
        open.apply(arrived);
        held.update(open.held(), arrived);
        unreadable.forEach(bad -> reporter.report(bad.record(), bad.why())); // once, and not when it all comes again
        context.timeout(open.held().isEmpty() ? TICK_MILLIS : HELD_MILLIS);
    }

    private RetriableException again(String why, Throwable cause) {
        context.timeout(TICK_MILLIS);
        return new RetriableException(why, cause);
    }
}
