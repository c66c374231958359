package dev.lockstep.demo;

import dev.lockstep.model.Batch;
import dev.lockstep.model.TableName;
import dev.lockstep.sync.SyncMeter;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;

/** Times from a legacy commit to its row being in step, every change counted. Passes on what it is told. Thread-safe. */
final class Latencies implements SyncMeter {

    private final SyncMeter next;
    private long[] micros = new long[1024];
    private int count;
    private long rows;

    Latencies(SyncMeter next) {
        this.next = next;
    }

    @Override
    public void applied(Batch batch, Duration took, int held) {
        next.applied(batch, took, held);
    }

    @Override
    public void inStep(Collection<Instant> commits) {
        next.inStep(commits);
        Instant now = Instant.now();
        commits.forEach(commit -> add(Duration.between(commit, now)));
    }

    @Override
    public void derived(TableName table, long written) {
        next.derived(table, written);
        synchronized (this) {
            rows += written;
        }
    }

    private synchronized void add(Duration time) {
        if (count == micros.length) {
            micros = Arrays.copyOf(micros, count * 2);
        }
        micros[count++] = Math.max(0, time.toNanos() / 1000);
    }

    /** Forgets the times so far; rows are counted on. */
    synchronized void reset() {
        count = 0;
    }

    synchronized long rows() {
        return rows;
    }

    /** In milliseconds; NaN when there was no change. */
    synchronized double percentile(double part) {
        if (count == 0) {
            return Double.NaN;
        }
        long[] sorted = Arrays.copyOf(micros, count);
        Arrays.sort(sorted);
        return sorted[Math.min(count - 1, (int) (count * part))] / 1000.0;
    }
}
