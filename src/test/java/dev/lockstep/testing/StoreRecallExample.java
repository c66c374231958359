package dev.lockstep.testing;

import dev.lockstep.model.PointFields;
import dev.lockstep.model.Recall;
import dev.lockstep.vector.Point;
import dev.lockstep.vector.StoreRecall;
import dev.lockstep.vector.VectorSearch;
import dev.lockstep.vector.chroma.ChromaSearch;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/** The example for a store elsewhere of docs/RECALL.md, to the letter. */
public final class StoreRecallExample {

    private StoreRecallExample() {}

    public static List<Point> memories(URI url, UUID conversation, UUID agent, UUID persona, float... query) {
        List<Point> memories;
        PointFields fields =
                new PointFields(null, "PersonaId", "AgentId", "ConversationId", "Source", null, "LockstepLsn");
        try (VectorSearch store =
                new ChromaSearch(url, "default_tenant", "default_database", "memories", null, Duration.ofSeconds(5))) {
            memories = new StoreRecall(fields, store).points(new Recall<>(conversation, agent, persona, 5), query);
        }
        return memories;
    }
}
