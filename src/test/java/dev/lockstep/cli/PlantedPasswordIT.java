package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.LoopbackPorts;
import dev.lockstep.testing.OwnServer;
import dev.lockstep.testing.RunProcess;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every error that a configuration with secrets can end in, through the packaged program: no secret comes out anywhere. */
class PlantedPasswordIT {

    /** Part of each secret, and of nothing else. */
    private static final String PLANTED = "Pl4nted";

    private static final String DATABASE = PLANTED + "Database";
    private static final String TOKEN = PLANTED + "Token";
    private static final String STORE = PLANTED + "Store";

    private static final Pattern SERVES = Pattern.compile("http://127\\.0\\.0\\.1:(\\d+) serves");

    private final TestDatabase db = TestPostgres.database();
    private final String name = db.config().url().replaceFirst(".*/", "");
    private final Distribution lockstep = Distribution.built().with("-XX:TieredStopAtLevel=1 -DLOCKSTEP_LOG=debug");

    @TempDir
    private Path folder;

    @Test
    void noErrorShowsASecret() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute("CREATE ROLE " + name + " LOGIN PASSWORD '" + DATABASE + "'");
        String url = db.config().url();
        String mine = "database: {url: '" + url + "', user: " + name + ", password: " + DATABASE + "}\n";

