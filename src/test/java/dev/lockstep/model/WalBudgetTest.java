package dev.lockstep.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WalBudgetTest {

    private static final long MB = 1 << 20;

    @ParameterizedTest
    @CsvSource({"0, 100, 0", "49, 51, 49", "50, 50, 50", "100, 0, 100", "100, -7, 100", "-3, 100, 0", "0, 0, 100"})
    void inPercentOfWhatTheServerKeeps(long held, long left, double used) {
        assertThat(WalBudget.of(held, left, null, 1, null).usedPercent()).isEqualTo(used);
    }

    @ParameterizedTest
    @CsvSource({"49, false, false", "50, true, false", "79, true, false", "80, true, true"})
    void warnsAtHalfAndEndsAPauseAtFourFifths(long percent, boolean warns, boolean ends) {
        WalBudget budget = WalBudget.of(percent, 100 - percent, null, 1, 1.0);
        assertThat(budget.warns()).isEqualTo(warns);
        assertThat(budget.pauseEnds()).isEqualTo(ends);
    }

    @Test
    void theNarrowestLimitCounts() {
        assertThat(WalBudget.of(10, 90L, 50L, 1000, null).source()).isEqualTo("free disk");
        assertThat(WalBudget.of(10, 50L, 90L, 1000, null).source()).isEqualTo("max_slot_wal_keep_size");
        assertThat(WalBudget.of(10, null, 90L, 1000, null).limitBytes()).isEqualTo(100);
    }

    @Test
    void withoutALimitItIsFourTimesTheWalOfACheckpoint() {
        WalBudget budget = WalBudget.of(100 * MB, null, null, 1000 * MB, null);
        assertThat(budget.limitBytes()).isEqualTo(4000 * MB);
        assertThat(budget.source()).isEqualTo("4 x max_wal_size");
        assertThat(WalBudget.of(5000 * MB, null, null, 1000 * MB, null).pauseEnds())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "0, 14400, 1, 'you may pause 3 h 12 min'",
        "0, 100, 1, 'you may pause 1 min 20 s'",
        "0, 1000000, 1, 'you may pause 9 d 6 h'",
        "0, 1000000000, 1, 'you may pause for more than 30 days'",
        "0, 1000000000, 0, 'you may pause for more than 30 days'",
        "90, 10, 1, 'you may not pause: 90 % of the WAL budget is used'"
    })
    void saysHowLongAPauseMayLast(long held, long left, double rate, String text) {
        assertThat(WalBudget.of(held, left, null, 1, rate).text()).isEqualTo(text);
    }

    @Test
    void withoutARateItDoesNotGuess() {
        assertThat(WalBudget.of(0, 100L, null, 1, null).pauseSeconds()).isNull();
    }
}
