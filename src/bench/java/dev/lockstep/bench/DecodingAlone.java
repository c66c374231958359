package dev.lockstep.bench;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * The least that anything fed by logical decoding can cost: the server's own client reads the stream of the same tables and
 * throws it away.
 */
final class DecodingAlone implements AutoCloseable {

    private final BenchDatabase database;
    private final Process process;

    DecodingAlone(BenchDatabase database) throws Exception {
        this.database = database;
        database.execute("CREATE PUBLICATION decoding FOR TABLE \"Messages\", \"Conversations\", \"Personas\"");
        database.text("SELECT pg_create_logical_replication_slot('decoding', 'pgoutput')::text");
        ProcessBuilder builder = new ProcessBuilder(
                        Programs.find("pg_recvlogical").toString(),
                        "--start",
                        "--slot=decoding",
                        "--option=proto_version=1",
                        "--option=publication_names=decoding",
                        "--file=/dev/null",
                        "--no-loop",
                        "--host=127.0.0.1",
                        "--port=" + database.port(),
                        "--username=postgres",
                        "--dbname=" + database.name())
                .inheritIO();
        builder.environment().put("PGPASSWORD", "postgres");
        process = builder.start();
    }

    void requireAlive() {
        if (!process.isAlive()) {
            throw new IllegalStateException("pg_recvlogical ended with " + process.exitValue());
        }
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            database.execute(
                    "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = 'decoding'"
                            + " AND active");
            while (!"t"
                    .equals(database.text(
                            "SELECT NOT active FROM pg_replication_slots WHERE slot_name = 'decoding'"))) {
                Thread.sleep(20);
            }
            database.execute("SELECT pg_drop_replication_slot('decoding')");
            database.execute("DROP PUBLICATION decoding");
        } catch (Exception e) {
            throw new IOException("the slot of the decoding alone stays", e);
        }
    }
}
