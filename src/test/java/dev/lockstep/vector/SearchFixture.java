package dev.lockstep.vector;

import dev.lockstep.model.PointFields;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** One collection with embeddings, for one test, and the application's own way to fill it. */
interface SearchFixture {

    int DIMENSIONS = 3;

    Duration PATIENCE = Duration.ofSeconds(30);

    /** Where ids are text. */
    PointFields TEXTS =
            new PointFields(null, "PersonaId", "AgentId", "Conversation.Id's", "Source", null, "LockstepLsn");

    /** Where they are numbers. */
    PointFields NUMBERS =
            new PointFields(null, "PersonaNo", "AgentNo", "ConversationNo", "Source", null, "LockstepLsn");

    List<String> TEXT_FIELDS = List.of("PersonaId", "AgentId", "Conversation.Id's", "Source", "Content");

    List<String> NUMBER_FIELDS = List.of("PersonaNo", "AgentNo", "ConversationNo");

    /** A point with its embedding. */
    record Memory(String id, Map<String, Object> payload, List<Float> embedding) {}

    VectorSearch open();

    /** A search in a collection that is not there, on the same server. */
    VectorSearch missing(String collection);

    /** Adds points; later ones are newer. */
    void add(List<Memory> memories) throws Exception;

    /** An id as this store has them, another one for each number. */
    default String id(int number) {
        return "☃ " + number;
    }
}
