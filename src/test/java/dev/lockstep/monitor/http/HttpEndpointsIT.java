package dev.lockstep.monitor.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
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

    @Test
    void servesMetricsHealthAndStatus() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        db.execute(
                "INSERT INTO \"Personas\" (\"Name\") VALUES ('p');"
                        + "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'before' FROM \"Personas\"");
        try (ServedSidecar served = ServedSidecar.on(db, LegacySchema.PASCAL)) {
            RawHttp http = new RawHttp(served.port());
            assertThat(http.get("/health/ready").send().status()).isEqualTo(503);
            served.run();
            Await.until("ready", () -> http.get("/health/ready").send().status() == 200);
            Await.until("backfilled", () -> served.harness().openScans() == 0);
            db.execute(
                    "INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\") SELECT \"Id\", 'live' FROM \"Personas\"");
            Await.until(
                    "the live row is counted",
                    () -> http.get("/metrics").send().body().contains("lockstep_legacy_writes_total"));
            assertThat(http.get("/metrics").send().body()).contains(METRICS);
            assertThat(http.get("/health/live").send().status()).isEqualTo(200);
            assertStatus(
                    new ObjectMapper().readTree(http.get("/api/status").send().body()), served.name());
        }
    }

    private static void assertStatus(JsonNode status, String name) {
        assertThat(status.at("/phase").asText()).isEqualTo("SYNCING");
        assertThat(status.at("/lag/bytes").isNumber()).isTrue();
        assertThat(status.at("/lag/seconds").isNumber()).isTrue();
        assertThat(status.at("/applied/lsn").asText()).contains("/");
        assertThat(status.at("/slot/name").asText()).isEqualTo(name);
        assertThat(status.at("/slot/active").asBoolean()).isTrue();
        assertThat(status.at("/slot/walStatus").asText()).isEqualTo("reserved");
        assertThat(status.at("/slot/retainedBytes").isNumber()).isTrue();
        assertThat(status.at("/backfill/0/table").asText()).isEqualTo("public.Conversations");
        assertThat(status.at("/backfill/0/state").asText()).isEqualTo("done");
        assertThat(status.at("/backfill/0/done")).isEqualTo(status.at("/backfill/0/total"));
        assertThat(status.at("/deadLetters").asInt(-1)).isZero();
        assertThat(status.at("/gaps").asInt(-1)).isZero();
    }
}
