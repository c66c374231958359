package dev.lockstep.capture.debezium;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.SocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the sockets of an engine's connections, so that they can be closed without the engine. One whose connections lead
 * nowhere waits for the server's goodbye, and for that of one connection after the other. Made by the driver; thread-safe.
 */
public final class EngineSockets extends SocketFactory {

    private static final Logger log = LoggerFactory.getLogger(EngineSockets.class);
    private static final Map<String, Set<Socket>> OFFERED = new ConcurrentHashMap<>();

    private final Set<Socket> sockets;

    /** @param engine its name; only of one that was offered anything is remembered */
    public EngineSockets(String engine) {
        this.sockets = OFFERED.getOrDefault(engine, none());
    }

    private static Set<Socket> none() {
        return Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));
    }

    static void offer(String engine) {
        OFFERED.put(engine, none());
    }

    static void withdraw(String engine) {
        OFFERED.remove(engine);
    }

    /** Whoever reads from one of them, or writes to it, gets an error. */
    static void close(String engine) {
        Set<Socket> open = OFFERED.getOrDefault(engine, none());
        List<Socket> all;
        synchronized (open) {
            all = new ArrayList<>(open);
        }
        for (Socket socket : all) {
            try {
                socket.close();
            } catch (IOException e) {
                log.debug("closing a socket that leads nowhere", e);
            }
        }
    }

    /** Whether none of them has anything to read; false where there are none: somebody's own factory may make them. */
    static boolean silent(String engine) {
        Set<Socket> open = OFFERED.getOrDefault(engine, none());
        synchronized (open) {
            open.removeIf(Socket::isClosed);
            return !open.isEmpty() && open.stream().noneMatch(EngineSockets::readable);
        }
    }

    private static boolean readable(Socket socket) {
        try {
            return socket.getInputStream().available() > 0;
        } catch (IOException e) {
            return true; // whoever reads it is told why
        }
    }

    /** Not connected. */
    @Override
    public Socket createSocket() {
        Socket socket = new Socket();
        sockets.add(socket);
        return socket;
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), new InetSocketAddress(0));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
        return connected(new InetSocketAddress(host, port), new InetSocketAddress(local, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), new InetSocketAddress(0));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
        return connected(new InetSocketAddress(host, port), new InetSocketAddress(local, localPort));
    }

    private Socket connected(InetSocketAddress to, InetSocketAddress local) throws IOException {
        Socket socket = createSocket();
        try {
            socket.bind(local);
            socket.connect(to);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}
