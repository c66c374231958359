package dev.lockstep.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PositionOffsetStoreTest {

    private static final ByteBuffer PARTITION = bytes("partition");

    private final PositionOffsetStore store = new PositionOffsetStore();

    @Test
    void theConnectorReadsBackWhatWasAcknowledged() throws Exception {
        store.set(Map.of(PARTITION, bytes("first")), null).get();
        store.set(Map.of(PARTITION, bytes("second")), null).get();

        assertThat(read()).isEqualTo("second");
        assertThat(read()).as("as often as it likes").isEqualTo("second");
    }

    private String read() throws Exception {
        return StandardCharsets.UTF_8
                .decode(store.get(List.of(PARTITION)).get().get(PARTITION))
                .toString();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }
}
