package dev.lockstep.cli;

import dev.lockstep.backfill.ScanProgress;
import dev.lockstep.model.TableName;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** A scan's progress on a terminal: one line that is drawn again. Thread-safe. */
final class ProgressBar implements ScanProgress, AutoCloseable {

    private static final Duration EVERY = Duration.ofMillis(200);
    private static final int WIDTH = 24;

    private final PrintStream out;
    private final boolean silent;
    private TableName table = new TableName("-", "-");
    private long startedAt;
    private long startedBlock;
    private long drawnAt;
    private long rows;
    private boolean drawn;

    ProgressBar(PrintStream out, boolean silent) {
        this.out = out;
        this.silent = silent || !Boolean.getBoolean("lockstep.terminal"); // bin/lockstep knows
    }

    @Override
    public synchronized void step(TableName leaf, long done, long total, long written) {
        long now = System.nanoTime();
        if (!leaf.equals(table)) {
            newLine();
            table = leaf;
            startedAt = now;
            startedBlock = done;
            rows = 0;
        }
        rows += written;
        if (!silent && (now - drawnAt >= EVERY.toNanos() || done == total)) {
            drawnAt = now;
            draw(done, total, (now - startedAt) / 1e9);
        }
    }

    private void draw(long done, long total, double seconds) {
        double part = total == 0 ? 1 : (double) done / total;
        int full = (int) (part * WIDTH);
        double rate = seconds > 0 ? rows / seconds : 0;
        long left = done > startedBlock ? Math.round(seconds * (total - done) / (done - startedBlock)) : 0;
        out.printf(
                Locale.ROOT,
                "\r%-28s [%s%s] %5.1f %%  %,d rows  %,.0f rows/s  %d s left   ",
                table,
                "#".repeat(full),
                ".".repeat(WIDTH - full),
                part * 100,
                rows,
                rate,
                left);
        out.flush();
        drawn = true;
    }

    private void newLine() {
        if (drawn) {
            out.println();
            drawn = false;
        }
    }

    @Override
    public synchronized void close() {
        newLine();
    }
}
