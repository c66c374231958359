package dev.lockstep.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The network between a sidecar and its server, as bad as a test wants it: cut, frozen, or forgetful of the connections it
 * carried. Thread-safe.
 */
public final class LoopbackProxy implements AutoCloseable {

    private static final int PIECE = 64 << 10;

    private enum State {
        OPEN,
        FROZEN,
        CUT,
        CLOSED
    }

    private final InetSocketAddress target;
    private final int port;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final Object change = new Object();
    private State state = State.OPEN;
    private ServerSocket listener;
    private Thread accepting;

    /** To {@code port} of this machine. */
    public LoopbackProxy(int port) {
        this.target = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        try {
            this.listener = listen(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.port = listener.getLocalPort();
        this.accepting = accept(listener);
    }

    /** Where it listens, always the same. */
    public int port() {
        return port;
    }

    /** Connections it carries, those it forgot included. */
    public int connections() {
        return links.size();
    }

    /** Resets every connection, and refuses new ones until {@link #mend}. */
    public void cut() throws IOException {
        become(State.CUT);
        unlisten();
        drop();
    }

    /** Ends {@link #cut} and {@link #freeze}; what was frozen arrives. */
    public void mend() throws Exception {
        become(State.OPEN);
        if (listener.isClosed()) {
            Await.until("port " + port + " can be had again", () -> {
                try {
                    listener = listen(port);
                    return true;
                } catch (IOException e) {
                    return false; // somebody's outgoing connection may have it for a moment
                }
            });
            accepting = accept(listener);
        }
    }

    /** Nothing arrives any more, in either direction, and nothing is closed; new connections are answered by nobody. */
    public void freeze() {
        become(State.FROZEN);
    }

    /** The connections there are carry nothing any more and are never closed; new ones are not touched by that. */
    public void forget() {
        synchronized (change) {
            links.forEach(link -> link.forgotten = true);
        }
    }

    private void forget(Link link) {
        synchronized (change) {
            link.forgotten = true;
        }
    }

    /** The same, once the server has said something more: of that, the first byte still arrives. */
    public void forgetWithinAMessage() {
        synchronized (change) {
            links.forEach(link -> link.tired = true);
        }
    }

    /** Resets what it forgot, as keep-alives do in the end. */
    public void bury() {
        synchronized (change) {
            List.copyOf(links).stream().filter(link -> link.forgotten).forEach(link -> {
                link.reset();
                link.forgotten = false;
                links.remove(link);
            });
            change.notifyAll();
        }
    }

    @Override
    public void close() throws IOException {
        become(State.CLOSED);
        unlisten();
        drop();
    }

    /** The kernel goes on listening until the thread that accepts has come back from it. */
    private void unlisten() throws IOException {
        listener.close();
        try {
            accepting.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void drop() {
        links.forEach(Link::reset);
        links.clear();
    }

    private void become(State next) {
        synchronized (change) {
            state = next;
            change.notifyAll();
        }
    }

    private static ServerSocket listen(int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
        return socket;
    }

    private Thread accept(ServerSocket on) {
        return start("accept", () -> {
            while (!on.isClosed()) {
                Socket client = on.accept();
                start("connect", () -> connect(client));
            }
        });
    }

    private void connect(Socket client) throws IOException {
        if (!passes(null)) {
            client.close();
            return;
        }
        Socket server = new Socket();
        try {
            server.connect(target);
        } catch (IOException e) {
            client.close(); // the server is down
            return;
        }
        Link link = new Link(client, server);
        links.add(link);
        start("out", () -> pump(link, client.getInputStream(), server.getOutputStream(), false));
        start("in", () -> pump(link, server.getInputStream(), client.getOutputStream(), true));
    }

    private void pump(Link link, InputStream in, OutputStream out, boolean fromServer) throws IOException {
        byte[] piece = new byte[PIECE];
        try {
            for (int n = in.read(piece); n >= 0 && passes(link); n = in.read(piece)) {
                boolean last = fromServer && link.tired;
                out.write(piece, 0, last ? 1 : n);
                if (last) {
                    forget(link);
                }
            }
        } finally {
            if (passes(link)) { // that it ended is not heard either while nothing passes
                link.reset();
                links.remove(link);
            }
        }
    }

    /** Waits until something passes; false when it never will. */
    private boolean passes(@Nullable Link link) {
        synchronized (change) {
            while (state == State.FROZEN || (link != null && link.forgotten && state == State.OPEN)) {
                try {
                    change.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            return state == State.OPEN;
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static Thread start(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // closed by either side, or cut
                    }
                },
                "proxy-" + name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static final class Link {

        final Socket client;
        final Socket server;
        boolean forgotten;
        volatile boolean tired;

        Link(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void reset() {
            for (Socket socket : new Socket[] {client, server}) {
                try {
                    socket.setSoLinger(true, 0);
                    socket.close();
                } catch (IOException e) {
                    // closed already
                }
            }
        }
    }
}
