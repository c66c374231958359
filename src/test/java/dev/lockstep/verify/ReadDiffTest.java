package dev.lockstep.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.RowKey;
import dev.lockstep.verify.ReadDiff.Facts;
import dev.lockstep.verify.ReadDiff.Seen;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReadDiffTest {

    @Test
    void theSameRowsInTheSameOrderDoNotDiffer() {
        assertThat(ReadDiff.between(keys("c", "b", "a"), keys("c", "b", "a"))).isEmpty();
        assertThat(ReadDiff.between(List.of(), List.of())).isEmpty();
    }

    @Test
    void whatOneOfThemLacksIsNamed() {
        assertThat(ReadDiff.between(keys("d", "c", "b"), keys("d", "b", "a")))
                .hasSize(2)
                .containsEntry(RowKey.of("c"), Seen.BY_PERSONA_ALONE)
                .containsEntry(RowKey.of("a"), Seen.BY_AGENT_ALONE);
    }

    @Test
    void whatIsElsewhereAmongTheRowsOfBothIsNamed() {
        assertThat(ReadDiff.between(keys("x", "c", "b", "a"), keys("b", "c", "a")))
                .hasSize(3)
                .containsEntry(RowKey.of("x"), Seen.BY_PERSONA_ALONE)
                .containsEntry(RowKey.of("c"), Seen.IN_ANOTHER_PLACE)
                .containsEntry(RowKey.of("b"), Seen.IN_ANOTHER_PLACE);
    }

    @Test
    void aKeyOfSeveralColumnsIsOneKey() {
        assertThat(ReadDiff.between(List.of(RowKey.of("1", "2")), List.of(RowKey.of("12"))))
                .hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        // seen, has an agent, one of its persona, the right one: why
        "BY_PERSONA_ALONE, false, false, false, missing stamp",
        "BY_PERSONA_ALONE, true,  true,  false, duplicate agent",
        "BY_PERSONA_ALONE, true,  false, false, other agent",
        "BY_PERSONA_ALONE, true,  true,  true,  ''",
        "BY_PERSONA_ALONE, true,  false, true,  ''", // a vector that follows its message
        "BY_AGENT_ALONE,   true,  false, false, other persona",
        "BY_AGENT_ALONE,   true,  true,  true,  ''",
        "IN_ANOTHER_PLACE, true,  true,  true,  another order",
    })
    void theRowSaysWhy(Seen seen, boolean stamped, boolean ofPersona, boolean inStep, String why) {
        assertThat(ReadDiff.why(seen, new Facts(stamped, ofPersona, inStep, "1/(0,1)"))
                        .orElse(""))
                .isEqualTo(why);
    }

    @Test
    void aRowThatIsLostIsWorseThanOneThatAStrangerHas() {
        assertThat(Seen.BY_AGENT_ALONE.worse(Seen.BY_PERSONA_ALONE)).isEqualTo(Seen.BY_PERSONA_ALONE);
        assertThat(Seen.BY_PERSONA_ALONE.worse(Seen.BY_AGENT_ALONE)).isEqualTo(Seen.BY_PERSONA_ALONE);
    }

    @Test
    void latencyIsThatOfARealRead() {
        List<Long> hundred =
                LongStream.rangeClosed(1, 100).mapToObj(i -> i * 1_000_000).toList();

        assertThat(ReadReport.Millis.of(hundred)).isEqualTo(new ReadReport.Millis(50, 99));
        assertThat(ReadReport.Millis.of(List.of(1_234_567L))).isEqualTo(new ReadReport.Millis(1.235, 1.235));
        assertThat(ReadReport.Millis.of(List.of())).isEqualTo(new ReadReport.Millis(0, 0));
    }

    private static List<RowKey> keys(String... keys) {
        return Stream.of(keys).map(RowKey::of).toList();
    }
}
