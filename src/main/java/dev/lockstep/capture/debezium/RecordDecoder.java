package dev.lockstep.capture.debezium;

import dev.lockstep.capture.BatchAssembler;
import dev.lockstep.model.Column;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** Reads the engine's records. Not thread-safe: it remembers field positions by schema. */
final class RecordDecoder {

    /** Stands for a value that was stored out of line and did not change. */
    private static final String UNAVAILABLE = "__debezium_unavailable_value";

    /** What a captured table's columns mean. */
    private record Shape(
            TableName table,
            List<Column> key,
            @Nullable String persona,
            @Nullable String agent) {}

    private final Map<TableName, Shape> shapes = new HashMap<>();
    private final String ownOrigins;

    /** @param name commits whose origin begins with {@code <name>_} are ours and are left out */
    RecordDecoder(Mapping mapping, String name) {
        this.ownOrigins = name + "_";
        Mapping.Agents agents = mapping.agents();
        Mapping.Personas personas = mapping.personas();
        mapping.tables()
                .forEach(t -> shapes.put(
                        t.table(),
                        new Shape(
                                t.table(),
                                t.key(),
                                t.persona().name(),
                                t.agent().name())));
        if (personas != null) {
            shapes.put(
                    personas.table(),
                    new Shape(personas.table(), personas.key(), personas.id().name(), null));
        }
        shapes.put(
                agents.table(),
                new Shape(
                        agents.table(),
                        agents.key(),
                        agents.persona().name(),
                        agents.id().name()));
    }

    /** Adds the record to {@code batch}, unless it is ours or of no meaning to us. */
    void decode(SourceRecord record, BatchAssembler batch) {
        if (!(record.value() instanceof Struct value)) {
            return;
        }
        if (value.schema().field("status") != null) {
            boundary(record, value, batch);
        } else if (value.schema().field("op") != null) {
            event(value, batch);
        }
    }

    private static void boundary(SourceRecord record, Struct value, BatchAssembler batch) {
        if ("BEGIN".equals(value.getString("status"))) {
            batch.begin();
            return;
        }
        if (!(record.sourceOffset().get("lsn_commit") instanceof Number commit)) {
            throw new IllegalStateException("the end of a transaction came without its LSN");
        }
        batch.end(new Lsn(commit.longValue()));
    }

    private void event(Struct value, BatchAssembler batch) {
        Struct source = value.getStruct("source");
        String op = value.getString("op");
        if ("m".equals(op)) {
            batch.message(new Lsn(source.getInt64("lsn")), text(value.getStruct("message")));
            return;
        }
        String origin = optionalText(source, "origin");
        Shape shape = shapes.get(new TableName(source.getString("schema"), source.getString("table")));
        if (shape != null && (origin == null || !origin.startsWith(ownOrigins))) {
            batch.change(change(op, shape, value, source));
        }
    }

    private static RowChange change(String op, Shape shape, Struct value, Struct source) {
        RowChange.Op kind = op(op);
        Struct row = kind == RowChange.Op.DELETE ? value.getStruct("before") : value.getStruct("after");
        return new RowChange(
                shape.table(),
                kind,
                row == null ? new RowKey(List.of()) : key(row, shape.key()),
                row == null || !known(kind, shape, shape.persona()) ? null : column(row, shape.persona()),
                row == null || !known(kind, shape, shape.agent()) ? null : column(row, shape.agent()),
                source.getInt64("txId"),
                new Lsn(source.getInt64("lsn")),
                time(source));
    }

    /** The server sends no more of a deleted row than its key; the engine fills the other columns with empty values. */
    private static boolean known(RowChange.Op kind, Shape shape, @Nullable String column) {
        return kind != RowChange.Op.DELETE
                || shape.key().stream().anyMatch(key -> key.name().equals(column));
    }

    private static Instant time(Struct source) {
        long micros = source.getInt64("ts_us");
        return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1000L);
    }

    private static RowChange.Op op(String code) {
        return switch (code) {
            case "c", "r" -> RowChange.Op.INSERT;
            case "u" -> RowChange.Op.UPDATE;
            case "d" -> RowChange.Op.DELETE;
            case "t" -> RowChange.Op.TRUNCATE;
            default -> throw new IllegalArgumentException("unknown operation " + code);
        };
    }

    private static RowKey key(Struct row, List<Column> columns) {
        List<String> values = new ArrayList<>(columns.size());
        for (Column column : columns) {
            values.add(row.get(column.name()).toString());
        }
        return new RowKey(values);
    }

    private static @Nullable String column(Struct row, @Nullable String name) {
        if (name == null) {
            return null;
        }
        Field field = row.schema().field(name);
        Object value = field == null ? null : row.get(field);
        return value == null || UNAVAILABLE.equals(value) ? null : value.toString();
    }

    private static @Nullable String optionalText(Struct struct, String name) {
        Field field = struct.schema().field(name);
        return field == null ? null : struct.getString(name);
    }

    private static String text(Struct message) {
        Object content = message.get("content");
        if (content instanceof ByteBuffer bytes) {
            return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
        }
        return content instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : "";
    }
}
