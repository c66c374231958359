package dev.lockstep.vector;

import static dev.lockstep.vector.SearchFixture.DIMENSIONS;
import static dev.lockstep.vector.SearchFixture.NUMBERS;
import static dev.lockstep.vector.SearchFixture.TEXTS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.PointFields;
import dev.lockstep.model.Recall;
import dev.lockstep.vector.SearchFixture.Memory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@link VectorSearch} promises, and {@link StoreRecall} over it, for every implementation. */
abstract class SearchContract {

    private static final String ODD = "it's \"q\" \\ {a,b} [☃] 日本 🙂 NULL";

    private final Random random = new Random(20);
    private final List<Memory> memories = new ArrayList<>();
    private SearchFixture fixture;
    VectorSearch search;

    /** A new, empty collection. */
    abstract SearchFixture fixture() throws Exception;

    @BeforeEach
    void open() throws Exception {
        fixture = fixture();
        search = fixture.open();
    }

    @AfterEach
    void close() {
        if (search != null) {
            search.close();
            search.close();
        }
    }

    @Test
    void theConversationComesFirstThenTheAgent() throws Exception {
        for (int i = 0; i < 5; i++) {
            add("ann", "one", "pat", "chat");
            add("ann", "two", "pat", "chat");
            add("bob", "one", "pat", "chat");
            add("bob", "two", "pat", "chat");
        }
        fill();

        assertThat(recalled(new Recall<>("one", "ann", null, 100))).hasSize(15);
        assertThat(recalled(new Recall<>("one", "ann", null, 100)).subList(0, 10))
                .containsExactlyInAnyOrderElementsOf(ids(TEXTS.conversation(), "one"));
    }

    @Test
    void thoseOfOneStepComeInTheirOrder() throws Exception {
        for (int i = 0; i < 20; i++) {
            add("ann", "one", "pat", "chat");
        }
        fill();
        for (int turn = 0; turn < 5; turn++) {
            assertThat(recalled(new Recall<>("one", null, null, 20))).hasSize(20);
        }
    }

