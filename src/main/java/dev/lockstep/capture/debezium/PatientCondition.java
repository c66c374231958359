package dev.lockstep.capture.debezium;

import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;

/** Another condition, whose timed waits last for at least so long, or until it is signalled. */
@SuppressWarnings("WaitNotInLoop") // the loop is the caller's
record PatientCondition(Condition other, long leastNanos) implements Condition {

    @Override
    public long awaitNanos(long nanos) throws InterruptedException {
        return other.awaitNanos(Math.max(leastNanos, nanos));
    }

    @Override
    public boolean await(long time, TimeUnit unit) throws InterruptedException {
        return awaitNanos(unit.toNanos(time)) > 0;
    }

    @Override
    public boolean awaitUntil(Date deadline) throws InterruptedException {
        return other.awaitUntil(deadline);
    }

    @Override
    public void await() throws InterruptedException {
        other.await();
    }

    @Override
    public void awaitUninterruptibly() {
        other.awaitUninterruptibly();
    }

    @Override
    public void signal() {
        other.signal();
    }

    @Override
    public void signalAll() {
        other.signalAll();
    }
}
