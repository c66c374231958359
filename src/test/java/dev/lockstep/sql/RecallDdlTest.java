package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.model.TypeName;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.Golden;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.VectorSchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RecallDdlTest {

    private static final List<TypeName> ARGUMENTS = List.of(
            TypeName.catalog("uuid"),
            TypeName.catalog("uuid"),
            new TypeName("public", "vector"),
            TypeName.catalog("int4"),
            TypeName.catalog("uuid"));

    private static final TypeName ROWS = new TypeName("public", "MemoryVectors");

    @Test
    void byDistance() throws Exception {
        Golden.check("sql/recall-pgvector.txt", ExpandSqlTest.text(steps(mapping("public.vector"), List.of())));
    }

    @Test
    void plainArraysComeNewestFirst() throws Exception {
        Golden.check("sql/recall-array.txt", ExpandSqlTest.text(steps(mapping("_float4"), List.of())));
    }

    @Test
    void withoutAnyOfItsColumnsTheKeySaysWhatIsNewer() throws Exception {
        Golden.check("sql/recall-key.txt", ExpandSqlTest.text(steps(snake(), List.of())));
    }

    @Test
    void noVectorsNoFunction() {
        Mapping mapping = MappingResolver.resolve(LegacySchema.PASCAL.spec(), LegacyShapes.of(LegacySchema.PASCAL));

        assertThat(steps(mapping, List.of())).isEmpty();
    }

    @Test
    void aFunctionThatIsAsItHasToBeIsLeftAlone() {
        assertThat(steps(mapping("public.vector"), List.of(installed(ARGUMENTS, ROWS, body()))))
                .isEmpty();
    }

    @Test
    void anotherBodyIsReplacedAndKeepsItsGrants() {
        List<ExpandStep> steps = steps(mapping("public.vector"), List.of(installed(ARGUMENTS, ROWS, "BEGIN END")));

        assertThat(steps).hasSize(1);
        assertThat(steps.get(0).title()).isEqualTo("Replace function lockstep.recall over public.MemoryVectors");
        assertThat(steps.get(0).sql()).hasSize(1);
        assertThat(steps.get(0).sql().get(0)).startsWith("CREATE OR REPLACE FUNCTION \"lockstep\".\"recall\"(");
        assertThat(steps.get(0).undo()).isEmpty();
    }

    /** pgvector was updated since. */
    @Test
    void otherSettingsAreReplaced() {
        List<ExpandStep> steps = new RecallDdl("lockstep", facts(List.of(installed(ARGUMENTS, ROWS, body())), true))
                .steps(mapping("public.vector"));

        assertThat(steps.get(0).sql()).hasSize(2).first().isEqualTo("SELECT '[1]'::\"public\".\"vector\"");
        assertThat(steps.get(0).sql().get(1)).contains(" ROWS 10 SET hnsw.iterative_scan = strict_order AS $recall$");
    }

    @Test
    void otherTypesAreDroppedFirst() {
        List<TypeName> arrays = new ArrayList<>(ARGUMENTS);
        arrays.set(2, TypeName.catalog("_float4"));

        assertThat(steps(mapping("public.vector"), List.of(installed(arrays, ROWS, body())))
                        .get(0)
                        .sql()
                        .get(0))
                .isEqualTo("DROP FUNCTION \"lockstep\".\"recall\"(\"pg_catalog\".\"uuid\", \"pg_catalog\".\"uuid\","
                        + " \"pg_catalog\".\"_float4\", \"pg_catalog\".\"int4\", \"pg_catalog\".\"uuid\")");
        assertThat(steps(
                                mapping("public.vector"),
                                List.of(installed(ARGUMENTS, new TypeName("public", "Others"), body())))
                        .get(0)
                        .sql())
                .hasSize(2);
    }

    /** It would make every call ambiguous. */
    @Test
    void anOverloadIsDropped() {
        List<TypeName> fewer = ARGUMENTS.subList(0, 4);

        assertThat(steps(
                                mapping("public.vector"),
                                List.of(installed(fewer, ROWS, ""), installed(ARGUMENTS, ROWS, body())))
                        .get(0)
                        .sql())
                .hasSize(2);
    }

    @Test
    void severalTablesHaveAFunctionEachAndTheFirstHasTheShortName() {
        String memories = "m".repeat(60);

        assertThat(titles("public.MemoryVectors", "public." + memories))
                .containsExactly(
                        "Create function lockstep.recall over public.MemoryVectors",
                        "Create function lockstep.recall_MemoryVectors over public.MemoryVectors",
                        "Create function lockstep.recall_" + "m".repeat(47) + "_083edf92 over public." + memories);
        assertThat(titles("a.v", "b.v"))
                .containsExactly(
                        "Create function lockstep.recall over a.v",
                        "Create function lockstep.recall_a_v over a.v",
                        "Create function lockstep.recall_b_v over b.v");
    }

    private static List<String> titles(String... tables) {
        MappingSpec pascal = VectorSchema.PASCAL.spec(OnDelete.MARK);
        MappingSpec.Vectors one = pascal.vectors().get(0);
        Map<TableName, TableShape> shapes = LegacyShapes.of(LegacySchema.PASCAL);
        List<MappingSpec.Vectors> vectors = new ArrayList<>();
        for (String table : tables) {
            shapes.putAll(LegacyShapes.shapes(vectors(table, "_float4")));
            vectors.add(new MappingSpec.Vectors(
                    TableName.parse(table, "public"),
                    one.persona(),
                    one.message(),
                    one.agent(),
                    one.conversation(),
                    one.source(),
                    one.content(),
                    one.contentHash(),
                    null,
                    null,
                    one.onDelete(),
                    null,
                    null));
        }
        MappingSpec spec = new MappingSpec(pascal.personas(), pascal.agents(), null, pascal.tables(), vectors);
        return steps(MappingResolver.resolve(spec, shapes), List.of()).stream()
                .map(ExpandStep::title)
                .toList();
    }

    private static List<ExpandStep> steps(Mapping mapping, List<ExpandFacts.Function> functions) {
        return new RecallDdl("lockstep", facts(functions, false)).steps(mapping);
    }

    private static ExpandFacts facts(List<ExpandFacts.Function> functions, boolean iterativeScan) {
        return new ExpandFacts(
                18,
                "shop",
                "app",
                true,
                List.of(),
                List.of(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                true,
                Set.of(),
                functions,
                iterativeScan,
                0);
    }

    private static ExpandFacts.Function installed(List<TypeName> arguments, TypeName result, String body) {
        return new ExpandFacts.Function("recall", arguments, result, List.of(), body);
    }

    private static String body() {
        return RecallSql.of(mapping("public.vector").vectors().get(0)).body();
    }

    static Mapping mapping(String embedding) {
        Map<TableName, TableShape> shapes = LegacyShapes.of(LegacySchema.PASCAL);
        shapes.putAll(LegacyShapes.shapes(vectors("public.MemoryVectors", embedding)));
        return MappingResolver.resolve(VectorSchema.PASCAL.spec(OnDelete.MARK), shapes);
    }

    private static TableShape vectors(String name, String embedding) {
        return LegacyShapes.table(
                name,
                "Id",
                "Id uuid",
                "PersonaId uuid",
                "MessageId uuid",
                "Content text",
                "Embedding " + embedding,
                "IndexedAt timestamptz");
    }

    private static Mapping snake() {
        Map<TableName, TableShape> shapes = LegacyShapes.of(LegacySchema.SNAKE);
        shapes.putAll(LegacyShapes.shapes(
                LegacyShapes.table("app.conversations", "conversation_id", "conversation_id int8", "persona_id int4"),
                LegacyShapes.table(
                        "app.messages",
                        "message_id",
                        "message_id int8",
                        "conversation_id int8",
                        "from_persona_id int4",
                        "body text"),
                LegacyShapes.table(
                        "app.memories",
                        "tenant memory_no",
                        "tenant int4",
                        "memory_no int8",
                        "persona_id int4",
                        "message_id int8",
                        "body text")));
        return MappingResolver.resolve(VectorSchema.SNAKE.spec(OnDelete.MARK), shapes);
    }
}