    @Test
    void nothingComesTwiceAndUsesUpTheLimit() throws Exception {
        for (int i = 0; i < 8; i++) {
            add("ann", i < 4 ? "one" : "two", i < 6 ? "pat" : "kim", "chat");
        }
        fill();
        for (int k = 1; k < 10; k++) {
            assertThat(recalled(new Recall<>("one", "ann", "pat", k)))
                    .hasSize(Math.min(k, 8))
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void aLimitAboveAllThereIsGivesAll() throws Exception {
        for (int i = 0; i < 7; i++) {
            add("ann", "one", "pat", "chat");
        }
        fill();
        assertThat(recalled(new Recall<>("one", "ann", "pat", 1000))).hasSize(7);
    }

    @Test
    void anEmptyCollectionHasNothing() {
        assertThat(recalled(new Recall<>("one", "ann", "pat", 10))).isEmpty();
    }

    @Test
    void whatIsNotGivenIsNotLookedFor() throws Exception {
        for (int i = 0; i < 3; i++) {
            add("ann", "one", "pat", "chat");
            add("ann", "two", "pat", "chat");
            add(null, null, "pat", "chat");
        }
        fill();
        assertThat(recalled(new Recall<>(null, "ann", null, 10))).hasSize(6);
        assertThat(recalled(new Recall<>("two", null, null, 10))).hasSize(3);
        assertThat(recalled(new Recall<>("two", null, "pat", 10))).hasSize(9);
        assertThat(recalled(new Recall<>(null, null, null, 10))).isEmpty();
    }

    @Test
    void thePersonaIsTheLastResort() throws Exception {
        for (int i = 0; i < 4; i++) {
            add("ann", i < 2 ? "one" : "two", "pat", "chat");
            add(null, null, "pat", null); // not stamped yet
            add(null, null, "kim", null);
        }
        fill();
        assertThat(recalled(new Recall<>("one", "ann", null, 10))).hasSize(4);
        assertThat(recalled(new Recall<>("one", "ann", "pat", 10))).hasSize(8);
        assertThat(recalled(new Recall<>("one", "ann", "pat", 5))).hasSize(5);
    }

    @Test
    void orphansAreLeftOutAndNoOtherSource() throws Exception {
        for (String source : Arrays.asList("orphan", "legacy", null, "Orphan", "chat", "orphan", "")) {
            add("ann", "one", "pat", source);
        }
        fill();
        for (Recall<String> step : List.of(
                new Recall<>("one", null, (String) null, 10),
                new Recall<>((String) null, "ann", null, 10),
                new Recall<>((String) null, null, "pat", 10))) {
            assertThat(recalled(step)).hasSize(5);
        }
        assertThat(recalled(new Recall<>("one", "ann", "pat", 3))).hasSize(3);
    }

    @Test
    void anUnknownConversationIsPassedOver() throws Exception {
        add("ann", "one", "pat", "chat");
        add("ann", "two", "pat", "chat");
        fill();
        for (String unknown : List.of("nowhere", "", "ONE", "one ", "on", "%", "7", "null", "a\tb", ODD)) {
            assertThat(recalled(new Recall<>(unknown, "ann", null, 10))).hasSize(2);
            assertThat(recalled(new Recall<>(unknown, unknown, unknown, 10))).isEmpty();
        }
    }

    @Test
    void oddIdsAreFound() throws Exception {
        for (String odd : List.of(ODD, "naïve", "018f4e6e-7b1a-7c3d-8e4f-5a6b7c8d9e0f", " ", "001", "$in")) {
            add(odd, odd + "!", odd + "?", odd);
            add(odd, "two", odd + "?", odd);
            fill();
            assertThat(recalled(new Recall<>(odd + "!", odd, odd + "?", 10))).hasSize(2);
        }
    }

    @Test
    void idsMayBeNumbers() throws Exception {
        long large = 999_999_999_999_999_999L;
        for (long number : new long[] {7, 7, 0, -3, large, 7}) {
            add(Map.of("AgentNo", number, "ConversationNo", number + 1, "PersonaNo", 5L, "Source", "chat"));
        }
        fill();
        assertThat(recalled(NUMBERS, new Recall<>(8L, 7L, null, 10))).hasSize(3);
        assertThat(recalled(NUMBERS, new Recall<>(null, large, 5L, 10))).hasSize(6);
        assertThat(recalled(NUMBERS, new Recall<>(-2, 0, null, 10))).hasSize(2);
        assertThat(recalled(NUMBERS, new Recall<>("1", "no number", "05", 10))).hasSize(1);
    }

    @Test
    void numbersWrittenAsTextAreFound() throws Exception {
        add("7", "8", "9", "chat");
        add("07", "8.0", "9", "chat");
        fill();
        assertThat(recalled(TEXTS, new Recall<>(8L, 7, null, 10))).hasSize(1);
    }

    @Test
    void pointsComeWithWhatTheyCarry() throws Exception {
        add(Map.of("AgentId", "ann", "AgentNo", 5L, "Content", ODD));
        fill();
        Point found =
                points(TEXTS, new Recall<>(null, "ann", null, 10), query()).get(0);
        assertThat(found.payload())
                .containsAllEntriesOf(Map.of("AgentId", "ann", "AgentNo", 5L, "Content", ODD))
                .doesNotContainKeys("Source", "ConversationNo", "embedding");
    }

    @Test
    void whateverThereIsAndWhateverIsAsked() throws Exception {
        for (int i = 0; i < 300; i++) {
            add(one("ann", "bob", "cid"), one("one", "two", "six"), one("pat", "kim"), one("chat", "legacy", "orphan"));
        }
        fill();
        for (int turn = 0; turn < 60; turn++) {
            recalled(new Recall<>(
                    one("one", "two", "six", "nine"),
                    one("ann", "bob", "cid"),
                    one("pat", "kim"),
                    1 + random.nextInt(turn % 2 == 0 ? 10 : 250)));
        }
    }

    @Test
    void aCollectionThatIsNotThereIsAFailureThatNamesIt() {
        try (VectorSearch missing = fixture.missing("nowhere")) {
            assertThatThrownBy(() -> anything(missing))
                    .isInstanceOf(StoreFailure.class)
                    .hasMessageContaining("nowhere")
                    .message()
                    .hasLineCount(1);
        }
    }

    @Test
    void anInterruptedThreadGetsAFailureAndStaysInterrupted() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> anything(search)).isInstanceOf(StoreFailure.class);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(anything(search)).isEmpty();
    }

