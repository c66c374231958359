package dev.lockstep.connect;

import java.util.IdentityHashMap;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Debezium's envelope with what a sink reads of it: the row before and after, the operation, and of the source the table,
 * the transaction, its origin, place and time. The rest is two thirds of a record, and converting it most of a worker's
 * work. Still an envelope, also to the unwrap transform. Not thread-safe.
 */
final class SlimEnvelope {

    private static final String[] OUTER = {"before", "after", "op", "ts_ms"};
    private static final String[] SOURCE = {"schema", "table", "txId", "lsn", "ts_ms", "origin"};

    /** By the full one, which is the same object for all records of a topic until the table changes. */
    private final IdentityHashMap<Schema, Schema> schemas = new IdentityHashMap<>();

    /** The record with a slim value; itself when it is no change of a row. */
    SourceRecord of(SourceRecord record) {
        if (!(record.value() instanceof Struct value)
                || value.schema().field("op") == null
                || value.schema().field("source") == null
                || value.schema().field("after") == null) {
            return record;
        }
        if (schemas.size() > 1000) {
            schemas.clear(); // a table that is altered all the time
        }
        Schema schema = schemas.computeIfAbsent(value.schema(), SlimEnvelope::slim);
        Struct source = copied(value.getStruct("source"), schema.field("source").schema(), SOURCE);
        Struct slim = copied(value, schema, OUTER).put("source", source);
        return record.newRecord(
                record.topic(),
                record.kafkaPartition(),
                record.keySchema(),
                record.key(),
                schema,
                slim,
                record.timestamp(),
                record.headers());
    }

    private static Schema slim(Schema full) {
        SchemaBuilder outer = SchemaBuilder.struct().name(full.name()).version(full.version());
        add(outer, full, OUTER);
        Schema source = full.field("source").schema();
        SchemaBuilder inner = SchemaBuilder.struct().name(source.name()).version(source.version());
        add(inner, source, SOURCE);
        return outer.field("source", inner.build()).build();
    }

    private static void add(SchemaBuilder slim, Schema full, String... names) {
        for (String name : names) {
            Field field = full.field(name);
            if (field != null) {
                slim.field(name, field.schema());
            }
        }
    }

    private static Struct copied(Struct from, Schema schema, String... names) {
        Struct to = new Struct(schema);
        for (String name : names) {
            if (schema.field(name) != null) {
                to.put(name, from.get(name));
            }
        }
        return to;
    }
}
