package dev.lockstep.monitor.http;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** A client that takes what it can. */
class EventClientTest {

    /** As the web server's: writes are allowed only after it said that it is ready. */
    private static final class Wire extends ServletOutputStream {

        private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
        private boolean ready = true;
        private boolean hungUp;

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public void setWriteListener(WriteListener listener) {}

        @Override
        public void write(int b) throws IOException {
            assertThat(ready).as("ready").isTrue();
            if (hungUp) {
                throw new IOException("hung up");
            }
            taken.write(b);
        }

        String text() {
            return taken.toString(StandardCharsets.US_ASCII);
        }
    }

    private final Wire wire = new Wire();
    private final EventClient client = new EventClient(wire);

    private static byte[] event(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void nothingIsWrittenBeforeItMayBe() {
        client.offer(event("a"));
        assertThat(wire.text()).isEmpty();
        client.onWritePossible();
        client.offer(event("b"));
        assertThat(wire.text()).isEqualTo("ab");
    }

    @Test
    void aSlowOneGetsTheNewestAndThenIsLetGo() {
        client.onWritePossible();
        wire.ready = false;
        client.offer(event("a"));
        client.offer(event("b"));
        wire.ready = true;
        client.onWritePossible();
        assertThat(wire.text()).isEqualTo("b");
        wire.ready = false;
        for (int i = 0; i < EventClient.MOST_MISSED; i++) {
            client.offer(event("c"));
            assertThat(client.ended()).isNotDone();
        }
        client.offer(event("d"));
        assertThat(client.ended()).isDone();
        wire.ready = true;
        client.onWritePossible();
        assertThat(wire.text()).isEqualTo("b");
    }

    @Test
    void oneThatHungUpIsLetGo() {
        client.onWritePossible();
        wire.hungUp = true;
        client.offer(event("a"));
        assertThat(client.ended()).isDone();
    }
}
