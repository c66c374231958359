package dev.lockstep.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

/**
 * The packaged sidecar in a process of its own. While it is away it is frozen and has no session and no stream on the
 * server, and comes back with a warm JVM, as after weeks.
 */
final class RunningSidecar implements AutoCloseable {

    private final BenchDatabase database;
    private final Process process;

    RunningSidecar(BenchDatabase database, Product product, Path log) throws IOException {
        this.database = database;
        this.process = product.start("", log, "run");
    }

    long pid() {
        return process.pid();
    }

    void leave() throws Exception {
        signal("STOP");
        database.text("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '"
                + database.name() + "' AND pid <> pg_backend_pid()");
        await("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '" + database.name()
                + "' AND pid <> pg_backend_pid())");
    }

    void comeBack() throws Exception {
        signal("CONT");
        awaitCaughtUp();
    }

    /** All that was committed before the call. */
    void awaitCaughtUp() throws Exception {
        String now = database.text("SELECT pg_current_wal_insert_lsn()");
        await("SELECT lsn >= '" + now + "' FROM " + Product.NAME + ".position");
    }

    /** WAL not yet applied, in bytes. */
    long lag() throws SQLException {
        return database.number(
                "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), lsn)::int8 FROM " + Product.NAME + ".position");
    }

    private void signal(String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
    }

    private void await(String condition) throws Exception {
        long giveUp = System.nanoTime() + TimeUnit.MINUTES.toNanos(4);
        while (!"t".equals(database.text(condition))) {
            if (!process.isAlive() || System.nanoTime() > giveUp) {
                throw new IllegalStateException(
                        "the sidecar " + (process.isAlive() ? "hangs: " : "ended: ") + condition);
            }
            Thread.sleep(50);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            signal("CONT");
            process.destroy();
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
