package dev.lockstep.dist;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.util.List;

/** The Kubernetes manifest as it is shipped. */
final class Manifests {

    private Manifests() {}

    static List<JsonNode> kubernetes() throws IOException {
        try (MappingIterator<JsonNode> documents = YAMLMapper.builder()
                .build()
                .readerFor(JsonNode.class)
                .readValues(Queries.DIST.resolve("kubernetes/lockstep.yaml").toFile())) {
            return documents.readAll();
        }
    }

    static JsonNode ofKind(String kind) throws IOException {
        return kubernetes().stream()
                .filter(document -> document.path("kind").asText().equals(kind))
                .findFirst()
                .orElseThrow();
    }
}
