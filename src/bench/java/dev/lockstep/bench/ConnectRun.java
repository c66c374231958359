package dev.lockstep.bench;

import dev.lockstep.connect.ConnectWorker;
import java.util.concurrent.TimeUnit;

/**
 * Falling behind and catching up by connectors that run in a warm worker: the source is stopped, the changes come, it goes
 * on.
 *
 * @param slot of the source
 */
record ConnectRun(ConnectWorker worker, BenchDatabase database, Data data, String source, String slot, int rows) {

    private static final String UPDATED =
            "SELECT n_tup_upd FROM pg_stat_user_tables WHERE relid = '\"Messages\"'::regclass";

    /** Rows per second from the open stream until every row is in step; the topic, the sink and the writes in between. */
    double rate(int round) throws Exception {
        await("the stream", "SELECT active FROM pg_replication_slots WHERE slot_name = '" + slot + "'");
        worker.put(source + "/stop", "");
        await("the source to stop", "SELECT NOT active FROM pg_replication_slots WHERE slot_name = '" + slot + "'");
        data.changeInBulk(database, rows, 5, 7 * round);
        database.execute("CHECKPOINT");
        TimeUnit.SECONDS.sleep(2); // the writer's own counts arrive
        long nearly = database.number(UPDATED) + rows * 9L / 10;
        worker.put(source + "/resume", "");
        await("the stream", "SELECT active FROM pg_replication_slots WHERE slot_name = '" + slot + "'");
        long opened = System.nanoTime();
        await("nine rows of ten", "SELECT (" + UPDATED + ") >= " + nearly); // counting each time would cost a core
        long looked;
        do {
            looked = System.nanoTime();
        } while (database.number(data.outOfStep()) > 0);
        return rows / ((looked - opened) / 1e9);
    }

    private void await(String what, String condition) throws Exception {
        long giveUp = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
        while (!database.text(condition).equals("t")) {
            if (System.nanoTime() > giveUp) {
                throw new IllegalStateException("waited in vain for " + what + ": " + worker.log());
            }
            TimeUnit.MILLISECONDS.sleep(100);
        }
    }
}
