package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.Recall;
import dev.lockstep.testing.LoopbackPorts;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a search over a network promises besides. */
abstract class RemoteSearchContract extends SearchContract {

    /** A search of this kind, said to be on this port of the loopback interface. */
    abstract VectorSearch at(int port, Duration timeout);

    @Test
    void aServerThatIsAwayIsAFailureThatSaysWhere() throws Exception {
        int port = LoopbackPorts.free();
        try (VectorSearch away = at(port, Duration.ofSeconds(20))) {
            assertThatThrownBy(() -> anything(away))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining(":" + port)
                    .hasMessageContaining("cannot reach")
                    .message()
                    .hasLineCount(1);
        }
    }

    @Test
    void aServerThatNeverAnswersIsGivenUpInTime() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                VectorSearch slow = at(mute.getLocalPort(), Duration.ofMillis(300))) {
            long began = System.nanoTime();
            assertThatThrownBy(() -> anything(slow))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("300 ms");
            assertThat(Duration.ofNanos(System.nanoTime() - began))
                    .isBetween(Duration.ofMillis(200), Duration.ofSeconds(10));
        }
    }

    /** For searches that measure: a query of another size is refused, and quoted nowhere. */
    final void assertAQueryOfAnotherSizeIsAFailure() throws Exception {
        add("ann", "one", "pat", "chat");
        fill();
        StoreRecall recall = new StoreRecall(SearchFixture.TEXTS, search);
        assertThatThrownBy(() -> recall.points(new Recall<>("one", "ann", null, 5), 0.1234f, 1))
                .isInstanceOf(StoreFailure.class)
                .hasMessageNotContaining("0.1234")
                .message()
                .hasLineCount(1);
        assertThat(anything(search)).hasSize(1);
    }
}
