package dev.lockstep.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.lockstep.sql.LegacyShapes;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.VectorSchema;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The columns that {@code recall} orders by, against the catalog. */
class RecallResolverTest {

    private static final String WHERE = "mapping.vectors[public.MemoryVectors]";

    @Test
    void neitherIsNeeded() {
        assertThat(order(null, null, "real", "text")).isEqualTo(new RecallOrder(null, null));
    }

    @ParameterizedTest
    @CsvSource({
        "public.vector, true",
        "ext.halfvec, true",
        "public.sparsevec, true",
        "_float4, false",
        "_float8, false",
    })
    void embeddings(String type, boolean measured) {
        RecallOrder.Embedding embedding = order("Embedding", null, type, "text").embedding();

        assertThat(embedding).isNotNull();
        assertThat(embedding.column()).isEqualTo("Embedding");
        assertThat(embedding.type().name()).isEqualTo(type.substring(type.indexOf('.') + 1));
        assertThat(embedding.measured()).isEqualTo(measured);
    }

    @ParameterizedTest
    @ValueSource(strings = {"timestamptz", "timestamp", "date", "int2", "int4", "int8", "numeric", "uuid", "text"})
    void whatSaysWhichIsNewer(String type) {
        assertThat(order(null, "IndexedAt", "text", type).newest()).isEqualTo("IndexedAt");
    }

    @ParameterizedTest
    @ValueSource(strings = {"text", "_text", "bit", "public._vector", "bytea", "public._float4"})
    void anEmbeddingThatIsNoneIsRefused(String type) {
        assertThat(problems("Embedding", null, type, "text"))
                .containsExactly(
                        Finding.error(
                                "column-type",
                                WHERE + ".embedding: public.MemoryVectors.Embedding is " + type,
                                "it has to be pgvector's vector, halfvec or sparsevec, or an array of real or double precision"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bool", "jsonb", "_float4", "public.vector", "public.date"})
    void aColumnWithoutAnOrderIsRefused(String type) {
        assertThat(problems(null, "IndexedAt", "_float4", type))
                .containsExactly(Finding.error(
                        "column-type",
                        WHERE + ".newest: public.MemoryVectors.IndexedAt is " + type,
                        "it has to be a timestamp, a date, a number, or a uuid or text that sorts by time"));
    }

    @Test
    void columnsThatAreNotThereAreNamed() {
        assertThat(problems("embedding", "At", "_float4", "date"))
                .extracting(Finding::id, Finding::message)
                .containsExactly(
                        tuple("column-missing", WHERE + ".embedding: public.MemoryVectors has no column embedding"),
                        tuple("column-missing", WHERE + ".newest: public.MemoryVectors has no column At"));
    }

    private static RecallOrder order(String embedding, String newest, String embeddingType, String newestType) {
        Mapping mapping = MappingResolver.resolve(spec(embedding, newest), shapes(embeddingType, newestType));
        return mapping.vectors().get(0).link().recall();
    }

    private static List<Finding> problems(String embedding, String newest, String embeddingType, String newestType) {
        return MappingResolver.problems(spec(embedding, newest), shapes(embeddingType, newestType));
    }

    private static Map<TableName, TableShape> shapes(String embeddingType, String newestType) {
        Map<TableName, TableShape> shapes = new HashMap<>(LegacyShapes.of(LegacySchema.PASCAL));
        shapes.putAll(LegacyShapes.shapes(LegacyShapes.table(
                "public.MemoryVectors",
                "Id",
                "Id uuid",
                "PersonaId uuid",
                "MessageId uuid",
                "Content text",
                "Embedding " + embeddingType,
                "IndexedAt " + newestType)));
        return shapes;
    }

    private static MappingSpec spec(String embedding, String newest) {
        return VectorSchema.PASCAL.recalling(embedding, newest);
    }
}
