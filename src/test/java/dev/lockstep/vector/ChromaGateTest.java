package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import dev.lockstep.testing.Await;
import dev.lockstep.vector.chroma.ChromaStore;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What stands before a Chroma server may refuse, or not be Chroma at all; Chroma 1.x itself asks for no token. */
class ChromaGateTest {

    private final Queue<Headers> seen = new ConcurrentLinkedQueue<>();
    private HttpServer gate;

    @BeforeEach
    void start() throws Exception {
        gate = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        gate.start();
    }

    @AfterEach
    void stop() {
        gate.stop(0);
    }

    @Test
    void aRefusedTokenIsSaidWithoutIt() {
        for (int status : List.of(401, 403)) {
            answer(status, "{\"error\":\"AuthError\",\"message\":\"s3cret is wrong\"}");
            try (ChromaStore store = store("s3cret")) {
                assertThatThrownBy(store::check)
                        .isInstanceOf(StoreFailure.class)
                        .hasMessageContaining("refused the token")
                        .hasMessageNotContaining("s3cret");
            }
            gate.removeContext("/");
        }
    }

    @Test
    void theTokenIsSentBothWays() {
        answer(200, "{}");
        try (ChromaStore store = store("s3cret")) {
            store.check();
        }
        assertThat(seen).isNotEmpty().allSatisfy(headers -> {
            assertThat(headers.getFirst("X-Chroma-Token")).isEqualTo("s3cret");
            assertThat(headers.getFirst("Authorization")).isEqualTo("Bearer s3cret");
        });
    }

    @Test
    void withoutATokenNoneIsSent() {
        answer(200, "{}");
        try (ChromaStore store = store(null)) {
            store.check();
        }
        assertThat(seen).isNotEmpty().noneMatch(headers -> headers.containsKey("Authorization"));
    }

    @Test
    void anErrorOfTheServerIsNamedWithoutWhatItQuotes() {
        answer(500, "{\"error\":\"InternalError\",\"message\":\"the payload\"}");
        try (ChromaStore store = store(null)) {
            assertThatThrownBy(() -> store.count(new Selection.All()))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("500 InternalError")
                    .hasMessageNotContaining("the payload");
        }
    }

    /** A collection elsewhere had the store's name before, and its sweep was broken off. */
    @Test
    void theCursorOfAnotherStoreBeginsAnew() {
        answer(200, "{\"id\": \"1\", \"ids\": [\"a\"], \"metadatas\": [{}]}");
        try (ChromaStore store = store(null)) {
            assertThat(store.scroll(new Selection.All(), "018f4e6e-7b1a-7c3d-8e4f-5a6b7c8d9e0f", 1)
                            .next())
                    .isEqualTo("1");
        }
    }

    @Test
    void whatIsNotChromaIsSaid() {
        answer(200, "<html>");
        try (ChromaStore store = store(null)) {
            assertThatThrownBy(store::check).isInstanceOf(StoreFailure.class).hasMessageContaining("URL");
        }
    }

    @Test
    void anAnswerThatStopsHalfwayIsGivenUpInTime() throws Exception {
        CountDownLatch givenUp = new CountDownLatch(1);
        gate.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
            Await.uninterruptibly(givenUp);
        });
        URI url = URI.create("http://127.0.0.1:" + gate.getAddress().getPort());
        try (ChromaStore store = new ChromaStore(url, "t", "d", "memories", null, Duration.ofMillis(300))) {
            assertThatThrownBy(store::check).isInstanceOf(StoreFailure.class).hasMessageContaining("300 ms");
        } finally {
            givenUp.countDown();
        }
    }

    private void answer(int status, String body) {
        gate.createContext("/", exchange -> {
            seen.add(exchange.getRequestHeaders());
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }

    private ChromaStore store(String token) {
        URI url = URI.create("http://127.0.0.1:" + gate.getAddress().getPort());
        return new ChromaStore(url, "t", "d", "memories", token, Duration.ofSeconds(20));
    }
}
