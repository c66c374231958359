package dev.lockstep.connect;

import dev.lockstep.connect.TopicShapes.Shape;
import dev.lockstep.model.Column;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.jspecify.annotations.Nullable;

/**
 * Reads the records of Debezium's PostgreSQL source: Structs and schemaless Maps, whole or unwrapped. Not thread-safe.
 */
final class TopicDecoder {

    /** Stands for a value that was stored out of line and did not change. */
    private static final String UNAVAILABLE = "__debezium_unavailable_value";

    private final TopicShapes shapes;
    private final String ownOrigins;
    private final String prefix;
    private final long settled;

    /**
     * @param name commits whose origin begins with {@code <name>_} are ours and are left out
     * @param prefix of the fields that the unwrap transform adds
     * @param settled a transaction that has ended: a row read by a snapshot has been there all along
     */
    TopicDecoder(Mapping mapping, String name, String prefix, long settled) {
        this.shapes = new TopicShapes(mapping);
        this.ownOrigins = name + "_";
        this.prefix = prefix;
        this.settled = settled;
    }

    /**
     * The change; empty when the record is ours, a tombstone, or of no meaning to us.
     *
     * @throws DataException when the record cannot be read
     * @throws ConnectException when the topic is written in a way that no record of it can be used
     */
    Optional<RowChange> decode(SinkRecord record) {
        if (record.value() == null) {
            return Optional.empty(); // the record before it said so
        }
        Fields value = Fields.of(record.value());
        if (value == null) {
            if (shapes.ofTopic(record.topic()).isEmpty()) {
                return Optional.empty();
            }
            throw new DataException(where(record) + " is neither a Struct nor a Map; use the source's converter");
        }
        Fields source = value.nested("source");
        return source != null && value.has("op") ? whole(record, value, source) : unwrapped(record, value);
    }

    private Optional<RowChange> whole(SinkRecord record, Fields value, Fields source) {
        String schema = source.text("schema");
        String table = source.text("table");
        String origin = source.text("origin");
        if (schema == null || table == null || (origin != null && origin.startsWith(ownOrigins))) {
            return Optional.empty();
        }
        Optional<Shape> shape = shapes.of(schema, table);
        if (shape.isEmpty()) {
            return Optional.empty();
        }
        String code = String.valueOf(value.text("op"));
        RowChange.Op op = op(code, record);
        Long xid = "r".equals(code) ? Long.valueOf(settled) : source.number("txId");
        if (xid == null) {
            throw new ConnectException(where(record) + " has no source.txId: it cannot be told when its row is visible;"
                    + " read topics that the PostgreSQL source wrote");
        }
        Fields row = value.nested(op == RowChange.Op.DELETE ? "before" : "after");
        if (row == null && op != RowChange.Op.TRUNCATE) {
            throw new DataException(where(record) + " has no row");
        }
        return Optional.of(change(shape.get(), op, row, xid, source.number("lsn"), source.number("ts_ms"), record));
    }

    private Optional<RowChange> unwrapped(SinkRecord record, Fields row) {
        String schema = added(row, "schema");
        String table = added(row, "table");
        Optional<Shape> shape =
                schema != null && table != null ? shapes.of(schema, table) : shapes.ofTopic(record.topic());
        String origin = added(row, "origin");
        if (shape.isEmpty() || (origin != null && origin.startsWith(ownOrigins))) {
            return Optional.empty();
        }
        if (shape.get().agents() && !row.has(prefix + "deleted")) {
            throw new ConnectException(where(record) + " is unwrapped and does not tell deleted agents; set"
                    + " delete.tombstone.handling.mode=rewrite on the unwrap transform");
        }
        String code = added(row, "op");
        String xid = added(row, "txId");
        Long number = "r".equals(code) ? Long.valueOf(settled) : xid == null ? null : parse(xid);
        if (number == null) {
            throw new ConnectException(
                    where(record) + " is unwrapped and has no transaction id, so it cannot be told when"
                            + " its row is visible; set add.fields=op,source.txId,source.origin on the unwrap transform");
        }
        RowChange.Op op = code == null ? RowChange.Op.UPDATE : op(code, record);
        if ("true".equals(row.text(prefix + "deleted"))) {
            op = RowChange.Op.DELETE;
        }
        return Optional.of(change(shape.get(), op, row, number, number(row, "lsn"), number(row, "ts_ms"), record));
    }

    private RowChange change(
            Shape shape,
            RowChange.Op op,
            @Nullable Fields row,
            long xid,
            @Nullable Long lsn,
            @Nullable Long millis,
            SinkRecord record) {
        boolean all = op != RowChange.Op.DELETE; // of a deleted row the server sends its key alone
        return new RowChange(
                shape.table(),
                op,
                row == null ? new RowKey(List.of()) : key(row, shape.key(), record),
                row != null && (all || shape.inKey(shape.persona())) ? column(row, shape.persona()) : null,
                row != null && (all || shape.inKey(shape.agent())) ? column(row, shape.agent()) : null,
                xid & 0xFFFFFFFFL,
                lsn == null ? Lsn.ZERO : new Lsn(lsn),
                millis == null ? Instant.EPOCH : Instant.ofEpochMilli(millis));
    }

    /** A field that the transform added, named with or without the struct it comes from. */
    private @Nullable String added(Fields row, String name) {
        String plain = row.text(prefix + name);
        return plain == null ? row.text(prefix + "source_" + name) : plain;
    }

    private @Nullable Long number(Fields row, String name) {
        String text = added(row, name);
        return text == null ? null : parse(text);
    }

    private static @Nullable Long parse(String text) {
        try {
            return Long.valueOf(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static RowKey key(Fields row, List<Column> columns, SinkRecord record) {
        List<String> values = new ArrayList<>(columns.size());
        for (Column column : columns) {
            Object value = row.get(column.name());
            if (!(value instanceof String
                    || value instanceof Integer
                    || value instanceof Long
                    || value instanceof Short)) {
                throw new DataException(where(record) + " has no usable key column " + column.name());
            }
            values.add(value.toString());
        }
        return new RowKey(values);
    }

    private static @Nullable String column(Fields row, @Nullable String name) {
        String value = name == null ? null : row.text(name);
        return UNAVAILABLE.equals(value) ? null : value;
    }

    private static RowChange.Op op(String code, SinkRecord record) {
        return switch (code) {
            case "c", "r" -> RowChange.Op.INSERT;
            case "u" -> RowChange.Op.UPDATE;
            case "d" -> RowChange.Op.DELETE;
            case "t" -> RowChange.Op.TRUNCATE;
            default -> throw new DataException(where(record) + " has an unknown operation");
        };
    }

    private static String where(SinkRecord record) {
        return "record " + record.topic() + "-" + record.kafkaPartition() + "@" + record.kafkaOffset();
    }
}
