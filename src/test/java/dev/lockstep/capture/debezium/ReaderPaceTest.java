package dev.lockstep.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.data.Envelope;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ReaderPaceTest {

    /** What reading a change takes here. */
    private static final long CHANGE = 100_000;

    private final AtomicBoolean gentle = new AtomicBoolean(true);
    private long now;
    private long rested;
    private final ReaderPace pace = new ReaderPace(gentle::get, () -> now, nanos -> {
        rested += nanos;
        now += nanos;
    });

    @Test
    void whileOthersWantTheProcessorsItReadsAFifthOfTheTime() {
        read(10_000);
        assertThat((double) rested / now).isBetween(0.79, 0.81);
    }

    @Test
    void itReadsAsFastAsItCanWhenNobodyElseWantsThem() {
        gentle.set(false);
        read(10_000);
        assertThat(rested).isZero();
    }

    /** The stream does not wait for a crowd that has gone. */
    @Test
    void itIsAskedForEachChange() {
        read(100);
        gentle.set(false);
        long before = rested;
        read(1);
        assertThat(rested).isEqualTo(before);
    }

    private void read(int changes) {
        for (int i = 0; i < changes; i++) {
            now += CHANGE;
            pace.onEvent(null, null, null, null, null, Envelope.Operation.CREATE);
        }
    }
}
