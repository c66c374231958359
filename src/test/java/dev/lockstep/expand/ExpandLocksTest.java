package dev.lockstep.expand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lockstep.model.LockstepException;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Expand beside sessions that hold what it needs. */
class ExpandLocksTest {

    private Expansion expansion;
    private Connection holder;
    private String holderPid;

    @BeforeEach
    void legacyDatabase() throws SQLException {
        expansion = Expansion.of(LegacySchema.PASCAL.ddl(), LegacySchema.PASCAL.spec());
        holder = expansion.database().connect();
        holder.setAutoCommit(false);
        holderPid = execute("SET application_name = 'nightly report'; SELECT pg_backend_pid()");
    }

    @AfterEach
    void drop() throws SQLException {
        holder.close();
        expansion.close();
    }

    @Test
    void a_lock_held_too_long_ends_with_its_holder_named_and_nothing_half_done() throws Exception {
        execute("LOCK TABLE \"Messages\" IN ACCESS SHARE MODE");
        AtomicInteger pauses = new AtomicInteger();

        LockstepException failure = catchThrowableOfType(
                LockstepException.class,
                () -> expansion.expander(time -> pauses.incrementAndGet()).expand());

        assertThat(failure.kind()).isEqualTo(LockstepException.Kind.NOT_DONE);
        assertThat(failure)
                .hasMessageContaining("could not add FromAgentId, ContentHash to public.Messages in 4 attempts")
                .hasMessageContaining("pid " + holderPid + " (nightly report")
                .hasMessageContaining("run the command again");
        assertThat(pauses).hasValue(3);
        assertThat(columns("Messages")).doesNotContain("FromAgentId").doesNotContain("ContentHash");
        assertThat(slots()).isZero();

        holder.rollback();
        assertThat(expansion.expander().expand()).first().isEqualTo("Add FromAgentId, ContentHash to public.Messages");
        assertThat(expansion.expander().expand()).isEmpty();
    }

    @Test
    void a_lock_let_go_between_two_attempts_is_only_a_delay() throws Exception {
        execute("LOCK TABLE \"Messages\" IN ACCESS SHARE MODE");

        assertThat(expansion
                        .expander(time -> {
                            try {
                                holder.rollback();
                            } catch (SQLException e) {
                                throw new IllegalStateException(e);
                            }
                        })
                        .expand())
                .contains("Add FromAgentId, ContentHash to public.Messages");
    }

    @Test
    void an_old_transaction_that_holds_up_the_slot_is_named() throws Exception {
        execute("SELECT pg_current_xact_id()");

        LockstepException failure = catchThrowableOfType(
                LockstepException.class, () -> expansion.expander().expand());

        assertThat(failure.kind()).isEqualTo(LockstepException.Kind.NOT_DONE);
        assertThat(failure)
                .hasMessageContaining("could not create replication slot " + expansion.name())
                .hasMessageContaining("pid " + holderPid + " (nightly report");
        assertThat(slots()).isZero();
        assertThat(database().number("SELECT count(*) FROM " + expansion.name() + ".position"))
                .isZero();

        holder.rollback();
        assertThat(expansion.expander().expand())
                .containsExactly(
                        "Create replication slot " + expansion.name(),
                        "Record where the stream begins",
                        "Plan the backfill of 2 tables");
    }

    @Test
    void an_interrupt_ends_a_waiting_index_build_and_the_next_one_starts_over() throws Exception {
        expansion.expander().expand();
        execute("LOCK TABLE \"Messages\" IN ROW EXCLUSIVE MODE");
        CompletableFuture<LockstepException> outcome = new CompletableFuture<>();
        Thread builder = new Thread(() -> outcome.complete(catchThrowableOfType(
                LockstepException.class, () -> expansion.postBackfill().finish())));
        builder.start();
        awaitOne(
                database(),
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                        + " AND query LIKE 'CREATE INDEX CONCURRENTLY%'");

        builder.interrupt();

        assertThat(outcome.get(20, TimeUnit.SECONDS)).hasMessageContaining("interrupted at: Build index");
        holder.rollback();
        assertThat(expansion.postBackfill().finish())
                .contains("Build index IX_Messages_FromAgentId of public.Messages");
        assertThat(expansion.postBackfill().finish()).isEmpty();
    }

    @Test
    void two_at_a_time_are_refused() throws Exception {
        execute("SELECT pg_advisory_lock(hashtextextended('lockstep expand " + expansion.name() + "', 0))");

        LockstepException failure = catchThrowableOfType(
                LockstepException.class, () -> expansion.expander().expand());

        assertThat(failure).hasMessageContaining("another session is doing the same");
        execute("SELECT pg_advisory_unlock_all()");
    }

    @Test
    void an_autovacuum_at_work_is_got_past() throws Exception {
        try (EmbeddedPostgres server = TestPostgres.start(Map.of("autovacuum_naptime", "1"))) {
            TestDatabase vacuumed = TestPostgres.database(server);
            vacuumed.execute(LegacySchema.PASCAL.ddl() + """
                    INSERT INTO "Messages" ("Content") SELECT repeat('x', 1000) FROM generate_series(1, 20000);
                    ALTER TABLE "Messages" SET (autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1,
                      autovacuum_vacuum_insert_threshold = 0, autovacuum_vacuum_insert_scale_factor = 0);
                    """);
            Expansion slow = new Expansion(vacuumed, "lockstep", LegacySchema.PASCAL.spec());
            awaitOne(
                    vacuumed,
                    "SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid"
                            + " WHERE backend_type = 'autovacuum worker' AND l.relation = '\"Messages\"'::regclass"
                            + " AND query LIKE '%VACUUM%'");

            assertThat(slow.expander().expand()).contains("Add FromAgentId, ContentHash to public.Messages");
        }
    }

    private TestDatabase database() {
        return expansion.database();
    }

    private String execute(String sql) throws SQLException {
        try (Statement statement = holder.createStatement()) {
            boolean rows = statement.execute(sql);
            while (!rows && statement.getUpdateCount() >= 0) {
                rows = statement.getMoreResults();
            }
            if (!rows) {
                return "";
            }
            statement.getResultSet().next();
            return String.valueOf(statement.getResultSet().getString(1));
        }
    }

    private String columns(String table) throws SQLException {
        return database()
                .text("SELECT string_agg(attname, ',') FROM pg_attribute WHERE attnum > 0 AND attrelid = '\"" + table
                        + "\"'::regclass");
    }

    private long slots() throws SQLException {
        return database()
                .number("SELECT count(*) FROM pg_replication_slots WHERE slot_name = '" + expansion.name() + "'");
    }

    private static void awaitOne(TestDatabase database, String count) throws SQLException {
        long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (database.number(count) == 0) {
            assertThat(System.nanoTime()).isLessThan(limit);
        }
    }
}
