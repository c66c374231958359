package dev.lockstep.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;

class SlimEnvelopeTest {

    private static final Schema ROW =
            SchemaBuilder.struct().optional().field("Id", Schema.STRING_SCHEMA).build();
    private static final Schema SOURCE = SchemaBuilder.struct()
            .name("source")
            .field("version", Schema.STRING_SCHEMA)
            .field("schema", Schema.STRING_SCHEMA)
            .field("table", Schema.STRING_SCHEMA)
            .field("txId", Schema.OPTIONAL_INT64_SCHEMA)
            .field("lsn", Schema.OPTIONAL_INT64_SCHEMA)
            .field("ts_ms", Schema.INT64_SCHEMA)
            .field("ts_ns", Schema.INT64_SCHEMA)
            .build();
    private static final Schema ENVELOPE = SchemaBuilder.struct()
            .name("t.Envelope")
            .version(2)
            .field("before", ROW)
            .field("after", ROW)
            .field("source", SOURCE)
            .field("op", Schema.STRING_SCHEMA)
            .field("ts_ms", Schema.OPTIONAL_INT64_SCHEMA)
            .field("ts_us", Schema.OPTIONAL_INT64_SCHEMA)
            .build();

    private final SlimEnvelope slim = new SlimEnvelope();

    @Test
    void keepsTheRowAndWhatTellsItsTransaction() {
        Struct after = new Struct(ROW).put("Id", "7");
        Struct source = new Struct(SOURCE)
                .put("version", "3")
                .put("schema", "public")
                .put("table", "t")
                .put("txId", 5L)
                .put("lsn", 6L)
                .put("ts_ms", 7L)
                .put("ts_ns", 8L);
        Struct full = new Struct(ENVELOPE)
                .put("after", after)
                .put("source", source)
                .put("op", "c")
                .put("ts_ms", 9L)
                .put("ts_us", 10L);
        SourceRecord made = slim.of(record(ENVELOPE, full));
        Struct value = (Struct) made.value();
        assertThat(value.schema().name()).isEqualTo("t.Envelope");
        assertThat(value.getStruct("after")).isSameAs(after);
        assertThat(value.getStruct("before")).isNull();
        assertThat(value.getString("op")).isEqualTo("c");
        assertThat(value.schema().field("ts_us")).isNull();
        Struct kept = value.getStruct("source");
        assertThat(kept.schema().fields())
                .extracting("name")
                .containsExactly("schema", "table", "txId", "lsn", "ts_ms");
        assertThat(kept.getInt64("txId")).isEqualTo(5L);
        assertThat(made.sourceOffset()).isEqualTo(Map.of("lsn", 1L));
        assertThat(((Struct) slim.of(record(ENVELOPE, full)).value()).schema())
                .as("one schema for all")
                .isSameAs(value.schema());
    }

    @Test
    void leavesOthersAsTheyAre() {
        Schema end =
                SchemaBuilder.struct().field("status", Schema.STRING_SCHEMA).build();
        SourceRecord record = record(end, new Struct(end).put("status", "END"));
        assertThat(slim.of(record)).isSameAs(record);
        SourceRecord tombstone = record(null, null);
        assertThat(slim.of(tombstone)).isSameAs(tombstone);
    }

    private static SourceRecord record(Schema schema, Object value) {
        return new SourceRecord(Map.of("server", "s"), Map.of("lsn", 1L), "topic", 0, null, null, schema, value);
    }
}
