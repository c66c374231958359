package dev.lockstep.dist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The monitoring files as they are shipped, and what they ask Prometheus for. */
final class Queries {

    static final Path DIST = Path.of("src/main/dist");
    static final Path RULES = DIST.resolve("prometheus/lockstep.rules.yml");

    private static final Pattern LABEL_VALUES = Pattern.compile("label_values\\((\\w+), (\\w+)\\)");
    private static final Pattern LEGEND = Pattern.compile("\\{\\{(\\w+)}}");

    /**
     * A query of a panel or an alert.
     *
     * @param labels what its legend shows
     */
    record Query(String where, String expression, List<String> labels) {}

    private Queries() {}

    static JsonNode dashboard() throws IOException {
        return JsonMapper.builder()
                .build()
                .readTree(DIST.resolve("grafana/lockstep.json").toFile());
    }

    static JsonNode yaml(Path file) throws IOException {
        return YAMLMapper.builder().build().readTree(file.toFile());
    }

    static List<JsonNode> alerts() throws IOException {
        List<JsonNode> alerts = new ArrayList<>();
        yaml(RULES).path("groups").forEach(group -> group.path("rules").forEach(alerts::add));
        return alerts;
    }

    static List<Query> all() throws IOException {
        List<Query> all = new ArrayList<>();
        for (JsonNode alert : alerts()) {
            all.add(new Query(alert.path("alert").asText(), alert.path("expr").asText(), List.of()));
        }
        JsonNode dashboard = dashboard();
        for (JsonNode panel : dashboard.path("panels")) {
            panel.path("targets")
                    .forEach(target -> all.add(new Query(
                            "panel " + panel.path("title").asText(),
                            target.path("expr").asText(),
                            labels(target.path("legendFormat").asText()))));
        }
        dashboard
                .at("/annotations/list")
                .forEach(annotation -> all.add(new Query(
                        "annotation",
                        annotation.path("expr").asText(),
                        labels(annotation.path("textFormat").asText()))));
        dashboard.at("/templating/list").forEach(variable -> {
            var values = LABEL_VALUES.matcher(variable.path("definition").asText());
            if (values.matches()) {
                all.add(new Query("variable", values.group(1), List.of(values.group(2))));
            }
        });
        return all;
    }

    private static List<String> labels(String legend) {
        return LEGEND.matcher(legend).results().map(label -> label.group(1)).toList();
    }
}
