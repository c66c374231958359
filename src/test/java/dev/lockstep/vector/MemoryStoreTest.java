package dev.lockstep.vector;

import dev.lockstep.testing.MemoryStore;
import java.util.List;

class MemoryStoreTest extends StoreContract {

    @Override
    StoreFixture fixture() {
        MemoryStore.Server server = new MemoryStore.Server();
        server.add("memories", List.of());
        return new Fixture(server, "memories");
    }

    private record Fixture(MemoryStore.Server server, String collection) implements StoreFixture {

        @Override
        public VectorStore open() {
            return missing(collection);
        }

        @Override
        public VectorStore missing(String name) {
            return new MemoryStore(server, name);
        }

        @Override
        public void add(List<Point> points) {
            server.add(collection, points);
        }

        @Override
        public String embedding(String id) {
            return "it has none";
        }
    }
}