        fails(
                3,
                "cannot reach",
                mine.replace(url, "jdbc:postgresql://localhost:" + LoopbackPorts.free() + "/x"),
                "run");
        fails(
                3,
                "cannot reach",
                mine.replace(url, "jdbc:postgresql://no-such-host.invalid/x?password=" + STORE),
                "check");
        fails(2, "user and password have keys", mine.replace("//", "//app:" + STORE + "@"), "check");
        fails(3, "no database", mine.replace(url, url + "_none?sslpassword=" + STORE), "status");
        fails(2, "line", mine.replace(", password: ", ", password: {a: "), "run");
        fails(2, "pasword", mine.replace("password", "pasword"), "expand");
        fails(2, "LOCKSTEP_NOT_SET", mine + "http: {token: '" + TOKEN + "${LOCKSTEP_NOT_SET}'}\n", "run");
        fails(2, "port", mine + "http: {port: x, token: " + TOKEN + "}\n", "run");
        fails(2, "Nowhere", mine + "mapping: {tables: [{table: Nowhere, persona: P, agent: A}]}\n", "expand");
        fails(
                2,
                "PersonaX",
                mine + "mapping: {tables: [{table: Conversations, persona: PersonaX, agent: A}]}\n",
                "expand");
        fails(3, "GRANT", mine, "expand");
        fails(1, "", mine, "check");
    }

    @Test
    void noErrorOfASchemaShowsASecret() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute("CREATE ROLE " + name + " SUPERUSER LOGIN PASSWORD '" + DATABASE + "'");
        db.execute("CREATE TABLE \"Keyless\" (\"PersonaId\" uuid, \"AgentId\" uuid)");
        String mine = of(db.config().url(), DATABASE);

        fails(2, "has no primary key", mine + table("Keyless"), "expand");
        fails(1, "has no primary key", mine + table("Keyless"), "check");
        db.execute("ALTER TABLE \"Conversations\" ALTER COLUMN \"PersonaId\" TYPE text");
        fails(2, "PersonaId", mine + table("Conversations"), "expand");
        fails(1, "PersonaId", mine + table("Conversations"), "check");
    }

    private static String table(String table) {
        return "mapping: {tables: [{table: " + table + ", persona: PersonaId, agent: AgentId}]}\n";
    }

    private String of(String url, String password) {
        return "database: {url: '" + url + "', user: " + name + ", password: " + password + "}\n";
    }

    @Test
    void noErrorOfAServerShowsASecret() throws Exception {
        try (OwnServer server = OwnServer.start(folder.resolve("server"))) {
            TestDatabase own = server.database();
            own.execute("CREATE ROLE " + name + " SUPERUSER LOGIN PASSWORD '" + PLANTED + "Right'");
            Path access = server.data().resolve("pg_hba.conf");
            Files.writeString(access, "host all " + name + " all scram-sha-256\n" + Files.readString(access));
            own.execute("SELECT pg_reload_conf()");
            String url = own.config().url();
            for (String command : new String[] {"check", "expand", "status", "verify", "backfill", "run"}) {
                fails(3, "refused the password of user " + name, of(url, DATABASE), command);
            }
            fails(3, "wants a password of user " + name, of(url, "''"), "check");
        }
        try (EmbeddedPostgres server = TestPostgres.start(Map.of("wal_level", "replica"))) {
            TestDatabase own = TestPostgres.database(server);
            own.execute(LegacySchema.PASCAL.ddl());
            own.execute("CREATE ROLE " + name + " SUPERUSER LOGIN PASSWORD '" + DATABASE + "'");
            String mine = of(own.config().url(), DATABASE);
            fails(2, "wal_level is replica", mine, "expand");
            fails(1, "wal_level is replica", mine, "check");
        }
    }

    @Test
    void noErrorOfARunShowsASecret() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute("CREATE ROLE " + name + " SUPERUSER LOGIN PASSWORD '" + DATABASE + "'");
        try (SidecarHarness expanded = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
                RunProcess run = RunProcess.start(lockstep, folder.resolve("run"), """
                        name: %s
                        database: {url: "%s?password=%s", user: %s, password: %s}
                        http: {port: 0, token: %s}
                        savepoints: {keep: 0}
                        mapping:
                          vectors:
                            - {store: chroma, url: "http://127.0.0.1:%d", collection: c, token: %s, link: {by: id}}
                        """.formatted(
                                expanded.name(),
                                db.config().url(),
                                STORE,
                                name,
                                DATABASE,
                                TOKEN,
                                LoopbackPorts.free(),
                                STORE))) {
            Await.until("it streams", () -> run.log().contains("streaming from"));
            assertThat(Files.readString(Path.of("/proc", Long.toString(run.pid()), "cmdline")))
                    .contains("run")
                    .doesNotContain(PLANTED);
            refusePassword(expanded, run);
            answers(run);
            assertThat(run.alive()).isTrue();
            assertThat(run.log()).doesNotContain(PLANTED);
        }
    }

    /** Its sessions end, and the server wants another password from now on. */
    private void refusePassword(SidecarHarness expanded, RunProcess run) throws Exception {
        try (Connection admin = db.connect();
                Statement statement = admin.createStatement()) {
            statement.execute("ALTER ROLE " + name + " NOLOGIN");
            statement.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + name + "'");
            Await.until("it is refused", () -> run.log().contains("does not let user"));
            statement.execute("ALTER ROLE " + name + " LOGIN");
        }
        String mark = expanded.mark().toString();
        Await.until(
                "it goes on",
                () -> db.number("SELECT count(*) FROM " + expanded.name() + ".position WHERE lsn > '" + mark + "'")
                        == 1);
    }

    private static void answers(RunProcess run) throws Exception {
        Matcher serves = SERVES.matcher(run.log());
        assertThat(serves.find()).isTrue();
        HttpClient client = HttpClient.newHttpClient();
        for (String path : new String[] {"/", "/api/status", "/metrics", "/health/ready", "/health/live", "/nowhere"}) {
            assertNoSecret(client, HttpRequest.newBuilder(at(serves, path)).build());
        }
        for (String token : new String[] {"wrong", TOKEN}) {
            assertNoSecret(
                    client,
                    HttpRequest.newBuilder(at(serves, "/api/resume"))
                            .header("Authorization", "Bearer " + token)
                            .POST(HttpRequest.BodyPublishers.noBody())
                            .build());
        }
    }

    private static URI at(Matcher serves, String path) {
        return URI.create("http://127.0.0.1:" + serves.group(1) + path);
    }

    private static void assertNoSecret(HttpClient client, HttpRequest request) throws Exception {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.headers().map() + answer.body())
                .as(request.uri().getPath())
                .doesNotContain(PLANTED);
    }

    /** With what was to be provoked, and no secret in it. */
    private void fails(int exitCode, String says, String yaml, String command) throws Exception {
        Files.writeString(folder.resolve("lockstep.yaml"), "name: " + name + "\n" + yaml);
        Distribution.Ended ended = lockstep.run(folder, command);
        String said = ended.out() + ended.err();
        assertThat(said).as(command).contains(says).doesNotContain(PLANTED);
        assertThat(ended.exitCode()).as(said).isEqualTo(exitCode);
    }
}
