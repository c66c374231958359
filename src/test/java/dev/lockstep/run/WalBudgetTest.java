package dev.lockstep.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WalBudgetTest {

    @ParameterizedTest
    @CsvSource({"0, 100, 0", "49, 51, 49", "50, 50, 50", "100, 0, 100", "100, -7, 100", "-3, 100, 0", "0, 0, 0"})
    void inPercentOfWhatTheServerKeeps(long held, long left, long used) {
        assertThat(WalBudget.used(held, left)).isEqualTo(used);
    }
}
