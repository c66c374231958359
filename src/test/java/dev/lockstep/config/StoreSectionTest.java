package dev.lockstep.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.PointFields;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning.OnDelete;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StoreSectionTest {

    private static LockstepConfig parse(String vectors, Map<String, String> environment) {
        return ConfigLoader.parse(
                "lockstep.yaml",
                "database: {url: 'jdbc:postgresql://db/app', user: app, schema: app}\nmapping:\n  vectors:\n" + vectors,
                environment);
    }

    @Test
    void storesBesideTablesOfTheDatabase() {
        LockstepConfig config = parse("""
                    - {store: postgres, table: MemoryVectors, persona: PersonaId, message: MessageId, agent: AgentId, conversation: ConversationId, source: Source, content: Content, contentHash: ContentHash}
                    - {store: chroma, url: "http://127.0.0.1:8000", tenant: t, database: d, collection: memories, token: "${CHROMA_TOKEN:-}", link: {by: id, of: Messages}}
                    - {store: qdrant, name: q, url: "http://127.0.0.1:6334", collection: memories, apiKey: "${QDRANT_API_KEY:-}", link: {by: payload, field: MessageId, of: chat.Messages}, contentHash: H, onDelete: delete}
                """, Map.of("CHROMA_TOKEN", "s3cret"));
        assertThat(config.mapping().vectors()).hasSize(1);
        assertThat(config.stores())
                .containsExactly(
                        new StoreConfig.Chroma(
                                "memories", URI.create("http://127.0.0.1:8000"), "t", "d", "memories", "s3cret"),
                        new StoreConfig.Qdrant("q", URI.create("http://127.0.0.1:6334"), "memories", ""));
        assertThat(config.mapping().stores())
                .containsExactly(
                        new MappingSpec.Store(
                                "memories",
                                MappingSpec.Link.ID,
                                new PointFields(
                                        null, "PersonaId", "AgentId", "ConversationId", "Source", null, "LockstepLsn"),
                                new TableName("app", "Messages"),
                                null,
                                OnDelete.MARK),
                        new MappingSpec.Store(
                                "q",
                                MappingSpec.Link.PAYLOAD,
                                new PointFields(
                                        "MessageId",
                                        "PersonaId",
                                        "AgentId",
                                        "ConversationId",
                                        "Source",
                                        "H",
                                        "LockstepLsn"),
                                new TableName("chat", "Messages"),
                                null,
                                OnDelete.DELETE));
    }

    @Test
    void namesOfFieldsAreTheUsers() {
        LockstepConfig config = parse("""
                    - {store: postgres, url: "jdbc:postgresql://vectors/v", user: u, password: p, table: m.points, link: {by: hash}, persona: pe, agent: ag, conversation: co, source: so, contentHash: ha, lsn: ls}
                """, Map.of());
        assertThat(config.stores())
                .containsExactly(new StoreConfig.Postgres(
                        "points", "jdbc:postgresql://vectors/v", "u", "p", new TableName("m", "points")));
        assertThat(config.mapping().stores())
                .extracting(MappingSpec.Store::fields)
                .containsExactly(new PointFields(null, "pe", "ag", "co", "so", "ha", "ls"));
    }
}