    static List<Point> anything(VectorSearch search) {
        return new StoreRecall(TEXTS, search).points(new Recall<>("one", "ann", "pat", 10), 1, 2, 3);
    }

    final void add(String agent, String conversation, String persona, String source) {
        Map<String, Object> payload = new HashMap<>();
        payload.put("AgentId", agent);
        payload.put("Conversation.Id's", conversation);
        payload.put("PersonaId", persona);
        payload.put("Source", source);
        payload.values().removeIf(Objects::isNull);
        add(payload);
    }

    private void add(Map<String, Object> payload) {
        List<Float> embedding = new ArrayList<>();
        for (float component : query()) {
            embedding.add(component);
        }
        memories.add(new Memory(fixture.id(memories.size()), payload, embedding));
    }

    /** All of them, so that some come a second time. */
    final void fill() throws Exception {
        fixture.add(memories);
    }

    private float[] query() {
        float[] query = new float[DIMENSIONS];
        for (int i = 0; i < DIMENSIONS; i++) {
            query[i] = (float) random.nextGaussian();
        }
        return query;
    }

    private String one(String... of) {
        int which = random.nextInt(of.length + 1);
        return which == of.length ? null : of[which];
    }

    private List<String> ids(String field, String value) {
        return memories.stream()
                .filter(memory -> value.equals(memory.payload().get(field)))
                .map(Memory::id)
                .toList();
    }

    final List<String> recalled(Recall<String> recall) {
        return recalled(TEXTS, recall);
    }

    /** The ids, which have to be those that a plain reading of the memories gives. */
    private List<String> recalled(PointFields fields, Recall<?> recall) {
        float[] query = query();
        List<String> ids = points(fields, recall, query).stream().map(Point::id).toList();
        assertThat(ids).as("%s", recall).isEqualTo(expected(fields, recall, query));
        return ids;
    }

    private List<Point> points(PointFields fields, Recall<?> recall, float[] query) {
        return new StoreRecall(fields, search).points(recall, query);
    }

    private List<String> expected(PointFields fields, Recall<?> recall, float[] query) {
        Set<String> ids = new LinkedHashSet<>();
        ids.addAll(inOrder(fields.conversation(), recall.conversation(), query));
        ids.addAll(inOrder(fields.agent(), recall.agent(), query));
        ids.addAll(inOrder(fields.persona(), recall.persona(), query));
        return ids.stream().limit(recall.k()).toList();
    }

    private List<String> inOrder(String field, Object value, float[] query) {
        List<Integer> which = IntStream.range(0, memories.size())
                .filter(i -> !"orphan".equals(memories.get(i).payload().get("Source")))
                .filter(i -> value != null
                        && String.valueOf(value)
                                .equals(String.valueOf(memories.get(i).payload().get(field))))
                .boxed()
                .collect(Collectors.toCollection(ArrayList::new));
        which.sort(Comparator.comparingDouble(i -> rank(i, memories.get(i), query)));
        return which.stream().map(i -> memories.get(i).id()).toList();
    }

    /** What comes first has the smallest. */
    double rank(int added, Memory memory, float[] query) {
        double dot = 0;
        double query2 = 0;
        double memory2 = 0;
        for (int i = 0; i < DIMENSIONS; i++) {
            dot += (double) query[i] * memory.embedding().get(i);
            query2 += Math.pow(query[i], 2);
            memory2 += Math.pow(memory.embedding().get(i), 2);
        }
        return 1 - dot / (Math.sqrt(query2) * Math.sqrt(memory2));
    }
}
