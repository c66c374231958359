package dev.lockstep.vector;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** One collection, for one test, and the application's own way to fill it. */
interface StoreFixture {

    /** The fields a point may have in a contract test; nothing else is written. */
    record Fields(List<String> texts, List<String> wholes, String fraction, String truth) {

        List<String> all() {
            return Stream.of(texts, wholes, List.of(fraction, truth))
                    .flatMap(List::stream)
                    .toList();
        }
    }

    Fields FIELDS = new Fields(
            Stream.concat(Stream.of("agent", "text", "Odd.key's name"), StoreMeaning.FIELDS.names().stream())
                    .toList(),
            List.of("whole", "number"),
            "fraction",
            "truth");

    Duration PATIENCE = Duration.ofSeconds(30);

    /** The name of the collection, which messages have to give. */
    String collection();

    /** Another object for the same collection. */
    VectorStore open();

    /** A store whose collection is not there, on the same server. */
    VectorStore missing(String collection);

    /** Adds points, each with an embedding. */
    void add(List<Point> points) throws Exception;

    /** What the store has as a point's embedding. */
    String embedding(String id) throws Exception;

    /** Fields that this store has by itself. */
    default Set<String> ownFields() {
        return Set.of();
    }

    /** Different ids as this store has them. */
    default List<String> ids(int count) {
        return IntStream.range(0, count).mapToObj(i -> "point-" + i).toList();
    }

    /** Ids as odd as this store can have them. */
    default List<String> oddIds() {
        return List.of("'; --", "\"quoted\" \\ back", "naïve ☃ 日本 🙂", "a\tb\nc", "{}", "$in", "%_", " ", "1", "001");
    }
}
