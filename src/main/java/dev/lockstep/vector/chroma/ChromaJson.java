package dev.lockstep.vector.chroma;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.vector.Edit;
import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The bodies of Chroma's requests and answers; pure. */
final class ChromaJson {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private ChromaJson() {}

    static ObjectNode page(Selection which, long offset, int limit, String... include) {
        ObjectNode body = JSON.objectNode();
        if (which instanceof Selection.Ids ids) {
            body.set("ids", texts(ids.ids()));
        } else if (which instanceof Selection.AnyOf anyOf) {
            body.set("where", where(anyOf));
        }
        body.put("offset", offset).put("limit", limit).set("include", texts(List.of(include)));
        return body;
    }

    static ObjectNode update(List<Edit.Stamp> stamps) {
        ObjectNode body = JSON.objectNode();
        ArrayNode ids = body.putArray("ids");
        ArrayNode metadatas = body.putArray("metadatas");
        for (Edit.Stamp stamp : stamps) {
            ids.add(stamp.id());
            ObjectNode metadata = metadatas.addObject();
            stamp.unset().forEach(metadata::putNull);
            stamp.set().forEach(metadata::putPOJO);
        }
        return body;
    }

    static ObjectNode delete(List<Edit.Removal> removals) {
        ObjectNode body = JSON.objectNode();
        body.set("ids", texts(removals.stream().map(Edit.Removal::id).toList()));
        return body;
    }

    static ObjectNode query(float[] embedding, Selection.AnyOf among, Selection.AnyOf without, int limit) {
        ObjectNode body = JSON.objectNode();
        ArrayNode query = body.putArray("query_embeddings").addArray();
        for (float component : embedding) {
            query.add(component);
        }
        body.set("where", where(among, without));
        body.put("n_results", limit).set("include", texts(List.of("metadatas")));
        return body;
    }

    static List<Point> points(JsonNode answer) {
        return points(answer.path("ids"), answer.path("metadatas"));
    }

    /** Of the only query. */
    static List<Point> nearest(JsonNode answer) {
        return points(answer.path("ids").path(0), answer.path("metadatas").path(0));
    }

    private static List<Point> points(JsonNode ids, JsonNode metadatas) {
        List<Point> points = new ArrayList<>();
        for (int i = 0; i < ids.size(); i++) {
            points.add(new Point(ids.path(i).asText(), payload(metadatas.path(i))));
        }
        return points;
    }

    private static Map<String, Object> payload(JsonNode metadata) {
        Map<String, Object> payload = new HashMap<>();
        metadata.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            if (value.isTextual()) {
                payload.put(entry.getKey(), value.textValue());
            } else if (value.isBoolean()) {
                payload.put(entry.getKey(), value.booleanValue());
            } else if (value.isIntegralNumber() && value.canConvertToLong()) {
                payload.put(entry.getKey(), value.longValue());
            } else if (value.isNumber()) {
                payload.put(entry.getKey(), value.doubleValue());
            }
        });
        return payload;
    }

    private static ObjectNode where(Selection.AnyOf among, Selection.AnyOf without) {
        if (without.isNothing()) {
            return where(among);
        }
        ObjectNode where = JSON.objectNode();
        where.putArray("$and").add(where(among)).addAll(conditions(without, "$nin")); // which a lacking field passes
        return where;
    }

    private static ObjectNode where(Selection.AnyOf anyOf) {
        List<ObjectNode> conditions = conditions(anyOf, "$in");
        if (conditions.size() == 1) {
            return conditions.get(0);
        }
        ObjectNode where = JSON.objectNode();
        where.putArray("$or").addAll(conditions);
        return where;
    }

    /** One for each type: a list has values of one type. */
    private static List<ObjectNode> conditions(Selection.AnyOf anyOf, String operator) {
        ObjectNode strings = condition(anyOf.field(), operator, texts(anyOf.values()));
        ArrayNode numbers = JSON.arrayNode();
        anyOf.wholeNumbers().forEach(numbers::add);
        return numbers.isEmpty() ? List.of(strings) : List.of(strings, condition(anyOf.field(), operator, numbers));
    }

    private static ObjectNode condition(String field, String operator, ArrayNode values) {
        ObjectNode condition = JSON.objectNode();
        condition.putObject(field).set(operator, values);
        return condition;
    }

    private static ArrayNode texts(Collection<String> texts) {
        ArrayNode array = JSON.arrayNode();
        texts.forEach(array::add);
        return array;
    }
}
