package dev.lockstep.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.RowChange.Op;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JournalRecordTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Instant TIME = Instant.parse("2026-11-24T14:00:00.123456Z");

    private static JournalRecord of(Op op, RowKey key, Lsn commit) {
        return new JournalRecord(
                new TableName("app", "odd.\"name\""), key, op, commit, Lsn.parse("1/A0"), 4_294_967_301L, TIME, true);
    }

    @Test
    void saysWhichRowAndWhen() {
        JournalRecord change = of(Op.UPDATE, RowKey.of("7", "x\"y"), Lsn.parse("1/B0"));
        assertThat(new String(change.messageKey(), StandardCharsets.UTF_8))
                .isEqualTo("[\"app\",\"odd.\\\"name\\\"\",\"7\",\"x\\\"y\"]");
        assertThat(new String(change.messageValue(), StandardCharsets.UTF_8))
                .isEqualTo(
                        "{\"version\":1,\"schema\":\"app\",\"table\":\"odd.\\\"name\\\"\",\"key\":[\"7\",\"x\\\"y\"],"
                                + "\"op\":\"update\",\"commitLsn\":\"1/B0\",\"lsn\":\"1/A0\",\"xid\":4294967301,"
                                + "\"committedAt\":\"2026-11-24T14:00:00.123456Z\",\"legacy\":true}");
    }

    /** Field by field, by what the schema says of each; it allows no others. */
    @Test
    void fitsTheSchema() throws Exception {
        JsonNode schema = JSON.readTree(Files.readString(Path.of("docs", "journal.schema.json")));
        List<String> required = texts(schema.get("required"));
        for (Op op : Op.values()) {
            JournalRecord change = of(op, op == Op.TRUNCATE ? new RowKey(List.of()) : RowKey.of("7"), null);
            JsonNode record = JSON.readTree(change.messageValue());
            List<String> names = new ArrayList<>();
            record.fieldNames().forEachRemaining(names::add);
            assertThat(names).containsExactlyInAnyOrderElementsOf(required);
            for (String name : names) {
                fits(record.get(name), schema.get("properties").get(name), name);
            }
        }
        assertThat(schema.get("additionalProperties").asBoolean())
                .as("other fields")
                .isFalse();
        assertThat(schema.get("properties").get("version").get("const").asInt()).isEqualTo(JournalRecord.VERSION);
    }

    private static void fits(JsonNode value, JsonNode schema, String name) {
        List<String> types = schema.get("type").isArray()
                ? texts(schema.get("type"))
                : List.of(schema.get("type").asText());
        String type = value.isIntegralNumber()
                ? "integer"
                : value.isTextual() ? "string" : value.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
        assertThat(types).as(name).contains(type);
        if (schema.has("pattern") && value.isTextual()) {
            assertThat(value.asText()).as(name).matches(schema.get("pattern").asText());
        }
        if (schema.has("enum")) {
            assertThat(texts(schema.get("enum"))).as(name).contains(value.asText());
        }
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
