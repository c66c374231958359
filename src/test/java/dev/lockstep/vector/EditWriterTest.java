package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.testing.FaultyStore;
import dev.lockstep.testing.MemoryStore;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EditWriterTest {

    private final MemoryStore.Server server = new MemoryStore.Server();
    private final FaultyStore store = new FaultyStore(new MemoryStore(server, "m"));
    private final EditWriter writer = new EditWriter(store);

    private static List<Edit> edits(int count) {
        return IntStream.range(0, count)
                .<Edit>mapToObj(i -> new Edit.Stamp("p" + i, Map.of("agent", "a"), Set.of()))
                .toList();
    }

    private void points(int count) {
        server.add(
                "m",
                IntStream.range(0, count)
                        .mapToObj(i -> new Point("p" + i, Map.of()))
                        .toList());
    }

    private Set<String> unstamped() {
        return server.collections().get("m").values().stream()
                .filter(point -> point.payload().isEmpty())
                .map(Point::id)
                .collect(Collectors.toSet());
    }

    @Test
    void aRefusedPointHoldsUpNoOther() {
        points(100);
        store.refuse(Set.of("p0", "p41", "p42"));
        assertThat(writer.write(edits(100))).containsExactlyInAnyOrder("p0", "p41", "p42");
        assertThat(unstamped()).containsExactlyInAnyOrder("p0", "p41", "p42");
    }

    @Test
    void whatFailsForAMomentIsWritten() {
        points(10);
        store.failBeforeWrite(3);
        writer.write(edits(10));
        store.failAfterWrite(3);
        writer.write(edits(10));
        assertThat(unstamped()).isEmpty();
    }

    @Test
    void aStoreThatIsAwayOrRefusesTooMuchFails() {
        points(100);
        store.refuse(IntStream.range(0, 10).mapToObj(i -> "p" + i).collect(Collectors.toSet()));
        assertThatThrownBy(() -> writer.write(edits(100)))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("refuses");
        store.refuse(Set.of());
        store.goAway();
        assertThatThrownBy(() -> writer.write(edits(100)))
                .isInstanceOf(StoreFailure.class)
                .hasMessageContaining("away");
    }
}
