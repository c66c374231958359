package dev.lockstep.vector;

import dev.lockstep.testing.Containers;
import dev.lockstep.testing.NeedsServer;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.testcontainers.containers.GenericContainer;

/** On a real Qdrant server, where its image can be had; skipped elsewhere, with the reason. */
@NeedsServer(image = QdrantStoreIT.IMAGE)
class QdrantSearchIT extends QdrantSearchContract {

    private static GenericContainer<?> server;

    @BeforeAll
    static void start() {
        server = Containers.start(QdrantStoreIT.IMAGE, 6334, Map.of());
    }

    @AfterAll
    static void end() {
        server.stop();
    }

    @Override
    URI server() {
        return URI.create("http://127.0.0.1:" + server.getMappedPort(6334));
    }
}
