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
    private int waiting;
    private int taken;
    private final ReaderPace pace = new ReaderPace(gentle::get, () -> waiting, () -> now, nanos -> {
        rested += nanos;
        now += nanos;
        waiting = Math.max(0, waiting - taken);
    });

    @Test
    void whileOthersWantTheProcessorsItReadsAThirdOfTheTime() {
        read(10_000);
        assertThat((double) rested / now).isBetween(0.66, 0.67);
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

    /** What lies in the queue is copied by every collection. */
    @Test
    void whatIsReadMeanwhileIsSoonTaken() {
        waiting = 2 * ReaderPace.ENOUGH;
        taken = 64;
        read(1);
        assertThat(waiting).isEqualTo(ReaderPace.ENOUGH);

        gentle.set(false);
        waiting = 2 * ReaderPace.ENOUGH;
        long before = rested;
        read(1);
        assertThat(rested).isEqualTo(before);
    }

    /** It would not see that it is to end. */
    @Test
    void whatNobodyTakesHoldsItUpForAWhileOnly() {
        waiting = 2 * ReaderPace.ENOUGH;
        read(1);
        assertThat(rested).isBetween(ReaderPace.LONGEST_NANOS, 2 * ReaderPace.LONGEST_NANOS);
    }

    @Test
    void whoIsInterruptedDoesNotWait() {
        waiting = 2 * ReaderPace.ENOUGH;
        Thread.currentThread().interrupt();
        read(1);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(rested).isEqualTo(ReaderPace.REST_NANOS);
    }

    private void read(int changes) {
        for (int i = 0; i < changes; i++) {
            now += CHANGE;
            pace.onEvent(null, null, null, null, null, Envelope.Operation.CREATE);
        }
    }
}
