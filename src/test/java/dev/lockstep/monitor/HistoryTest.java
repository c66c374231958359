package dev.lockstep.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HistoryTest {

    private static final double STEP = History.STEP.toSeconds();

    private final History history = new History();

    @Test
    void aPointIsWhatWasSeenThen() {
        history.add(100, 0.5, 2048, 30, 20);
        history.add(100 + STEP, Double.NaN, Double.NaN, 30, 20);
        History.View view = history.view();
        assertThat(view.stepSeconds()).isEqualTo(5);
        assertThat(view.points().get(0)).containsExactly(100.0, 0.5, 2048.0, 0.0, 0.0);
        assertThat(view.points().get(1)).containsExactly(100 + STEP, null, null, 0.0, 0.0);
    }

    @Test
    void pointsAreAStepApart() {
        for (double at = 100; at < 100 + 2 * STEP; at++) {
            history.add(at, at, 0, 0, 0);
        }
        assertThat(history.view().points()).extracting(point -> point.get(0)).containsExactly(100.0, 100 + STEP);
    }

    /** It was the rate of the last second, so what came in the four before was never to be seen. */
    @Test
    void whatCameBetweenTwoPointsIsInTheRate() {
        history.add(100, 0, 0, 1000, 500);
        history.add(101, 0, 0, 1300, 600);
        history.add(104, 0, 0, 1300, 600);
        history.add(105, 0, 0, 1300, 600);
        assertThat(history.view().points().get(1)).containsExactly(105.0, 0.0, 0.0, 60.0, 20.0);
    }

    @Test
    void itGoesBackAnHour() {
        for (int i = 0; i < 1000; i++) {
            history.add(100 + i * STEP, 0, 0, 0, 0);
        }
        assertThat(history.view().points()).hasSize(720);
        assertThat(history.view().points().get(719).get(0)).isEqualTo(100 + 999 * STEP);
    }
}
