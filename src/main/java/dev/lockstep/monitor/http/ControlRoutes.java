package dev.lockstep.monitor.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import dev.lockstep.monitor.Controls;
import io.javalin.config.RoutesConfig;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.ContentTooLargeResponse;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The calls that change something. */
final class ControlRoutes {

    static final int MOST_BYTES = 16_384;

    private final Access access;
    private final Controls controls;
    private final StatusFeed feed;
    private final String schema;

    /** @param schema of tables that are named without one */
    ControlRoutes(Access access, Controls controls, StatusFeed feed, String schema) {
        this.access = access;
        this.controls = controls;
        this.feed = feed;
        this.schema = schema;
    }

    private interface Call {
        Map<String, Object> of(ObjectNode body, Context ctx);
    }

    void addTo(RoutesConfig routes) {
        post(routes, "/api/pause", Set.of(), (body, ctx) -> {
            controls.pause("HTTP from " + ctx.ip());
            return Map.of("paused", true);
        });
        post(routes, "/api/resume", Set.of(), (body, ctx) -> {
            controls.resume();
            return Map.of("paused", false);
        });
        post(routes, "/api/throttle", null, (body, ctx) -> {
            controls.throttle(limits(body));
            return Map.of("limits", limits(body));
        });
        post(routes, "/api/dead-letters/retry", Set.of("table", "key"), (body, ctx) -> {
            TableName table = table(body.get("table"));
            RowKey key = key(body.get("key"));
            if (table == null && key != null) {
                throw new BadRequestResponse("key names a row of a table: name the table, too");
            }
            return Map.of("retried", controls.retry(table, key));
        });
    }

    /** @param keys that the body may have; null for any */
    private void post(RoutesConfig routes, String path, @Nullable Set<String> keys, Call call) {
        routes.post(path, ctx -> {
            access.control(ctx);
            byte[] sent = body(ctx);
            access.json(ctx, sent);
            ObjectNode body = Json.object(sent);
            body.fieldNames().forEachRemaining(name -> {
                if (keys != null && !keys.contains(name)) {
                    throw new BadRequestResponse(
                            path + " takes " + (keys.isEmpty() ? "no keys: send {}" : keys + " alone"));
                }
            });
            ctx.contentType("application/json").result(Json.bytes(call.of(body, ctx)));
            feed.refresh();
        });
    }

    private static byte[] body(Context ctx) throws IOException {
        byte[] body = ctx.req().getInputStream().readNBytes(MOST_BYTES + 1);
        if (body.length > MOST_BYTES) {
            throw new ContentTooLargeResponse("a body has at most " + MOST_BYTES + " bytes");
        }
        return body;
    }

    private static Map<String, Double> limits(ObjectNode body) {
        Map<String, Double> limits = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> limit : body.properties()) {
            if (!limit.getValue().isNumber()) {
                throw new BadRequestResponse(
                        "send signals and their limits, such as {\"lockWaits\": 5}: numbers alone");
            }
            limits.put(limit.getKey(), limit.getValue().doubleValue());
        }
        if (limits.isEmpty()) {
            throw new BadRequestResponse(
                    "name a signal and its limit, as the status shows them under throttle.signals");
        }
        return limits;
    }

    private @Nullable TableName table(@Nullable JsonNode node) {
        if (node == null) {
            return null;
        }
        if (!node.isTextual() || node.textValue().isBlank()) {
            throw new BadRequestResponse("table has to be a name, as the status shows it");
        }
        return TableName.parse(node.textValue(), schema);
    }

    private static @Nullable RowKey key(@Nullable JsonNode node) {
        if (node == null) {
            return null;
        }
        List<String> values = new ArrayList<>();
        node.forEach(value -> values.add(value.asText()));
        if (!node.isArray() || values.isEmpty()) {
            throw new BadRequestResponse("key has to be a list, a value for each column of the table's key");
        }
        return new RowKey(values);
    }
}
