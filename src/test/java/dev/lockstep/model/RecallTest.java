package dev.lockstep.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.Recall.Field;
import dev.lockstep.model.Recall.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecallTest {

    /** As a store would give them: what is of the conversation is of its agent and persona, too. */
    private static final Map<Field, List<String>> STORE = Map.of(
            Field.CONVERSATION, List.of("c1", "c2"),
            Field.AGENT, List.of("c2", "a1", "c1", "a2"),
            Field.PERSONA, List.of("a2", "c1", "p1", "a1", "c2", "p2"));

    private final List<String> asked = new ArrayList<>();

    @Test
    void theConversationComesFirstThenTheAgentThenThePersona() {
        assertThat(hits(new Recall<>("c", "a", "p", 10))).containsExactly("c1", "c2", "a1", "a2", "p1", "p2");
        assertThat(asked).containsExactly("CONVERSATION c 10", "AGENT a 10", "PERSONA p 10");
    }

    @Test
    void withoutAPersonaThereIsNoFallback() {
        assertThat(hits(new Recall<>("c", "a", null, 10))).containsExactly("c1", "c2", "a1", "a2");
    }

    @Test
    void whatIsNotGivenIsNotAsked() {
        assertThat(hits(new Recall<>(null, "a", null, 10))).containsExactly("c2", "a1", "c1", "a2");
        assertThat(hits(new Recall<>("c", null, "p", 10))).containsExactly("c1", "c2", "a2", "p1", "a1", "p2");
        assertThat(new Recall<String>(null, null, null, 10).steps()).isEmpty();
        assertThat(hits(new Recall<>(null, null, null, 10))).isEmpty();
        assertThat(asked).containsExactly("AGENT a 10", "CONVERSATION c 10", "PERSONA p 10");
    }

    @Test
    void nothingIsAskedOnceThereIsEnough() {
        assertThat(hits(new Recall<>("c", "a", "p", 2))).containsExactly("c1", "c2");
        assertThat(asked).containsExactly("CONVERSATION c 2");
    }

    @Test
    void hitsThatWereSeenBeforeDoNotUseUpTheLimit() {
        assertThat(hits(new Recall<>("c", "a", "p", 3))).containsExactly("c1", "c2", "a1");
        assertThat(hits(new Recall<>("c", "a", "p", 5))).containsExactly("c1", "c2", "a1", "a2", "p1");
    }

    @Test
    void aStoreThatRepeatsItselfOrGivesMoreThanItWasAskedForDoesNoHarm() {
        List<String> hits = new Recall<>("c", null, null, 2)
                .hits((step, limit) -> List.of("x", "x", "y", "z"), Function.identity());

        assertThat(hits).containsExactly("x", "y");
    }

    @Test
    void hitsAreTheSameByTheirIdAlone() {
        List<String> hits = new Recall<>("c", "a", null, 5)
                .hits((step, limit) -> List.of("1 in " + step.field(), "2"), hit -> hit.substring(0, 1));

        assertThat(hits).containsExactly("1 in CONVERSATION", "2");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void aLimitBelowOneIsRefused(int k) {
        assertThatThrownBy(() -> new Recall<>("c", "a", "p", k))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("k has to be at least 1");
    }

    private List<String> hits(Recall<String> recall) {
        return recall.hits(this::search, Function.identity());
    }

    private List<String> search(Step<String> step, int limit) {
        asked.add(step.field() + " " + step.value() + " " + limit);
        List<String> all = STORE.getOrDefault(step.field(), List.of());
        return all.subList(0, Math.min(limit, all.size()));
    }
}
