package dev.lockstep.vector;

import dev.lockstep.testing.MemorySearch;
import dev.lockstep.testing.MemorySearch.Embedded;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

class MemorySearchTest extends SearchContract {

    @Override
    SearchFixture fixture() {
        return new Fixture(new HashMap<>(Map.of("memories", List.of())));
    }

    private record Fixture(Map<String, List<Embedded>> collections) implements SearchFixture {

        @Override
        public VectorSearch open() {
            return missing("memories");
        }

        @Override
        public VectorSearch missing(String collection) {
            return new MemorySearch(collections, collection);
        }

        @Override
        public void add(List<Memory> memories) {
            collections.put(
                    "memories",
                    memories.stream()
                            .map(memory -> new Embedded(new Point(memory.id(), memory.payload()), memory.embedding()))
                            .toList());
        }
    }
}
