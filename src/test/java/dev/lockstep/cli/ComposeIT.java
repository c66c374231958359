package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Compose;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TopicReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code docker-compose.yml}, brought up on images built from this tree and judged from outside. */
class ComposeIT {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    Path folder;

    @BeforeEach
    void engine() throws Exception {
        assumeTrue(Compose.available(), "no container engine, or not its images; stdout says which");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sidecar", "kafka", "connect", "monitoring"})
    void everyProfileIsValidAndListensOnLoopbackAlone(String profile) throws Exception {
        JsonNode services = JSON.readTree(
                        new Compose(folder, "secret").run("--profile", profile, "config", "--format", "json"))
                .get("services");
        assertThat(services.findValues("published")).isNotEmpty();
        assertThat(services.findValuesAsText("host_ip"))
                .hasSameSizeAs(services.findValues("published"))
                .containsOnly("127.0.0.1");
    }

    @Test
    void aPasswordHasToBeGiven() {
        assertThatThrownBy(() -> new Compose(folder, "").run("config"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("POSTGRES_PASSWORD");
    }

    @Test
    void theSidecarKeepsTheLegacyApplicationInStep() throws Exception {
        try (Compose compose = new Compose(folder, UUID.randomUUID().toString())) {
            assertThat(compose.run("up", "--detach", "--build", "--wait"))
                    .as("what is built here is asked of no registry")
                    .doesNotContainIgnoringCase("pull")
                    .doesNotContain("Error");
            assertThat(get(compose.lockstep("/health/ready")).statusCode()).isEqualTo(200);
            judge(compose);
            JsonNode status = JSON.readTree(get(compose.lockstep("/api/status")).body());
            assertThat(status.at("/phase").asText()).isEqualTo("SYNCING");
            assertThat(status.at("/deadLetters").asInt(-1)).isZero();
            assertThat(compose.run("exec", "-T", "lockstep", "lockstep", "verify"))
                    .contains("CLEAN");
        }
    }

    @Test
    void theKafkaProfileKeepsTheJournalAsWell() throws Exception {
        try (Compose compose = new Compose(folder, UUID.randomUUID().toString())) {
            compose.run("--profile", "kafka", "up", "--detach", "--build", "--wait");
            judge(compose);
            try (TopicReader journal = new TopicReader(compose.broker(), "lockstep.journal")) {
                assertThat(journal.values())
                        .hasSizeGreaterThan(50)
                        .allMatch(record -> record.at("/schema").asText().equals("public"));
            }
        }
    }

    /** Expanded, with both connectors, and backfilled. */
    @Test
    void aConnectWorkerDoesItInTheSidecarsPlace() throws Exception {
        try (Compose compose = new Compose(folder, UUID.randomUUID().toString())) {
            compose.run("--profile", "connect", "up", "--detach", "--build");
            assertThat(compose.run("--profile", "connect", "wait", "backfill").strip())
                    .endsWith("0");
            judge(compose);
            assertThat(get(compose.connect("/connectors/lockstep-sink/status")).body())
                    .contains("RUNNING")
                    .doesNotContain("FAILED");
        }
    }

    /** Writers write, and what they have left is in step. */
    private void judge(Compose compose) throws Exception {
        TestDatabase db = compose.database();
        String newest = "SELECT count(*) FROM \"Messages\" WHERE \"UpdatedAt\" > now() - interval '10 s'";
        Await.until("writers write", () -> db.number(newest) > 50);
        compose.run("stop", "writers");
        Await.until("in step", () -> Judge.PASCAL.outOfStep(db) == 0);
        assertThat(db.number("SELECT count(*) FROM \"Messages\" WHERE \"FromAgentId\" IS NOT NULL"))
                .isGreaterThan(10_000);
    }

    private HttpResponse<String> get(URI from) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(from).build(), BodyHandlers.ofString());
    }
}
