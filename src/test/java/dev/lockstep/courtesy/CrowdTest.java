package dev.lockstep.courtesy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.database.Database;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What follows from samples; nothing is asked. */
class CrowdTest {

    private static final long STEP = Duration.ofMillis(100).toNanos();
    private static final int COMMITS = 100;

    private final Crowd crowd = new Crowd(
            new Database(new DatabaseConfig("jdbc:postgresql://nowhere.invalid/db", "u", "p", ""), "ls"),
            "ls",
            "a test",
            new CpuPressure(Path.of("none")),
            new CpuIdle(Path.of("none")));
    private long transactions;
    private long now;

    @Test
    void aCrowdTakesPressureAndOthersWhoCommit() {
        samples(50, 0.6, 0.2, 0);
        assertThat(crowd.present()).as("nobody else commits").isFalse();
        samples(50, 0.2, 0.2, COMMITS);
        assertThat(crowd.present()).as("nobody waits").isFalse();
        samples(50, 0.6, 0.2, COMMITS);
        assertThat(crowd.present()).isTrue();
        samples(50, 0.35, 0.2, COMMITS);
        assertThat(crowd.present()).as("hardly less").isTrue();
        samples(50, 0.2, 0.2, COMMITS);
        assertThat(crowd.present()).isFalse();
    }

    /** At full speed a stream at the lowest priority took up to a quarter of the writers' throughput; at half of it nothing. */
    @Test
    void itIsFullUntilTheWritersAloneLeaveMuchAndThenFromWhenWeTakeTheLast() {
        samples(10, 0.6, 0.5, COMMITS);
        assertThat(crowd.full()).as("before it is known").isTrue();
        samples(100, 0.6, 0.2, COMMITS);
        assertThat(crowd.full()).as("at full speed, while we rest").isTrue();
        samples(3, 0.6, 1, COMMITS);
        assertThat(crowd.full()).as("after the disk stood still for a moment").isTrue();
        samples(100, 0.6, 0.5, COMMITS);
        assertThat(crowd.full()).as("at half load, while we rest").isFalse();
        samples(100, 0.6, 0.25, COMMITS);
        assertThat(crowd.full()).as("at half load, while we work").isFalse();
        samples(100, 0.6, Double.NaN, COMMITS);
        assertThat(crowd.full()).as("not known").isFalse();
        samples(100, 0.6, 0.03, COMMITS);
        assertThat(crowd.full()).as("at full speed").isTrue();
    }

    @Test
    void theNextCrowdIsLookedAtAnew() {
        samples(100, 0.6, 0.5, COMMITS);
        assertThat(crowd.full()).isFalse();
        samples(50, 0.1, 0.9, COMMITS);
        assertThat(crowd.present()).isFalse();
        samples(10, 0.9, 0.2, COMMITS);
        assertThat(crowd.present()).isTrue();
        assertThat(crowd.full()).isTrue();
    }

    private void samples(int many, double pressure, double idle, int commits) {
        for (int i = 0; i < many; i++) {
            now += STEP;
            transactions += commits;
            crowd.sample(transactions, pressure, idle, now);
        }
    }
}
