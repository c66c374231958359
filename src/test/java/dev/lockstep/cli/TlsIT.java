package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SelfMadeCa;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that takes TLS only, with a certificate of a CA of our own: what the URL says of it holds for every session. */
class TlsIT {

    @TempDir
    private Path folder;

    @Test
    void theUrlsTlsIsEverySessionsTls() throws Exception {
        SelfMadeCa ca = SelfMadeCa.make(folder.resolve("ca")).sign("localhost");
        SelfMadeCa other = SelfMadeCa.make(folder.resolve("other"));
        Path access = Files.writeString(folder.resolve("pg_hba.conf"), """
                hostssl all postgres all trust
                hostssl all app all scram-sha-256
                """);
        try (EmbeddedPostgres server = TestPostgres.start(Map.of(
                "ssl", "on",
                "ssl_cert_file", ca.serverCertificate().toString(),
                "ssl_key_file", ca.serverKey().toString(),
                "password_encryption", "scram-sha-256",
                "hba_file", access.toString()))) {
            TestDatabase admin = TestPostgres.database(server);
            admin.execute("CREATE ROLE app SUPERUSER LOGIN PASSWORD 'right'");
            String plain = admin.config().url();
            String trusted = parameters(ca.root());

            streams(new TestDatabase(new DatabaseConfig(plain + trusted, "app", "right", "public")), admin);

            assertThat(refused(plain + parameters(other.root()))).contains("not of a CA that we trust", "sslrootcert");
            assertThat(refused(plain.replace("localhost", "127.0.0.1") + trusted))
                    .contains("is for another host", "database.url");
            assertThat(refused(plain + parameters(folder.resolve("nowhere")))).contains("cannot be read");
            assertThat(refused(plain + "?sslmode=disable")).contains("pg_hba.conf", "sslmode");
        }
        assertThat(refused(TestPostgres.database().config().url() + "?sslmode=require"))
                .contains("takes no TLS connections");
    }

    private static void streams(TestDatabase db, TestDatabase admin) throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec())) {
            sidecar.start();
            db.execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") VALUES (gen_random_uuid(), 'm')");
            sidecar.awaitInStep(Judge.PASCAL);
            assertThat(admin.rows("SELECT DISTINCT ssl, backend_type FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                            + " WHERE usename = 'app' ORDER BY 2"))
                    .containsExactly(List.of("t", "client backend"), List.of("t", "walsender"));
            sidecar.stop();
        }
    }

    private static String parameters(Path root) {
        return "?sslmode=verify-full&channelBinding=require&sslrootcert="
                + URLEncoder.encode(root.toString(), StandardCharsets.UTF_8);
    }

    /** The one line that says why. */
    private String refused(String url) throws Exception {
        Path file = Files.writeString(
                folder.resolve("lockstep.yaml"), "database: {url: '" + url + "', user: app, password: right}\n");
        CliRun run = CliRun.of("check", "-c", file.toString());
        assertThat(run.exitCode()).as(run.err()).isEqualTo(3);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).hasLineCount(1).doesNotContain("Exception").doesNotContain("right");
        return run.err();
    }
}
