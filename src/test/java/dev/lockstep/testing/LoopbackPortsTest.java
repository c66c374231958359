package dev.lockstep.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Scanner;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LoopbackPortsTest {

    /** A broker's container did not come up, once, in a full build. */
    @Test
    void noneIsOneThatAnOutgoingConnectionTakesMeanwhile() throws Exception {
        Path outgoing = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
        assumeTrue(Files.exists(outgoing), "not Linux");
        try (Scanner bounds = new Scanner(outgoing, UTF_8)) {
            assertThat(LoopbackPorts.free()).isLessThan(bounds.nextInt());
        }
    }

    @Test
    void eachIsToldOnce() {
        Set<Integer> told = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            assertThat(told.add(LoopbackPorts.free())).isTrue();
        }
    }

    @Test
    void oneThatIsTakenIsLeftOut() throws Exception {
        int next = LoopbackPorts.free() + 1;
        try (ServerSocket taken = new ServerSocket(next, 1, InetAddress.getLoopbackAddress())) {
            assertThat(LoopbackPorts.free()).isNotEqualTo(taken.getLocalPort());
        }
    }
}
