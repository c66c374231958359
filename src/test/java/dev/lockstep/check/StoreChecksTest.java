package dev.lockstep.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.StoreConfig;
import dev.lockstep.model.Finding;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.PointFields;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.FaultyStore;
import dev.lockstep.testing.MemoryStore;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class StoreChecksTest {

    private static final StoreConfig STORE = new StoreConfig.Qdrant("long-term", URI.create("http://q"), "m", "s3cret");
    private static final MappingSpec.Store NAMES = new MappingSpec.Store(
            "long-term",
            MappingSpec.Link.ID,
            new PointFields(null, "p", "a", "c", "s", null, "l"),
            null,
            null,
            OnDelete.MARK);

    private final MemoryStore.Server server = new MemoryStore.Server();
    private final FaultyStore store = new FaultyStore(new MemoryStore(server, "m"));

    private Finding check() {
        return StoreChecks.all(List.of(STORE), List.of(NAMES), access -> store).get(0);
    }

    @Test
    void aStoreThatAnswersIsNamed() {
        server.add("m", List.of());
        assertThat(check()).isEqualTo(Finding.info("vector-store", "vectors long-term: memory", ""));
    }

    @Test
    void aStoreThatDoesNotIsAnError() {
        assertThat(check().severity()).isEqualTo(Finding.Severity.ERROR);
        assertThat(check().message()).isEqualTo("vectors long-term: memory has no collection m");
        store.goAway();
        assertThat(check().message()).contains("away").doesNotContain("s3cret");
    }
}
