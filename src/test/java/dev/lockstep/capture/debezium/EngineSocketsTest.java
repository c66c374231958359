package dev.lockstep.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.testing.Await;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EngineSocketsTest {

    private static final String ENGINE = "engine-sockets-test";

    private ServerSocket server;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 4, InetAddress.getLoopbackAddress());
        EngineSockets.offer(ENGINE);
    }

    @AfterEach
    void forget() throws IOException {
        EngineSockets.withdraw(ENGINE);
        server.close();
    }

    @Test
    void whoHasSentSomethingIsNotSilentUntilItIsRead() throws Exception {
        try (Socket socket = new EngineSockets(ENGINE).createSocket(server.getInetAddress(), server.getLocalPort());
                Socket other = new EngineSockets(ENGINE).createSocket(server.getInetAddress(), server.getLocalPort());
                Socket peer = server.accept()) {
            assertThat(EngineSockets.silent(ENGINE)).isTrue();
            peer.getOutputStream().write(1);
            Await.until("it has arrived", () -> !EngineSockets.silent(ENGINE));
            assertThat(socket.getInputStream().read()).isEqualTo(1);
            assertThat(EngineSockets.silent(ENGINE)).isTrue();
            assertThat(other.isClosed()).isFalse();
        }
    }

    @Test
    void nobodyIsNotSilent() {
        assertThat(EngineSockets.silent(ENGINE)).isFalse();
    }

    /** Of those that an engine has closed by itself nothing is to be read, so that they do not keep it awake. */
    @Test
    void whatIsClosedDoesNotCount() throws Exception {
        Socket socket = new EngineSockets(ENGINE).createSocket(server.getInetAddress(), server.getLocalPort());
        try (Socket peer = server.accept();
                Socket other = new EngineSockets(ENGINE).createSocket(server.getInetAddress(), server.getLocalPort())) {
            peer.getOutputStream().write(1);
            Await.until("it has arrived", () -> !EngineSockets.silent(ENGINE));
            socket.close();
            assertThat(EngineSockets.silent(ENGINE)).isTrue();
            assertThat(other.isClosed()).isFalse();
            EngineSockets.close(ENGINE);
            assertThat(EngineSockets.silent(ENGINE))
                    .as("nobody is left to be silent")
                    .isFalse();
            assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(IOException.class);
        }
    }
}
