package dev.lockstep.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

@SuppressWarnings("WaitNotInLoop") // the wait itself is what is tested
class PatientConditionTest {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition plain = lock.newCondition();
    private final Condition patient =
            new PatientCondition(plain, Duration.ofHours(1).toNanos());

    /** The engine's reader waits for room in its queue for no time at all: it was a busy loop while run was paused. */
    @Test
    void aWaitOfNoTimeWaitsUntilItIsSignalled() throws Exception {
        CompletableFuture<Boolean> waited = CompletableFuture.supplyAsync(() -> {
            lock.lock();
            try {
                return patient.await(0, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                lock.unlock();
            }
        });
        boolean waiting = false;
        while (!waiting) {
            Thread.onSpinWait();
            lock.lock();
            try {
                waiting = lock.hasWaiters(plain);
            } finally {
                lock.unlock();
            }
        }
        assertThat(waited).isNotDone();

        lock.lock();
        try {
            patient.signalAll();
        } finally {
            lock.unlock();
        }
        assertThat(waited.get(1, TimeUnit.MINUTES)).isTrue();
    }
}
