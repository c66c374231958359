package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.LoopbackPorts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What a store over a network promises besides. */
abstract class RemoteStoreContract extends StoreContract {

    /** A store of this kind, said to be on this port of the loopback interface. */
    abstract VectorStore at(int port, Duration timeout);

    @Test
    void aServerThatIsAwayIsAFailureThatSaysWhere() throws Exception {
        int port = LoopbackPorts.free();
        try (VectorStore away = at(port, Duration.ofSeconds(20))) {
            for (ThrowingCallable call : everyCall(away)) {
                assertThatThrownBy(call)
                        .isInstanceOf(StoreFailure.class)
                        .hasMessageContaining(":" + port)
                        .hasMessageContaining("cannot reach")
                        .message()
                        .hasLineCount(1);
            }
        }
    }

    @Test
    void aServerThatNeverAnswersIsGivenUpInTime() throws Exception {
        try (ServerSocket mute = mute();
                VectorStore slow = at(mute.getLocalPort(), Duration.ofMillis(300))) {
            for (ThrowingCallable call : everyCall(slow)) {
                long began = System.nanoTime();
                assertThatThrownBy(call)
                        .isInstanceOf(StoreFailure.class)
                        .hasMessageContaining("300 ms")
                        .message()
                        .hasLineCount(1);
                assertThat(Duration.ofNanos(System.nanoTime() - began))
                        .isBetween(Duration.ofMillis(200), Duration.ofSeconds(10));
            }
        }
    }

    @Test
    void anInterruptEndsTheWait() throws Exception {
        try (ServerSocket mute = mute();
                VectorStore slow = at(mute.getLocalPort(), Duration.ofMinutes(5))) {
            CompletableFuture<Boolean> ended = new CompletableFuture<>();
            Thread waiting = new Thread(() -> {
                try {
                    assertThatThrownBy(slow::check).isInstanceOf(StoreFailure.class);
                    ended.complete(Thread.currentThread().isInterrupted());
                } catch (AssertionError e) {
                    ended.completeExceptionally(e);
                }
            });
            waiting.start();
            Await.until("the thread waits", () -> waiting.getState() == Thread.State.TIMED_WAITING);
            waiting.interrupt();
            assertThat(ended.get(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void closeLetsItsThreadsGo() throws Exception {
        store.close();
        applicationEnds();
        Set<Thread> before = threads();
        for (int i = 0; i < 3; i++) {
            VectorStore another = fixture.open();
            another.check();
            another.scroll(new Selection.All(), null, 1);
            another.close();
        }
        Await.until("its threads have ended", () -> {
            System.gc(); // java.net.http before Java 21 ends its selector with the last reference
            return before.containsAll(threads());
        });
    }

    /** For applications whose client shares its threads with the store's. */
    void applicationEnds() throws Exception {}

    /** Threads that a store may have left behind, by their names. */
    static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> List.of("HttpClient-", "chroma-http", "grpc-", "postgres-store").stream()
                        .anyMatch(thread.getName()::startsWith))
                .collect(Collectors.toSet());
    }

    /** A port that lets clients connect, and says nothing. */
    private static ServerSocket mute() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }
}
