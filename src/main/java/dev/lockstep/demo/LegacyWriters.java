package dev.lockstep.demo;

import static dev.lockstep.demo.LegacyKind.COPY;
import static dev.lockstep.demo.LegacyKind.DELETE;
import static dev.lockstep.demo.LegacyKind.EDIT;
import static dev.lockstep.demo.LegacyKind.MULTI_ROW;
import static dev.lockstep.demo.LegacyKind.NEW_PERSONA;
import static dev.lockstep.demo.LegacyKind.PERSONA_CHANGE;
import static dev.lockstep.demo.LegacyKind.ROLLED_BACK;
import static dev.lockstep.demo.LegacyKind.SINGLE;
import static dev.lockstep.demo.LegacyKind.SLOW;

import dev.lockstep.config.DatabaseConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;

/**
 * The legacy application at work on {@link DemoSchema}: three writers that know only persona columns, one for single
 * rows, one for several at once, one for COPY, each with persona changes, edits, deletes, slow and rolled-back
 * transactions. They outlive a restart of the server. Starts once.
 */
public final class LegacyWriters implements AutoCloseable {

    /**
     * How much they write.
     *
     * @param transactionsPerSecond all of them together
     * @param copyShare the part of them that belongs to the COPY writer
     * @param mostCopied most rows of one COPY
     */
    public record Load(double transactionsPerSecond, double copyShare, int mostCopied) {

        public Load {
            if (transactionsPerSecond <= 0 || copyShare <= 0 || copyShare > 0.5 || mostCopied < 1) {
                throw new IllegalArgumentException("no such load");
            }
        }
    }

    private static final double SEVERAL_SHARE = 0.15;

    private static final List<LegacyKind> SINGLES = List.of(
            SINGLE,
            SINGLE,
            SINGLE,
            SINGLE,
            SINGLE,
            SINGLE,
            SINGLE,
            PERSONA_CHANGE,
            PERSONA_CHANGE,
            EDIT,
            EDIT,
            EDIT,
            DELETE,
            NEW_PERSONA,
            SLOW);
    private static final List<LegacyKind> SEVERALS =
            List.of(MULTI_ROW, MULTI_ROW, MULTI_ROW, MULTI_ROW, PERSONA_CHANGE, EDIT, DELETE, ROLLED_BACK, SLOW);
    private static final List<LegacyKind> COPIES =
            List.of(COPY, COPY, COPY, COPY, COPY, COPY, COPY, PERSONA_CHANGE, EDIT, DELETE, ROLLED_BACK, SLOW);

    private final Load load;
    private final LegacyTally tally = new LegacyTally();
    private final LegacyWriter single;
    private final LegacyWriter several;
    private final LegacyWriter copy;
    private final List<ScheduledFuture<?>> running = new ArrayList<>();
    private boolean stopped;

    /** @param random decides what is written; each writer takes a seed from it */
    public LegacyWriters(DatabaseConfig config, DemoSchema.Size size, Load load, Random random) {
        this.load = load;
        this.single = writer("single", config, size, load, random, SINGLES);
        this.several = writer("several", config, size, load, random, SEVERALS);
        this.copy = writer("copy", config, size, load, random, COPIES);
    }

    private LegacyWriter writer(
            String role,
            DatabaseConfig config,
            DemoSchema.Size size,
            Load load,
            Random random,
            List<LegacyKind> kinds) {
        return new LegacyWriter(role, config, size, load.mostCopied(), random.nextLong(), kinds, tally);
    }

    public void start() {
        double all = load.transactionsPerSecond();
        running.add(single.start(all * (1 - SEVERAL_SHARE - load.copyShare())));
        running.add(several.start(all * SEVERAL_SHARE));
        running.add(copy.start(all * load.copyShare()));
    }

    /** @throws IllegalStateException when one of them has died of a programming error */
    public void check() throws InterruptedException {
        for (ScheduledFuture<?> one : running) {
            rethrow(one);
        }
    }

    /** What they have done so far. */
    public LegacyCounts counts() {
        return tally.counts();
    }

    /**
     * Stops them after the transactions in hand.
     *
     * @throws IllegalStateException when one of them had died of a programming error
     */
    public synchronized LegacyCounts stop() throws InterruptedException {
        if (!stopped) {
            stopped = true;
            for (LegacyWriter writer : List.of(single, several, copy)) {
                writer.stop();
            }
            check();
        }
        return counts();
    }

    private static void rethrow(ScheduledFuture<?> writer) throws InterruptedException {
        if (!writer.isDone()) {
            return; // stopped between two transactions
        }
        try {
            writer.get();
        } catch (CancellationException e) {
            // stopped
        } catch (ExecutionException e) {
            throw new IllegalStateException("a legacy writer died", e.getCause());
        }
    }

    @Override
    public void close() {
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
