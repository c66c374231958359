package dev.lockstep.vector;

import dev.lockstep.testing.QdrantDouble;
import java.net.URI;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** On a double of Qdrant; {@link QdrantSearchIT} is on the real one. */
class QdrantSearchTest extends QdrantSearchContract {

    private static QdrantDouble server;

    @BeforeAll
    static void start() throws Exception {
        server = new QdrantDouble("");
    }

    @AfterAll
    static void end() {
        server.close();
    }

    @Override
    URI server() {
        return server.url();
    }
}
