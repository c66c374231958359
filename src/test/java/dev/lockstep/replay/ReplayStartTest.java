package dev.lockstep.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.savepoint.Savepoint;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplayStartTest {

    private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");
    private static final List<Savepoint> SAVEPOINTS = List.of(
            savepoint("lost", NOON.minusSeconds(60), null),
            savepoint("a", NOON, "0/100"),
            savepoint("b", NOON.plusSeconds(60), "0/200"));

    private static Savepoint savepoint(String name, Instant at, String lsn) {
        return new Savepoint(name, "ls_sp_" + name, false, at, lsn == null ? null : Lsn.parse(lsn), 0, null);
    }

    @ParameterizedTest
    @CsvSource({"0/100, a", "0/1FF, a", "0/200, b", "9/0, b"})
    void theLatestAtOrBeforeAnLsn(String lsn, String expected) {
        assertThat(ReplayStart.choose(new ReplayRequest.FromLsn(Lsn.parse(lsn)), SAVEPOINTS)
                        .name())
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0, a", "59, a", "60, b", "6000, b"})
    void theLatestAtOrBeforeATime(int secondsAfterNoon, String expected) {
        assertThat(ReplayStart.choose(new ReplayRequest.FromTime(NOON.plusSeconds(secondsAfterNoon)), SAVEPOINTS)
                        .name())
                .isEqualTo(expected);
    }

    @Test
    void whatIsNotKeptNamesTheEarliestThatIs() {
        String earliest =
                "; the earliest is savepoint a, from 0/100 (2026-11-24T12:00:00Z) on; `lockstep verify --repair`"
                        + " looks at every row instead";
        refused(new ReplayRequest.FromLsn(Lsn.parse("0/FF")), "the changes from 0/FF on are not kept" + earliest);
        refused(
                new ReplayRequest.FromTime(NOON.minusSeconds(1)),
                "the changes from 2026-11-24T11:59:59Z on are not kept" + earliest);
        refused(new ReplayRequest.FromSavepoint("lost"), "there is no savepoint lost" + earliest);
    }

    private static void refused(ReplayRequest.From from, String message) {
        assertThatThrownBy(() -> ReplayStart.choose(from, SAVEPOINTS))
                .isInstanceOf(LockstepException.class)
                .hasMessage(message);
    }
}
