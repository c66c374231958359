package dev.lockstep.rehearse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.rehearse.RehearsalReport.Live.RowsBy;
import java.util.List;
import org.junit.jupiter.api.Test;

class ForecasterTest {

    private static final RehearsalReport.Phase EXPAND =
            new RehearsalReport.Phase("expand", 0, 2, 1000, 10, 20, List.of());
    private static final RehearsalReport.Phase BACKFILL =
            new RehearsalReport.Phase("backfill", 1000, 10, 50_000, 4000, 2000, List.of());
    private static final List<RehearsalReport.Phase> PHASES = List.of(EXPAND, BACKFILL);

    @Test
    void ofTheSameDataItIsWhatWasMeasured() {
        assertThat(forecast(1000, 8000, 0, 0))
                .containsExactly(
                        new RehearsalReport.Forecast("expand", 0, 2.0, 1000L, 10, 20),
                        new RehearsalReport.Forecast("backfill", 1000, 10.0, 50_000L, 4000, 2000));
    }

    @Test
    void rowsWalAndGrowthGoWithTheRowsAndExpandWithNothing() {
        assertThat(forecast(3000, 24_000, 0, 0))
                .containsExactly(
                        new RehearsalReport.Forecast("expand", 0, 2.0, 1000L, 10, 20),
                        new RehearsalReport.Forecast("backfill", 3000, 30.0, 150_000L, 12_000, 6000));
    }

    @Test
    void bloatHasToBeReadButIsNotWritten() {
        RehearsalReport.Forecast backfill = forecast(1000, 16_000, 0, 0).get(1);
        assertThat(backfill.seconds()).isEqualTo(20.0);
        assertThat(backfill.walBytes()).isEqualTo(50_000L);
    }

    /** The copy was filled with 100 rows a second, the live database writes 50. */
    @Test
    void liveWritesTakeTheirShareOfThePaceAndAddTheirWal() {
        RehearsalReport.Forecast backfill = forecast(1000, 8000, 50, 100).get(1);
        assertThat(backfill.seconds()).isEqualTo(20.0);
        assertThat(backfill.walBytes()).isEqualTo(50_000L + 20 * 100);
    }

    @Test
    void aDatabaseThatWritesFasterThanItIsFilledIsNeverDone() {
        RehearsalReport.Forecast backfill = forecast(1000, 8000, 100, 100).get(1);
        assertThat(backfill.seconds()).isNull();
        assertThat(backfill.walBytes()).isNull();
        assertThat(new Forecaster(PHASES, live(1000, 8000, 100, 100)).assumptions())
                .anyMatch(line -> line.contains("would not come to its end"));
    }

    @Test
    void anEmptyCopyIsNoReasonToDivideByIt() {
        RehearsalReport.Live empty = new RehearsalReport.Live(
                List.of(new RehearsalReport.Live.Table("public.Messages", 0, RowsBy.STATISTICS, 0, 0, 0)), 0, 0);
        assertThat(new Forecaster(List.of(EXPAND), empty)
                        .of(List.of(EXPAND))
                        .get(0)
                        .seconds())
                .isEqualTo(2.0);
    }

    @Test
    void whereTheNumbersOfRowsAreFromIsSaid() {
        assertThat(origin(RowsBy.COUNT, RowsBy.COUNT)).contains("(it was copied just now)");
        assertThat(origin(RowsBy.STATISTICS, RowsBy.STATISTICS)).contains("(by the live server's statistics)");
        assertThat(origin(RowsBy.STATISTICS, RowsBy.BYTES))
                .contains("(by the live server's statistics; of b, never analyzed there, by its bytes)");
    }

    private static String origin(RowsBy a, RowsBy b) {
        RehearsalReport.Live live = new RehearsalReport.Live(
                List.of(
                        new RehearsalReport.Live.Table("a", 10, a, 10, 10, 10),
                        new RehearsalReport.Live.Table("b", 10, b, 10, 10, 10)),
                0,
                0);
        return new Forecaster(PHASES, live).assumptions().get(0);
    }

    private static List<RehearsalReport.Forecast> forecast(long rows, long bytes, double writes, double wal) {
        return new Forecaster(PHASES, live(rows, bytes, writes, wal)).of(PHASES);
    }

    private static RehearsalReport.Live live(long rows, long bytes, double writes, double wal) {
        return new RehearsalReport.Live(
                List.of(new RehearsalReport.Live.Table("public.Messages", rows, RowsBy.STATISTICS, bytes, 1000, 8000)),
                writes,
                wal);
    }
}
