package dev.lockstep.connect;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.jspecify.annotations.Nullable;

/** The worker's offsets as the stream is opened with them: without {@code lsn_proc}, and where there is none, the slot's. */
final class BoundaryReader implements OffsetStorageReader {

    private final OffsetStorageReader stored;
    private final Supplier<@Nullable Map<String, ?>> otherwise;

    /** @param otherwise for a first start; null lets the connector choose */
    BoundaryReader(OffsetStorageReader stored, Supplier<@Nullable Map<String, ?>> otherwise) {
        this.stored = stored;
        this.otherwise = otherwise;
    }

    @Override
    @SuppressWarnings({"unchecked", "NullAway"}) // as the interface has it; null when there is none
    public <T> Map<String, Object> offset(Map<String, T> partition) {
        Map<String, ?> found = stored.offset(partition);
        return (Map<String, Object>) (found == null ? otherwise.get() : BoundaryOffsets.opening(found));
    }

    @Override
    public <T> Map<Map<String, T>, Map<String, Object>> offsets(Collection<Map<String, T>> partitions) {
        Map<Map<String, T>, Map<String, Object>> all = new HashMap<>();
        partitions.forEach(partition -> all.put(partition, offset(partition)));
        return all;
    }
}
