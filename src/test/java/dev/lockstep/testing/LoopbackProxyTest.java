package dev.lockstep.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoopbackProxyTest {

    /** They end with the sockets. */
    private final Queue<CompletableFuture<Void>> echoes = new ConcurrentLinkedQueue<>();

    private ServerSocket echo;
    private LoopbackProxy network;

    @BeforeEach
    void start() throws IOException {
        echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        network = new LoopbackProxy(echo.getLocalPort());
        echoes.add(Writers.beside(() -> {
            while (true) {
                Socket one = echo.accept();
                echoes.add(Writers.beside(() -> one.getInputStream().transferTo(one.getOutputStream())));
            }
        }));
    }

    @AfterEach
    void stop() throws IOException {
        network.close();
        echo.close();
    }

    @Test
    void whatIsCutIsResetAndRefusedUntilMended() throws Exception {
        try (Socket before = connect()) {
            assertThat(echoed(before)).isTrue();
            network.cut();
            assertThatThrownBy(() -> echoed(before)).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
        network.mend();
        try (Socket after = connect()) {
            assertThat(echoed(after)).isTrue();
        }
    }

    @Test
    void whatIsFrozenArrivesWhenMended() throws Exception {
        try (Socket before = connect()) {
            assertThat(echoed(before)).isTrue();
            network.freeze();
            assertThatThrownBy(() -> echoed(before)).isInstanceOf(SocketTimeoutException.class);
            try (Socket during = connect()) {
                assertThatThrownBy(() -> echoed(during)).isInstanceOf(SocketTimeoutException.class);
                network.mend();
                during.setSoTimeout(10_000);
                assertThat(during.getInputStream().read()).isEqualTo(7);
            }
            before.setSoTimeout(10_000);
            assertThat(before.getInputStream().read()).isEqualTo(7);
        }
    }

    @Test
    void forgottenConnectionsStayOpenAndCarryNothing() throws Exception {
        try (Socket before = connect()) {
            assertThat(echoed(before)).isTrue();
            network.forget();
            assertThatThrownBy(() -> echoed(before)).isInstanceOf(SocketTimeoutException.class);
            try (Socket after = connect()) {
                assertThat(echoed(after)).isTrue();
            }
            assertThatThrownBy(() -> echoed(before)).isInstanceOf(SocketTimeoutException.class);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), network.port());
        socket.setSoTimeout(300);
        return socket;
    }

    private static boolean echoed(Socket socket) throws IOException {
        socket.getOutputStream().write(7);
        return socket.getInputStream().read() == 7;
    }
}
