package dev.lockstep.vector;

import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Scrolls through a store and reads the next page while the last one is worked on. One thread at a time. */
final class PageAhead implements AutoCloseable {

    private final VectorStore store;
    private final ExecutorService reader;
    private @Nullable Future<Page> ahead;
    private @Nullable String aheadOf;

    /** @param store used by nobody else; closed with this */
    PageAhead(VectorStore store, String name) {
        this.store = store;
        this.reader = Executors.newSingleThreadExecutor(work -> {
            Thread thread = new Thread(work, "lockstep-vectors-" + name + "-ahead");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** The page at the cursor; the one behind it is asked for already. */
    Page take(@Nullable String cursor, int limit) throws InterruptedException {
        Future<Page> asked = ahead;
        ahead = null;
        if (asked == null || !Objects.equals(aheadOf, cursor)) {
            drop(asked);
            asked = reader.submit(() -> store.scroll(new Selection.All(), cursor, limit));
        }
        Page page = result(asked);
        String next = page.next();
        if (next != null) {
            aheadOf = next;
            ahead = reader.submit(() -> store.scroll(new Selection.All(), next, limit));
        }
        return page;
    }

    /** What was read ahead may be older than what was written since. */
    void forget() {
        drop(ahead);
        ahead = null;
    }

    private static void drop(@Nullable Future<Page> asked) {
        if (asked != null) {
            asked.cancel(false); // the store's call goes on: its own thread waits for it before the next
        }
    }

    private static Page result(Future<Page> asked) throws InterruptedException {
        try {
            return asked.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void close() {
        reader.shutdownNow();
        store.close();
    }
}
