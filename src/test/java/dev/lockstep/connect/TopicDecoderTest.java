package dev.lockstep.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.RowChange;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TopicDecoderTest {

    private static final String TOPIC = "lockstep.public.Messages";
    private static final String ID = "7d0a7a4e-0000-4000-8000-000000000001";
    private static final String PERSONA = "7d0a7a4e-0000-4000-8000-000000000002";
    private static final long SETTLED = 99;

    private static Mapping mapping;

    private final TopicDecoder decoder = new TopicDecoder(mapping, "lockstep", "__", SETTLED);

    @BeforeAll
    static void resolve() throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness expanded = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
                Connection connection = db.connect()) {
            assertThat(expanded.gaps()).isZero();
            mapping = MappingResolver.resolve(
                    LegacySchema.PASCAL.spec(), new CatalogReader().read(connection, LegacySchema.PASCAL.spec()));
        }
    }

    static Stream<Object> sameUpdateInFourShapes() {
        Map<String, Object> row = row();
        Map<String, Object> source =
                Map.of("schema", "public", "table", "Messages", "txId", 815L, "lsn", 77L, "ts_ms", 5L);
        Map<String, Object> flat = new HashMap<>(row);
        flat.putAll(Map.of("__op", "u", "__source_txId", 815L, "__lsn", 77L, "__source_ts_ms", 5L));
        Map<String, Object> whole = Map.of("op", "u", "after", row, "source", source);
        Struct wholeStruct = struct(Map.of("op", "u", "after", struct(row), "source", struct(source)));
        return Stream.of(whole, wholeStruct, flat, struct(flat));
    }

    @ParameterizedTest
    @MethodSource("sameUpdateInFourShapes")
    void everyShapeSaysTheSame(Object value) {
        RowChange change = decoder.decode(record(TOPIC, value)).orElseThrow();
        assertThat(change.table()).hasToString("public.Messages");
        assertThat(change.op()).isEqualTo(RowChange.Op.UPDATE);
        assertThat(change.key()).hasToString(ID);
        assertThat(change.persona()).isEqualTo(PERSONA);
        assertThat(change.agent()).isNull();
        assertThat(change.xid()).isEqualTo(815);
        assertThat(change.lsn().value()).isEqualTo(77);
        assertThat(change.commitTime().toEpochMilli()).isEqualTo(5);
    }

    @Test
    void aDeletedRowIsKnownByItsKeyAlone() {
        Map<String, Object> flat = new HashMap<>(row());
        flat.putAll(Map.of("__op", "d", "__txId", 815L, "__deleted", "true"));
        assertThat(decoder.decode(record(TOPIC, flat))).get().satisfies(change -> {
            assertThat(change.op()).isEqualTo(RowChange.Op.DELETE);
            assertThat(change.persona()).isNull();
        });
        Map<String, Object> source = Map.of("schema", "public", "table", "Messages", "txId", 815L);
        assertThat(decoder.decode(record(TOPIC, Map.of("op", "d", "before", row(), "source", source))))
                .get()
                .satisfies(change -> assertThat(change.key()).hasToString(ID));
    }

    @Test
    void aTruncateHasNoRow() {
        Map<String, Object> source = Map.of("schema", "public", "table", "Messages", "txId", 815L);
        assertThat(decoder.decode(record(TOPIC, Map.of("op", "t", "source", source))))
                .get()
                .satisfies(change -> assertThat(change.op()).isEqualTo(RowChange.Op.TRUNCATE));
    }

    @Test
    void aRowOfASnapshotIsNotWaitedFor() {
        Map<String, Object> source = Map.of("schema", "public", "table", "Messages", "txId", 815L);
        assertThat(decoder.decode(record(TOPIC, Map.of("op", "r", "after", row(), "source", source))))
                .get()
                .satisfies(change -> assertThat(change.xid()).isEqualTo(SETTLED));
    }

    @Test
    void ownCommitsAndOtherRecordsAreLeftOut() {
        Map<String, Object> own =
                Map.of("schema", "public", "table", "Messages", "txId", 815L, "origin", "lockstep_32");
        assertThat(decoder.decode(record(TOPIC, Map.of("op", "u", "after", row(), "source", own))))
                .isEmpty();
        Map<String, Object> flat = new HashMap<>(row());
        flat.putAll(Map.of("__txId", 815L, "__source_origin", "lockstep_3"));
        assertThat(decoder.decode(record(TOPIC, flat))).isEmpty();
        assertThat(decoder.decode(record(TOPIC, null))).isEmpty();
        assertThat(decoder.decode(record("lockstep.transaction", Map.of("status", "BEGIN", "id", "1:2"))))
                .isEmpty();
        assertThat(decoder.decode(record("lockstep.public.Other", Map.of("Id", 1L))))
                .isEmpty();
        assertThat(decoder.decode(record("__debezium-heartbeat.lockstep", Map.of("ts_ms", 1L))))
                .isEmpty();
    }

    @Test
    void anUnwrappedRecordWithoutItsTransactionIsRefusedWithAdvice() {
        assertThatThrownBy(() -> decoder.decode(record(TOPIC, row())))
                .isInstanceOf(ConnectException.class)
                .isNotInstanceOf(DataException.class)
                .hasMessageContaining("add.fields=op,source.txId")
                .hasMessageContaining(TOPIC + "-3@42");
    }

    @Test
    void anUnwrappedAgentThatCouldBeADeletedOneIsRefusedWithAdvice() {
        Map<String, Object> agent = Map.of("Id", ID, "PersonaId", PERSONA, "__txId", 815L);
        assertThatThrownBy(() -> decoder.decode(record("lockstep.public.Agents", agent)))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining("delete.tombstone.handling.mode=rewrite");
    }

    @Test
    void whatCannotBeReadIsTheRecordsFaultAndNamesNoContent() {
        assertThatThrownBy(() -> decoder.decode(record(TOPIC, "secret")))
                .isInstanceOf(DataException.class)
                .hasMessageNotContaining("secret");
        Map<String, Object> keyless = Map.of("FromPersonaId", PERSONA, "__txId", 815L);
        assertThatThrownBy(() -> decoder.decode(record(TOPIC, keyless)))
                .isInstanceOf(DataException.class)
                .hasMessageContaining("key column Id");
    }

    private static Map<String, Object> row() {
        return Map.of("Id", ID, "FromPersonaId", PERSONA);
    }

    private static SinkRecord record(String topic, Object value) {
        return new SinkRecord(topic, 3, null, null, null, value, 42);
    }

    private static Struct struct(Map<String, Object> fields) {
        SchemaBuilder schema = SchemaBuilder.struct();
        fields.forEach((name, value) -> schema.field(
                name,
                value instanceof Struct nested
                        ? nested.schema()
                        : value instanceof Long ? Schema.INT64_SCHEMA : Schema.STRING_SCHEMA));
        Struct struct = new Struct(schema.build());
        fields.forEach(struct::put);
        return struct;
    }
}
