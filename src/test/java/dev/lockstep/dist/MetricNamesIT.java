package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.LoopbackPorts;
import dev.lockstep.testing.TestPostgres;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped queries and probes, held against what a running sidecar serves. */
class MetricNamesIT {

    /** What Prometheus itself adds to each series. */
    private static final Set<String> TARGET_LABELS = Set.of("job", "instance");

    /** What is there only once it has happened. */
    private static final Set<String> LATE =
            Set.of("lockstep_rows_derived_total", "lockstep_backfill_rows", "lockstep_backfill_blocks");

    /** Nothing limits the slot here, and nobody has verified. */
    private static final Set<String> UNLIMITED = Set.of("lockstep_slot_safe_bytes", "lockstep_drift_rows");

    @TempDir
    Path folder;

    @Test
    void everythingThatIsNamedExists() throws Exception {
        String mapping = "mapping: {vectors: [{store: chroma, name: memories, url: 'http://127.0.0.1:"
                + LoopbackPorts.free() + "', collection: memories, link: {by: id}}]}\n";
        try (Installed installed =
                Installed.expanded(folder, TestPostgres.database(), LegacySchema.PASCAL, "metric_names", mapping)) {
            installed.start();
            installed.database().execute("INSERT INTO \"Personas\" (\"Name\") VALUES ('p')");
            Await.until("the stream derives a row before the backfill does", () -> {
                installed
                        .database()
                        .execute("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                                + " SELECT \"Id\", 'x' FROM \"Personas\"");
                return Exposition.parse(installed.get("/metrics").body())
                        .samples()
                        .keySet()
                        .containsAll(LATE);
            });

            Exposition served = Exposition.parse(installed.get("/metrics").body());
            List<String> unknown = new ArrayList<>();
            Set<String> withoutNumber = new TreeSet<>();
            Queries.all().forEach(query -> unknown.addAll(unknown(query, served.samples())));
            assertThat(unknown).isEmpty();
            Await.until("all that is named has a number", () -> {
                withoutNumber.clear();
                withoutNumber.addAll(
                        Exposition.parse(installed.get("/metrics").body()).withoutNumber());
                return UNLIMITED.containsAll(withoutNumber);
            });
            for (String probe : probes()) {
                assertThat(installed.get(probe).statusCode()).as(probe).isEqualTo(200);
            }
        }
    }

    private static List<String> unknown(Queries.Query query, Map<String, Map<String, Set<String>>> served) {
        List<String> unknown = new ArrayList<>();
        PromQl parsed = PromQl.parse(query.expression());
        Set<String> labels = new TreeSet<>(TARGET_LABELS);
        for (PromQl.Selector selector : parsed.selectors()) {
            Map<String, Set<String>> known = selector.metric().equals("up") ? Map.of() : served.get(selector.metric());
            if (known == null) {
                unknown.add(query.where() + ": " + selector.metric());
                continue;
            }
            labels.addAll(known.keySet());
            selector.labels().forEach((label, match) -> {
                if (!TARGET_LABELS.contains(label) && !has(known, label, match)) {
                    unknown.add(query.where() + ": " + selector.metric() + "{" + label + match + "}");
                }
            });
        }
        parsed.grouping().stream()
                .filter(label -> !labels.contains(label))
                .forEach(label -> unknown.add(query.where() + ": by " + label));
        query.labels().stream()
                .filter(label -> !labels.contains(label))
                .forEach(label -> unknown.add(query.where() + ": legend " + label));
        return unknown;
    }

    /** Whether the label is there, and, if the query asks for one value of it, that value. */
    private static boolean has(Map<String, Set<String>> known, String label, String match) {
        boolean fixed = match.startsWith("=\"") && !match.contains("$");
        return fixed
                ? known.getOrDefault(label, Set.of()).contains(match.substring(2, match.length() - 1))
                : known.containsKey(label);
    }

    private static Set<String> probes() throws Exception {
        Set<String> paths = new TreeSet<>();
        for (JsonNode document : Manifests.kubernetes()) {
            document.findValues("httpGet")
                    .forEach(probe -> paths.add(probe.path("path").asText()));
            document.findValues("prometheus.io/path").forEach(path -> paths.add(path.asText()));
        }
        assertThat(paths).contains("/health/live", "/metrics");
        return paths;
    }
}
