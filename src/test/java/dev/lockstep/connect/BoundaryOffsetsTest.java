package dev.lockstep.connect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;

class BoundaryOffsetsTest {

    private static final Schema TRANSACTION = SchemaBuilder.struct()
            .field("status", Schema.STRING_SCHEMA)
            .field("event_count", Schema.OPTIONAL_INT64_SCHEMA)
            .build();
    private static final Schema ROW =
            SchemaBuilder.struct().field("op", Schema.STRING_SCHEMA).build();

    @Test
    void recordsCarryTheLastBoundaryAndNothingOfTheirOwn() {
        BoundaryOffsets offsets = new BoundaryOffsets(BoundaryOffsets.at(5));
        assertThat(offsets.rewrite(transaction("BEGIN", 5)).sourceOffset()).isEqualTo(at(5));
        assertThat(offsets.rewrite(row(8)).sourceOffset()).isEqualTo(at(5));
        assertThat(offsets.rewrite(transaction("END", 9)).sourceOffset()).isEqualTo(at(9));
        assertThat(offsets.rewrite(row(12)).sourceOffset()).isEqualTo(at(9));
    }

    @Test
    void beforeTheFirstBoundaryThereIsNone() {
        assertThat(new BoundaryOffsets(null).rewrite(row(8)).sourceOffset()).isNull();
    }

    @Test
    void aStockOffsetIsOpenedAtItsLastCommit() {
        assertThat(BoundaryOffsets.opening(Map.of("lsn", 9L, "lsn_proc", 9L, "lsn_commit", 7L, "txId", 1L)))
                .isEqualTo(at(7));
    }

    private static Map<String, Object> at(long lsn) {
        return Map.of("lsn", lsn, "lsn_commit", lsn);
    }

    private static SourceRecord transaction(String status, long commit) {
        return record(new Struct(TRANSACTION).put("status", status).put("event_count", 1L), commit);
    }

    private static SourceRecord row(long lsn) {
        return record(new Struct(ROW).put("op", "c"), lsn);
    }

    private static SourceRecord record(Struct value, long lsn) {
        return new SourceRecord(
                Map.of("server", "s"),
                Map.of("lsn", lsn, "lsn_proc", lsn, "lsn_commit", lsn),
                "topic",
                value.schema(),
                value);
    }
}
