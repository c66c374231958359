package dev.lockstep.capture.debezium;

import dev.lockstep.capture.BatchAssembler;
import dev.lockstep.capture.CaptureFailure;
import dev.lockstep.capture.ChangeSource;
import dev.lockstep.capture.FailoverSlot;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.database.ServerAddress;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Debezium's embedded engine as a source of changes. What it acknowledges to the server is only ever what the consumer
 * called durable, as {@code {lsn, lsn_commit}}. Runs once.
 */
public final class EngineSource implements ChangeSource {

    private static final Logger log = LoggerFactory.getLogger(EngineSource.class);
    private static final AtomicLong ENGINES = new AtomicLong();

    private final LockstepConfig config;
    private final Mapping mapping;
    private final String slot;
    private final String name;
    private final boolean originNone;
    private final BooleanSupplier gentle;
    private final RecordDecoder decoder;
    private final AtomicReference<@Nullable DebeziumEngine<?>> engine = new AtomicReference<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final BatchAssembler assembler = new BatchAssembler();
    private Lsn acknowledged = Lsn.ZERO;
    private volatile boolean closed;
    private volatile boolean polled;

    /**
     * @param slot what is streamed from
     * @param gentle whether others want the processors, so that it had better be read slowly
     */
    public EngineSource(
            LockstepConfig config, Mapping mapping, String slot, boolean originNone, BooleanSupplier gentle) {
        this.gentle = gentle;
        this.config = config;
        this.mapping = mapping;
        this.slot = slot;
        this.name = slot + "_" + ENGINES.incrementAndGet();
        this.originNone = originNone;
        this.decoder = new RecordDecoder(mapping, config.name());
    }

    @Override
    public void run(Lsn from, Consumer consumer) throws InterruptedException {
        Properties properties = EngineProperties.of(config, server(), mapping, from, name, slot, originNone);
        DebeziumEngine<RecordChangeEvent<SourceRecord>> built = DebeziumEngine.create(
                        ChangeEventFormat.of(Connect.class))
                .using(properties)
                .using((success, message, error) -> failure.compareAndSet(null, success ? null : cause(message, error)))
                .notifying((records, committer) -> handle(records, committer, consumer))
                .build();
        engine.set(built);
        if (closed) {
            return;
        }
        new EngineHooks(gentle, () -> !closed && EngineSockets.silent(name), this::polling).offer(name);
        EngineSockets.offer(name);
        try {
            built.run();
        } finally {
            EngineSockets.withdraw(name);
            EngineHooks.withdraw(name);
        }
        Throwable cause = failure.get();
        if (cause instanceof LockstepException e) {
            throw e;
        }
        if (Thread.interrupted() || (cause instanceof InterruptedException && !closed)) {
            throw new InterruptedException();
        }
        if (cause != null && !closed) {
            throw new CaptureFailure(firstLine(cause), cause);
        }
    }

    /** Where the primary is now; the slot that is streamed from for good is made ready for a failover on the way. */
    private ServerAddress server() {
        Database database = new Database(config.database(), config.name());
        try (Connection connection = database.open("capture-start")) {
            if (slot.equals(config.name())) {
                FailoverSlot.allow(database, connection, slot);
            }
            return ServerAddress.of(connection);
        } catch (SQLException e) {
            throw new CaptureFailure("the server went away (SQLSTATE " + e.getSQLState() + ")", e);
        }
    }

    private void handle(
            List<RecordChangeEvent<SourceRecord>> records,
            DebeziumEngine.RecordCommitter<RecordChangeEvent<SourceRecord>> committer,
            Consumer consumer)
            throws InterruptedException {
        for (RecordChangeEvent<SourceRecord> event : records) {
            decoder.decode(event.record(), assembler);
        }
        Lsn durable;
        try {
            durable = consumer.apply(assembler.take());
        } catch (RuntimeException e) {
            failure.compareAndSet(null, e);
            throw e;
        }
        if (durable.isAfter(acknowledged)) {
            DebeziumEngine.Offsets offsets = committer.buildOffsets();
            PositionOffsetStore.offset(durable.value()).forEach(offsets::set);
            committer.markProcessed(records.get(records.size() - 1), offsets);
            acknowledged = durable;
        }
        committer.markBatchFinished();
    }

    /**
     * Returns at once while the engine is still starting; it ends as soon as it polls. To close it between would lose the
     * polling from its pool before it began, and the engine would wait for it for ever (3.6: {@code AsyncEmbeddedEngine}
     * hands the polling to a pool that its own close empties).
     */
    @Override
    public void close() {
        closed = true;
        if (polled) {
            closeEngine();
        }
    }

    /** As {@link #close}, of one whose connections lead nowhere: it would wait for the server's answers. */
    public void abandon() {
        closed = true;
        EngineSockets.close(name);
        close();
    }

    /** Called by the thread that polls, which the engine's own close waits for. */
    private void polling() {
        polled = true;
        if (closed) {
            Thread closing = new Thread(this::closeEngine, "lockstep-closing");
            closing.setDaemon(true);
            closing.start();
        }
    }

    private void closeEngine() {
        DebeziumEngine<?> running = engine.get();
        if (running == null) {
            return;
        }
        try {
            running.close();
        } catch (IOException | IllegalStateException e) {
            log.debug("the engine is being closed, or has ended", e);
        }
    }

    /** Whether {@link #close} was called: whoever did waits for the batch in hand. */
    public boolean isClosed() {
        return closed;
    }

    private static Throwable cause(String message, @Nullable Throwable error) {
        return error == null ? new CaptureFailure(message == null ? "the engine stopped" : message, null) : error;
    }

    /** The server's own words, without Debezium's wrapping and without a second line. */
    private static String firstLine(Throwable error) {
        Throwable root = error;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        String message = root.getMessage();
        return message == null
                ? root.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
    }
}
