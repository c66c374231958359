package dev.lockstep.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Free ports of the loopback interface, for a server that is started a little later. They lie below those that the system
 * gives to outgoing connections (Linux: from 32768 on): one of these may be somebody's by then. Each is told once, and the
 * build's own processes each have a range.
 */
public final class LoopbackPorts {

    private static final int RANGE = 4_000;
    private static final int FIRST =
            10_000 + Integer.getInteger("surefire.forkNumber", 0) % 5 * RANGE; // ends below 30000

    private static final AtomicInteger NEXT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(RANGE));

    private LoopbackPorts() {}

    /** One on which nothing listens now. */
    public static int free() {
        for (int tried = 0; tried < RANGE; tried++) {
            int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), RANGE);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no port is free from " + FIRST + " to " + (FIRST + RANGE - 1));
    }

    private static boolean isFree(int port) {
        try (ServerSocket free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return free.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
