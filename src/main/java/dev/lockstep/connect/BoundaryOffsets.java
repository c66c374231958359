package dev.lockstep.connect;

import java.util.Map;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Gives each record the offset of the last transaction that ended before it, as {@code {lsn, lsn_commit}} and without
 * {@code lsn_proc}: from there the server sends whole transactions again. The offsets of the stock task point into the
 * middle of one, and rows are lost when a worker dies (FACTS, how rows get lost, 2). Not thread-safe.
 */
final class BoundaryOffsets {

    private static final String COMMIT = "lsn_commit";
    private static final String SNAPSHOT = "snapshot";

    private @Nullable Map<String, ?> last;
    private boolean inTransaction;

    /** @param start the offset that the stream was opened with; null when there was none */
    BoundaryOffsets(@Nullable Map<String, ?> start) {
        this.last = start;
    }

    /** The offset for a boundary. */
    static Map<String, Object> at(long lsn) {
        return Map.of("lsn", lsn, COMMIT, lsn);
    }

    /** A stored offset, as the stream may be opened with it; that of a snapshot stays as it is. */
    static Map<String, ?> opening(Map<String, ?> stored) {
        if (ofSnapshot(stored)) {
            return stored;
        }
        Object lsn = stored.get(COMMIT) == null ? stored.get("lsn") : stored.get(COMMIT);
        return lsn instanceof Number number ? at(number.longValue()) : stored;
    }

    static boolean ofSnapshot(Map<String, ?> offset) {
        return offset.get(SNAPSHOT) != null;
    }

    SourceRecord rewrite(SourceRecord record) {
        Map<String, ?> own = record.sourceOffset();
        if (own != null && ofSnapshot(own)) {
            last = own; // a snapshot begins anew, or is over
            return record;
        }
        if (record.value() instanceof Struct value) {
            follow(value, own);
        }
        return new SourceRecord(
                record.sourcePartition(),
                last,
                record.topic(),
                record.kafkaPartition(),
                record.keySchema(),
                record.key(),
                record.valueSchema(),
                record.value(),
                record.timestamp(),
                record.headers());
    }

    private void follow(Struct value, @Nullable Map<String, ?> own) {
        if (value.schema().field("status") != null && value.schema().field("event_count") != null) {
            inTransaction = "BEGIN".equals(value.getString("status"));
            if (!inTransaction) {
                if (own == null || !(own.get(COMMIT) instanceof Number commit)) {
                    throw new IllegalStateException("the end of a transaction came without its LSN");
                }
                last = at(commit.longValue());
            }
        } else if (!inTransaction && value.schema().field("op") != null && "m".equals(value.getString("op"))) {
            last = at(value.getStruct("source").getInt64("lsn")); // everything before it has been sent
        }
    }
}
