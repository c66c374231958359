package dev.lockstep.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.VectorMeaning.Facts;
import dev.lockstep.testing.VectorCase;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VectorMeaningTest {

    static List<VectorCase> cases() {
        return VectorCase.ALL;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isWhatTheTableOfMeaningsSays(VectorCase row) {
        assertThat(VectorMeaning.of(row.facts(), row.onDelete())).isEqualTo(row.want());
    }

    /** Otherwise a second run would write again. */
    @ParameterizedTest
    @MethodSource("cases")
    void staysTheSameOnceItIsThere(VectorCase row) {
        Facts facts = row.facts();
        Facts then = new Facts(facts.named(), facts.message(), facts.personaAgent(), facts.hashed(), row.want());
        assertThat(VectorMeaning.of(then, row.onDelete())).isEqualTo(row.want());
    }
}
