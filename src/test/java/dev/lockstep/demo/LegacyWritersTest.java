package dev.lockstep.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LegacyWritersTest {

    private static final DemoSchema.Size SIZE = new DemoSchema.Size(20, 50, 300);

    @Test
    void everyKindOfTransactionComesAndCountsWhatIsThere() throws Exception {
        TestDatabase db = TestPostgres.database();
        create(db);
        LegacyWriters.Load load = new LegacyWriters.Load(300, 0.2, 20);
        LegacyCounts counts;
        try (LegacyWriters writers = new LegacyWriters(db.config(), SIZE, load, new Random(1))) {
            writers.start();
            Await.until("every kind", () -> everyKind(writers.counts()));
            assertThat(db.rows(
                            "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()"
                                    + " AND application_name LIKE 'legacy/%' ORDER BY 1"))
                    .contains(List.of("legacy/copy"), List.of("legacy/several"), List.of("legacy/single"));
            counts = writers.stop();
        }
        assertThat(counts.failed()).isEmpty();
        assertThat(counts.rows()).isGreaterThan(counts.committed());
        assertThat(db.number("SELECT count(*) FROM \"Personas\""))
                .isEqualTo(SIZE.personas() + counts.transactions(LegacyKind.NEW_PERSONA));
    }

    @Test
    void theyConnectAgain() throws Exception {
        TestDatabase db = TestPostgres.database();
        create(db);
        LegacyWriters.Load load = new LegacyWriters.Load(100, 0.2, 5);
        try (LegacyWriters writers = new LegacyWriters(db.config(), SIZE, load, new Random(2))) {
            writers.start();
            Await.until("some work", () -> writers.counts().committed() > 20);
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    + " WHERE datname = current_database() AND pid <> pg_backend_pid()");
            Await.until("a failure", () -> !writers.counts().failed().isEmpty());
            long before = writers.counts().committed();
            Await.until("more work", () -> writers.counts().committed() > before + 20);
        }
    }

    private static void create(TestDatabase db) throws Exception {
        try (Connection connection = db.connect()) {
            DemoSchema.create(connection, SIZE);
        }
        assertThat(db.number(
                        "SELECT count(*) FROM \"Messages\" JOIN \"Conversations\" c ON c.\"Id\" = \"ConversationId\""))
                .isEqualTo(SIZE.messages());
        assertThat(db.text("SELECT 'x' FROM \"Messages\" WHERE \"Id\" = '" + DemoSchema.message(7) + "'"))
                .isNotNull();
    }

    private static boolean everyKind(LegacyCounts counts) {
        return Stream.of(LegacyKind.values()).allMatch(kind -> counts.transactions(kind) > 0);
    }
}
