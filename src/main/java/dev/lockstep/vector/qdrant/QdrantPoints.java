package dev.lockstep.vector.qdrant;

import dev.lockstep.vector.Point;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreFailure;
import io.qdrant.client.ConditionFactory;
import io.qdrant.client.ValueFactory;
import io.qdrant.client.grpc.Common.Condition;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScoredPoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Ids, payloads and filters in Qdrant's words; pure. */
final class QdrantPoints {

    private static final Pattern UUID =
            Pattern.compile("\\p{XDigit}{8}-\\p{XDigit}{4}-\\p{XDigit}{4}-\\p{XDigit}{4}-\\p{XDigit}{12}");
    private static final Pattern UNSIGNED = Pattern.compile("0|[1-9][0-9]{0,19}");
    private static final Pattern PLAIN_KEY = Pattern.compile("[A-Za-z0-9_-]+");

    private QdrantPoints() {}

    /** The id that is written so; empty where none can be: they are UUIDs and unsigned numbers of 64 bits. */
    static Optional<PointId> id(String text) {
        if (UUID.matcher(text).matches()) {
            return Optional.of(PointId.newBuilder().setUuid(text).build());
        }
        if (!UNSIGNED.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    PointId.newBuilder().setNum(Long.parseUnsignedLong(text)).build());
        } catch (NumberFormatException tooLarge) {
            return Optional.empty();
        }
    }

    static String text(PointId id) {
        return id.hasUuid() ? id.getUuid() : Long.toUnsignedString(id.getNum());
    }

    static Point point(RetrievedPoint retrieved) {
        return point(retrieved.getId(), retrieved.getPayloadMap());
    }

    static Point point(ScoredPoint found) {
        return point(found.getId(), found.getPayloadMap());
    }

    private static Point point(PointId id, Map<String, Value> values) {
        Map<String, Object> payload = new HashMap<>();
        values.forEach((key, value) -> plain(value).ifPresent(plain -> payload.put(key, plain)));
        return new Point(text(id), payload);
    }

    private static Optional<Object> plain(Value value) {
        return switch (value.getKindCase()) {
            case STRING_VALUE -> Optional.of(value.getStringValue());
            case INTEGER_VALUE -> Optional.of(value.getIntegerValue());
            case DOUBLE_VALUE -> Optional.of(value.getDoubleValue());
            case BOOL_VALUE -> Optional.of(value.getBoolValue());
            case NULL_VALUE, STRUCT_VALUE, LIST_VALUE, KIND_NOT_SET -> Optional.empty();
        };
    }

    static Value value(Object plain) {
        if (plain instanceof Long number) {
            return ValueFactory.value(number);
        }
        if (plain instanceof Double fraction) {
            return ValueFactory.value(fraction);
        }
        return plain instanceof Boolean truth ? ValueFactory.value(truth) : ValueFactory.value(plain.toString());
    }

    static Filter filter(Selection.AnyOf anyOf) {
        return Filter.newBuilder().addAllShould(conditions(anyOf)).build();
    }

    /** Those that are among the first and not among the others. */
    static Filter filter(Selection.AnyOf among, Selection.AnyOf without) {
        return filter(among).toBuilder().addAllMustNot(conditions(without)).build();
    }

    private static List<Condition> conditions(Selection.AnyOf anyOf) {
        String path = path(anyOf.field());
        Condition strings = ConditionFactory.matchKeywords(path, List.copyOf(anyOf.values()));
        return anyOf.wholeNumbers().isEmpty()
                ? List.of(strings)
                : List.of(strings, ConditionFactory.matchValues(path, List.copyOf(anyOf.wholeNumbers())));
    }

    /** A key where Qdrant expects a path into the payload: there a dot would mean a key inside. */
    static String path(String key) {
        if (PLAIN_KEY.matcher(key).matches()) {
            return key;
        }
        if (key.isEmpty() || key.indexOf('"') >= 0) {
            throw new StoreFailure(
                    "Qdrant cannot look for or take away a payload key that is empty or has a quote in it; rename it",
                    null);
        }
        return '"' + key + '"';
    }
}
