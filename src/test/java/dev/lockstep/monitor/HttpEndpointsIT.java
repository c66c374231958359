package dev.lockstep.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.StopSignal;
import dev.lockstep.run.Sidecar;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The names of CONTRACT.md, on a sidecar that works. */
class HttpEndpointsIT {

    private static final List<String> METRICS = List.of(
            "lockstep_lag_bytes",
            "lockstep_lag_seconds",
            "lockstep_slot_retained_bytes",
            "lockstep_slot_safe_bytes",
            "lockstep_changes_total{op=\"insert\",table=\"public.Messages\"}",
            "lockstep_rows_derived_total{table=\"public.Messages\"}",
            "lockstep_commit_to_derived_seconds_bucket",
            "lockstep_batch_seconds_count",
            "lockstep_backfill_rows{state=\"written\",table=\"public.Messages\"}",
            "lockstep_drift_rows{table=\"public.Messages\"}",
            "lockstep_dead_letters",
            "lockstep_legacy_writes_total{table=\"public.Messages\"}",
            "lockstep_heartbeat_age_seconds",
            "lockstep_gaps_total");

    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void servesMetricsHealthAndStatus() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute(
                "INSERT INTO \"Personas\" (\"Name\") VALUES ('p');"
                        + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'before' FROM \"Personas\"");
        SidecarHarness harness = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
        LockstepConfig config = harness.config();
        Database database = harness.lockstep();
        Pulse pulse = new Pulse();
        StopSignal stop = new StopSignal();
        try (harness;
                Metrics metrics = new Metrics(database, config, pulse);
                HttpEndpoints http =
                        new HttpEndpoints(config.http(), metrics, pulse, config.monitor(), Duration.ofSeconds(1))) {
            http.start();
            assertThat(get(http, "/health/ready").statusCode()).isEqualTo(503);
            Thread sidecar =
                    new Thread(() -> run(new Sidecar(config, database, pulse, metrics.sync(), metrics.scans(), stop)));
            sidecar.start();
            Await.until("ready", () -> get(http, "/health/ready").statusCode() == 200);
            Await.until(
                    "backfilled",
                    () -> StatusReader.once(database, config).backfill().stream()
                            .allMatch(table -> table.state().equals("done")));
            db.execute(
                    "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'live' FROM \"Personas\"");
            Await.until(
                    "the live row is counted",
                    () -> get(http, "/metrics").body().contains("lockstep_legacy_writes_total"));
            assertThat(get(http, "/metrics").body()).contains(METRICS);
            assertThat(get(http, "/health/live").statusCode()).isEqualTo(200);
            JsonNode status =
                    new ObjectMapper().readTree(get(http, "/api/status").body());
            assertThat(status.at("/phase").asText()).isEqualTo("SYNCING");
            assertThat(status.at("/lag/bytes").isNumber()).isTrue();
            assertThat(status.at("/lag/seconds").isNumber()).isTrue();
            assertThat(status.at("/applied/lsn").asText()).contains("/");
            assertThat(status.at("/slot/name").asText()).isEqualTo(config.name());
            assertThat(status.at("/slot/active").asBoolean()).isTrue();
            assertThat(status.at("/slot/walStatus").asText()).isEqualTo("reserved");
            assertThat(status.at("/slot/retainedBytes").isNumber()).isTrue();
            assertThat(status.at("/backfill/0/table").asText()).isEqualTo("public.Conversations");
            assertThat(status.at("/backfill/0/state").asText()).isEqualTo("done");
            assertThat(status.at("/backfill/0/done")).isEqualTo(status.at("/backfill/0/total"));
            assertThat(status.at("/deadLetters").asInt(-1)).isZero();
            assertThat(status.at("/gaps").asInt(-1)).isZero();
            assertThat(get(http, "/nothing").statusCode()).isEqualTo(404);
            assertThat(get(http, "/metrics/x").statusCode()).isEqualTo(404);
            stop.request();
            sidecar.join();
        }
    }

    private static void run(Sidecar sidecar) {
        try {
            sidecar.run(false);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private HttpResponse<String> get(HttpEndpoints http, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + http.port() + path);
        return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
}
