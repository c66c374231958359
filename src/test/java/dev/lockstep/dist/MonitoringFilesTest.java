package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** What can be said of the shipped monitoring files without a server; {@code MetricNamesIT} holds their queries against one. */
class MonitoringFilesTest {

    private static final Path INDEX = Path.of("docs/operating/README.md");

    @Test
    void everyAlertNamesAPageThatNamesIt() throws IOException {
        String index = Files.readString(INDEX);
        for (JsonNode alert : Queries.alerts()) {
            String name = alert.path("alert").asText();
            Path page = Path.of(alert.at("/annotations/runbook").asText());
            assertThat(page).as(name).isRegularFile().hasParent(Path.of("docs/operating"));
            assertThat(Files.readString(page)).as("%s names %s", page, name).contains("`" + name + "`");
            assertThat(index).as("the index leads to %s", page).contains("](" + page.getFileName() + ")");
        }
    }

    @Test
    void everyAlertIsWhole() throws IOException {
        List<JsonNode> alerts = Queries.alerts();
        assertThat(alerts).extracting(alert -> alert.path("alert").asText()).doesNotHaveDuplicates();
        assertThat(alerts).isNotEmpty().allSatisfy(alert -> {
            assertThat(alert.path("alert").asText()).matches("Lockstep[A-Za-z]+");
            assertThat(alert.at("/labels/severity").asText()).isIn("critical", "warning", "info");
            assertThat(alert.path("for").asText("0m")).matches("\\d+[mh]");
            assertThat(alert.at("/annotations/summary").asText()).contains("{{ $labels.job }}");
            assertThat(alert.at("/annotations/description").asText()).isNotBlank();
        });
    }

    @Test
    void everyAlertHasATest() throws IOException {
        String tests = Files.readString(PromtoolTest.TESTS);
        assertThat(Queries.alerts())
                .extracting(alert -> alert.path("alert").asText())
                .allSatisfy(name -> assertThat(tests).contains("alertname=\"" + name + "\""));
    }

    @Test
    void theDashboardCanBeImportedAnywhere() throws IOException {
        JsonNode dashboard = Queries.dashboard();
        assertThat(dashboard.path("uid").asText()).isEqualTo("lockstep");
        assertThat(dashboard.path("schemaVersion").asInt()).isGreaterThanOrEqualTo(39);
        Set<Integer> ids = new HashSet<>();
        Set<List<Integer>> cells = new HashSet<>();
        for (JsonNode panel : dashboard.path("panels")) {
            String title = panel.path("title").asText();
            assertThat(ids.add(panel.path("id").asInt())).as(title).isTrue();
            JsonNode at = panel.path("gridPos");
            for (int x = 0; x < at.path("w").asInt(); x++) {
                for (int y = 0; y < at.path("h").asInt(); y++) {
                    assertThat(cells.add(List.of(
                                    at.path("x").asInt() + x, at.path("y").asInt() + y)))
                            .as("%s lies over another panel", title)
                            .isTrue();
                }
            }
            assertThat(at.path("x").asInt() + at.path("w").asInt()).as(title).isLessThanOrEqualTo(24);
        }
        assertThat(dashboard.findParents("expr"))
                .isNotEmpty()
                .allSatisfy(query ->
                        assertThat(query.at("/datasource/uid").asText()).isEqualTo("${datasource}"));
        assertThat(dashboard.at("/templating/list"))
                .extracting(variable -> variable.path("name").asText())
                .containsExactly("datasource", "job");
    }

    /** Each file of them is where Compose, Prometheus and Grafana look for it. */
    @Test
    void composeLoadsThem() throws IOException {
        JsonNode compose = Queries.yaml(Path.of("docker-compose.yml"));
        JsonNode services = compose.path("services");
        for (String service : List.of("prometheus", "grafana")) {
            for (JsonNode volume : services.path(service).path("volumes")) {
                String source = volume.asText().split(":", 2)[0];
                assertThat(
                                source.startsWith("./")
                                        ? Files.exists(Path.of(source))
                                        : compose.at("/volumes").has(source))
                        .as(source)
                        .isTrue();
            }
            assertThat(services.path(service).path("profiles").get(0).asText()).isEqualTo("monitoring");
            assertThat(services.path(service).path("image").asText())
                    .matches("\\$\\{[A-Z]+_IMAGE:-.*:v?\\d+\\.\\d+\\.\\d+}");
        }
        JsonNode prometheus = Queries.yaml(Queries.DIST.resolve("prometheus/prometheus.yml"));
        assertThat(prometheus.at("/rule_files/0").asText())
                .isEqualTo(Queries.RULES.getFileName().toString());
        String target =
                prometheus.at("/scrape_configs/0/static_configs/0/targets/0").asText();
        assertThat(compose.at("/x-run/networks/default/aliases/0").asText() + ":8080")
                .isEqualTo(target);
        String folder = Queries.yaml(Queries.DIST.resolve("grafana/provisioning/dashboards/lockstep.yml"))
                .at("/providers/0/options/path")
                .asText();
        assertThat(StreamSupport.stream(services.at("/grafana/volumes").spliterator(), false))
                .anyMatch(volume -> volume.asText().contains(":" + folder + "/lockstep.json"));
    }
}
