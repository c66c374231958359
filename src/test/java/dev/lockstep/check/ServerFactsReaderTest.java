package dev.lockstep.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.check.ServerFacts.OldTransaction;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerFactsReaderTest {

    private final TestDatabase database = TestPostgres.database();

    @Test
    void transactionsOfTheAgeAskedFor() throws SQLException {
        try (Connection writer = database.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            String pid;
            try (ResultSet row = statement.executeQuery("SELECT pg_backend_pid(), pg_current_xact_id()")) {
                row.next();
                pid = row.getString(1);
            }

            assertThat(read(Duration.ZERO).others().oldTransactions())
                    .filteredOn(t -> t.id().equals(pid))
                    .extracting(OldTransaction::prepared)
                    .containsExactly(false);
            assertThat(read(Duration.ofHours(1)).others().oldTransactions()).isEmpty();
        }
    }

    @Test
    void originsAndSubscriptionsOfOthers() throws SQLException {
        database.execute("CREATE SUBSCRIPTION theirs CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false)");
        database.execute("SELECT pg_replication_origin_create(o) FROM unnest(ARRAY['mine_0', 'other', 'minerva']) o");
        try {
            ServerFacts facts = read(Duration.ZERO);

            assertThat(facts.others().subscriptions()).containsExactly("theirs");
            assertThat(facts.others().origins()).contains("other", "minerva").doesNotContain("mine_0");
        } finally {
            database.execute("SELECT pg_replication_origin_drop(o) FROM unnest(ARRAY['mine_0', 'other', 'minerva']) o");
            database.execute("ALTER SUBSCRIPTION theirs SET (slot_name = NONE)");
            database.execute("DROP SUBSCRIPTION theirs");
        }
    }

    @Test
    void nothingIsThereYet() throws SQLException {
        ServerFacts facts = read(Duration.ofHours(1));

        assertThat(facts.tables()).isEmpty();
        assertThat(facts.nameUse()).isEqualTo(new ServerFacts.NameUse(false, false, false, null));
        assertThat(facts.role().mayReplicate()).isTrue();
        assertThat(facts.settings().walLevel()).isEqualTo("logical");
        assertThat(facts.settings().deadlockTimeoutMillis()).isEqualTo(1000);
        assertThat(facts.settings().slotWalKeepMegabytes()).isEqualTo(-1);
    }

    private ServerFacts read(Duration oldAfter) throws SQLException {
        try (Connection connection = database.connect()) {
            return new ServerFactsReader(connection, oldAfter).read("mine", List.of());
        }
    }
}
