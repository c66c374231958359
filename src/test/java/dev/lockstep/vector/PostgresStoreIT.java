package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.TableName;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.vector.postgres.PostgresStore;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Embeddings as plain arrays. */
class PostgresStoreIT extends PostgresContract {

    private static TestDatabase shared;

    @BeforeAll
    static void make() {
        shared = TestPostgres.database();
    }

    @Override
    TestDatabase database() {
        return shared;
    }

    @Test
    void aRefusedPasswordIsSaidWithoutIt(@TempDir Path folder) throws Exception {
        Path hba = Files.writeString(
                folder.resolve("pg_hba.conf"),
                "host all clerk all scram-sha-256\nhost all all all trust\nlocal all all trust\n");
        try (EmbeddedPostgres strict =
                TestPostgres.start(Map.of("hba_file", hba.toString(), "unix_socket_directories", ""))) {
            TestDatabase other = TestPostgres.database(strict);
            other.execute("CREATE ROLE clerk LOGIN SUPERUSER PASSWORD 'right'; CREATE TABLE t (id int PRIMARY KEY)");
            String url = other.config().url() + "?ApplicationName=x";
            TableName table = new TableName("public", "t");
            try (VectorStore right = new PostgresStore(url, "clerk", "right", table, StoreFixture.PATIENCE);
                    VectorStore wrong = new PostgresStore(url, "clerk", "wr0ng", table, StoreFixture.PATIENCE)) {
                assertThat(right.check()).startsWith("PostgreSQL ");
                assertThatThrownBy(wrong::check)
                        .isInstanceOf(StoreFailure.class)
                        .hasMessageContaining("refused user clerk")
                        .hasMessageNotContaining("wr0ng");
            }
        }
    }

    @Override
    String embeddingType() {
        return "real[]";
    }

    @Override
    String embeddingValue() {
        return "{0.25,-0.5}";
    }
}
