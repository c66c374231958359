package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that refuses us, or is gone: exit code 3, one line, no password. */
class UnreachableServerTest {

    private static final String SECRET = "hunter2";

    @TempDir
    Path folder;

    @Test
    void oneLineSaysWhy() throws Exception {
        Path access = Files.writeString(folder.resolve("pg_hba.conf"), """
                host all postgres all trust
                host all barred all reject
                host all all all scram-sha-256
                """);
        String url;
        try (EmbeddedPostgres server =
                TestPostgres.start(Map.of("hba_file", access.toString(), "wal_level", "replica"))) {
            url = "jdbc:postgresql://localhost:" + server.getPort() + "/";
            try (Connection admin = DriverManager.getConnection(url + "postgres", "postgres", "");
                    Statement statement = admin.createStatement()) {
                statement.execute("CREATE ROLE app LOGIN PASSWORD 'right'; CREATE ROLE barred LOGIN");
            }

            assertThat(check(url + "postgres", "app"))
                    .isEqualTo("lockstep: the server refused the password of user app;"
                            + " set database.password to the right one\n");
            assertThat(check(url + "postgres?password=" + SECRET, "app"))
                    .startsWith("lockstep: the server refused the password of user app;");
            assertThat(check(url + "postgres", "barred"))
                    .startsWith("lockstep: the server does not let user barred connect from here to " + url);
            assertThat(check(url + "nowhere?x=" + SECRET, "postgres"))
                    .isEqualTo("lockstep: there is no database at " + url
                            + "nowhere; create it, or correct the URL (database.url)\n");

            CliRun replica = run(url + "postgres", "postgres", "--output=json");
            assertThat(replica.exitCode()).isEqualTo(1);
            assertThat(replica.json().get("findings").findValuesAsText("id")).contains("wal-level");
            expandTouchesNothing(url + "postgres");
        }

        assertThat(check(url + "postgres", "postgres"))
                .startsWith("lockstep: cannot reach " + url + "postgres (SQLSTATE 08001)");
    }

    @Test
    void aHostThatDoesNotExist() throws Exception {
        assertThat(check("jdbc:postgresql://no-such-host.invalid:5432/app", "app"))
                .startsWith("lockstep: cannot reach jdbc:postgresql://no-such-host.invalid:5432/app");
    }

    /** The slot comes last, and could not be made. */
    private void expandTouchesNothing(String url) throws Exception {
        try (Connection admin = DriverManager.getConnection(url, "postgres", "");
                Statement statement = admin.createStatement()) {
            statement.execute(LegacySchema.PASCAL.ddl());
            CliRun expand =
                    CliRun.of("expand", "-c", folder.resolve("lockstep.yaml").toString());
            assertThat(expand.exitCode()).isEqualTo(2);
            assertThat(expand.err()).hasLineCount(1).contains("wal_level is replica", "nothing was touched");
            try (ResultSet row = statement.executeQuery(
                    "SELECT to_regclass('\"Agents\"') IS NULL AND to_regnamespace('lockstep') IS NULL")) {
                row.next();
                assertThat(row.getBoolean(1)).isTrue();
            }
        }
    }

    private String check(String url, String user) throws IOException {
        CliRun run = run(url, user);
        assertThat(run.exitCode()).as(run.err()).isEqualTo(3);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).hasLineCount(1).doesNotContain(SECRET).doesNotContain("Exception");
        return run.err();
    }

    private CliRun run(String url, String user, String... more) throws IOException {
        Path file = Files.writeString(
                folder.resolve("lockstep.yaml"),
                "database: {url: '" + url + "', user: " + user + ", password: " + SECRET + "}\n");
        return more.length == 0
                ? CliRun.of("check", "-c", file.toString())
                : CliRun.of("check", "-c", file.toString(), more[0]);
    }
}
