package dev.lockstep.testing;

import dev.lockstep.vector.Edit;
import dev.lockstep.vector.Page;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreFailure;
import dev.lockstep.vector.VectorStore;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A store that fails as its script says. The script may be changed from any thread while another uses the store; more than
 * one fault may be in force, and then being away comes first.
 */
public final class FaultyStore implements VectorStore {

    /** A write that waits: {@code reached} opens when it has come, and it goes on when {@code released} is opened. */
    public record Hold(CountDownLatch reached, CountDownLatch released) {

        private Hold() {
            this(new CountDownLatch(1), new CountDownLatch(1));
        }
    }

    private final VectorStore store;
    private final AtomicBoolean away = new AtomicBoolean();
    private final AtomicBoolean broken = new AtomicBoolean();
    private final AtomicLong miscount = new AtomicLong();
    private final AtomicInteger before = new AtomicInteger();
    private final AtomicInteger after = new AtomicInteger();
    private final AtomicReference<Hold> hold = new AtomicReference<>();

    public FaultyStore(VectorStore store) {
        this.store = store;
    }

    /** From now on its own counts differ from what is there. */
    public void miscount(long by) {
        miscount.set(by);
    }

    /** From now on nobody answers. */
    public void goAway() {
        away.set(true);
    }

    public void comeBack() {
        away.set(false);
    }

    /** The next {@code times} writes fail, and nothing of them is written. */
    public void failBeforeWrite(int times) {
        before.set(times);
    }

    /** The next {@code times} writes fail, and all of them is written. */
    public void failAfterWrite(int times) {
        after.set(times);
    }

    /** The next write fails as no store should. */
    public void breakNextWrite() {
        broken.set(true);
    }

    /** The next write waits, with nothing of it written; an interrupt ends it with a failure. */
    public Hold holdNextWrite() {
        Hold next = new Hold();
        hold.set(next);
        return next;
    }

    @Override
    public String check() {
        beThere();
        return store.check();
    }

    @Override
    public Page scroll(Selection which, String cursor, int limit) {
        beThere();
        return store.scroll(which, cursor, limit);
    }

    @Override
    public void write(List<Edit> edits) {
        Hold held = hold.getAndSet(null);
        if (held != null) {
            await(held);
        }
        beThere();
        if (broken.getAndSet(false)) {
            throw new IllegalStateException("the script breaks the adapter");
        }
        if (isDue(before)) {
            throw new StoreFailure("the script fails this write before it is done", null);
        }
        store.write(edits);
        if (isDue(after)) {
            throw new StoreFailure("the script fails this write after it was done", null);
        }
    }

    @Override
    public long count(Selection which) {
        beThere();
        return store.count(which) + miscount.get();
    }

    @Override
    public void close() {
        store.close();
    }

    private void beThere() {
        if (away.get()) {
            throw new StoreFailure("the script has the store away", null);
        }
    }

    private static boolean isDue(AtomicInteger times) {
        return times.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    }

    private static void await(Hold held) {
        held.reached().countDown();
        try {
            held.released().await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreFailure("interrupted", e);
        }
    }
}
