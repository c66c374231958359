package dev.lockstep.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.vector.Edit;
import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreFailure;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FaultyStoreTest {

    private static final Selection ALL = new Selection.All();
    private static final List<Edit> REMOVAL = List.of(new Edit.Removal("a"));

    private final MemoryStore.Server server = new MemoryStore.Server();
    private final FaultyStore store = new FaultyStore(new MemoryStore(server, "memories"));

    @BeforeEach
    void fill() {
        server.add("memories", List.of(new Point("a", Map.of())));
    }

    @Test
    void failsBeforeTheWrite() {
        store.failBeforeWrite(2);
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> store.write(REMOVAL)).isInstanceOf(StoreFailure.class);
            assertThat(store.count(ALL)).isOne();
        }
        store.write(REMOVAL);
        assertThat(store.count(ALL)).isZero();
    }

    @Test
    void failsAfterTheWrite() {
        store.failAfterWrite(1);
        assertThatThrownBy(() -> store.write(REMOVAL)).isInstanceOf(StoreFailure.class);
        assertThat(store.count(ALL)).isZero();
        store.write(REMOVAL);
    }

    @Test
    void isAwayUntilItComesBack() {
        store.goAway();
        assertThatThrownBy(store::check).isInstanceOf(StoreFailure.class);
        assertThatThrownBy(() -> store.count(ALL)).isInstanceOf(StoreFailure.class);
        assertThatThrownBy(() -> store.scroll(ALL, null, 1)).isInstanceOf(StoreFailure.class);
        assertThatThrownBy(() -> store.write(REMOVAL)).isInstanceOf(StoreFailure.class);
        store.comeBack();
        assertThat(store.count(ALL)).isOne();
    }

    @Test
    void holdsAWriteUntilItIsReleased() throws Exception {
        FaultyStore.Hold hold = store.holdNextWrite();
        CompletableFuture<Void> write = CompletableFuture.runAsync(() -> store.write(REMOVAL));
        assertThat(hold.reached().await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(store.count(ALL)).isOne();
        hold.released().countDown();
        write.get(10, TimeUnit.SECONDS);
        assertThat(store.count(ALL)).isZero();
    }
}
