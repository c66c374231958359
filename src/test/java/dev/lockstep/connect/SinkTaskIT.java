package dev.lockstep.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.config.ConfigLoader;
import dev.lockstep.run.StoreAdapters;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.Writers;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.errors.RetriableException;
import org.apache.kafka.connect.sink.SinkRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a task tells its worker. */
class SinkTaskIT {

    private static final TopicPartition PARTITION = new TopicPartition("ls.public.Messages", 0);

    private final TestDatabase db = TestPostgres.database();
    private final WorkerContext worker = new WorkerContext();
    private final LockstepSinkTask task = new LockstepSinkTask();
    private SidecarHarness expanded;
    private long offset;

    @BeforeEach
    void start() throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        String name = "sink_" + db.config().url().replaceFirst(".*/", "");
        String yaml = "name: " + name + "\ndatabase: {url: '" + db.config().url()
                + "', user: postgres, password: postgres, schema: public}\n";
        expanded = SidecarHarness.expanded(db, ConfigLoader.parse("test", yaml, Map.of()), new StoreAdapters());
        task.initialize(worker);
        task.start(Map.of(SinkSettings.CONFIG, yaml, SinkSettings.PATIENCE, "1000"));
    }

    @AfterEach
    void stop() {
        task.stop();
        expanded.close();
    }

    @Test
    void recordsDeliveredAgainChangeNothing() throws Exception {
        List<SinkRecord> records = insert(20);
        task.put(records);
        assertThat(Judge.PASCAL.outOfStep(db)).isZero();
        List<List<String>> versions = versions();
        task.put(records);
        assertThat(versions()).isEqualTo(versions);
        assertThat(committed(20)).isEqualTo(20);
    }

    @Test
    void aRowThatAWriterHoldsHoldsBackTheOffset() throws Exception {
        List<SinkRecord> records = insert(3);
        String id = ((Map<?, ?>) records.get(1).value()).get("Id").toString();
        try (Connection writer =
                Writers.begin(db, "UPDATE \"Messages\" SET \"UpdatedAt\" = now() WHERE \"Id\" = '" + id + "'")) {
            task.put(records);
            assertThat(committed(3)).isEqualTo(1);
            assertThat(Judge.PASCAL.outOfStep(db)).isOne();
            writer.rollback();
        }
        Await.until("the row is done", () -> {
            task.put(List.of());
            return committed(3) == 3;
        });
        assertThat(Judge.PASCAL.outOfStep(db)).isZero();
    }

    /** A transaction that never becomes visible within the patience: Connect is asked to deliver again, nothing is lost. */
    @Test
    void whatIsNotVisibleYetIsDeliveredAgain() throws Exception {
        List<SinkRecord> visible = insert(1);
        try (Connection writer = Writers.begin(db, "SELECT txid_current()")) {
            String xid = text(writer, "SELECT txid_current()");
            Map<String, Object> row = new HashMap<>(value(visible.get(0)));
            row.put("__txId", Long.parseLong(xid));
            List<SinkRecord> early = List.of(record(row));
            assertThatThrownBy(() -> task.put(early)).isInstanceOf(RetriableException.class);
            writer.rollback();
            task.put(early);
        }
        assertThat(Judge.PASCAL.outOfStep(db)).isZero();
    }

    @Test
    void anotherEpochEndsTheTask() throws Exception {
        task.put(insert(1));
        db.execute("UPDATE " + expanded.name() + ".fence SET epoch = epoch + 1");
        List<SinkRecord> late = insert(1);
        assertThatThrownBy(() -> task.put(late))
                .isInstanceOf(ConnectException.class)
                .isNotInstanceOf(RetriableException.class)
                .hasMessageContaining("taken over");
        assertThat(Judge.PASCAL.outOfStep(db)).isOne();
    }

    @Test
    void anUnreadableRecordIsReportedAndTheOthersAreApplied() throws Exception {
        List<SinkRecord> records = new ArrayList<>(insert(2));
        SinkRecord bad = record(Map.of("__txId", 5L));
        records.add(1, bad);
        worker.reporting = true;
        task.put(records);
        assertThat(worker.reported).containsExactly(bad);
        assertThat(Judge.PASCAL.outOfStep(db)).isZero();
        worker.reporting = false;
        assertThatThrownBy(() -> task.put(List.of(bad))).isInstanceOf(DataException.class);
    }

    private List<SinkRecord> insert(int rows) throws Exception {
        List<SinkRecord> records = new ArrayList<>();
        for (List<String> row : db.rows("INSERT INTO \"Messages\" (\"FromPersonaId\", \"Content\")"
                + " SELECT gen_random_uuid(), i FROM generate_series(1, " + rows + ") i"
                + " RETURNING \"Id\", \"FromPersonaId\", txid_current()")) {
            records.add(record(
                    Map.of("Id", row.get(0), "FromPersonaId", row.get(1), "__txId", Long.parseLong(row.get(2)))));
        }
        return records;
    }

    private SinkRecord record(Map<String, Object> value) {
        return new SinkRecord(PARTITION.topic(), PARTITION.partition(), null, null, null, value, offset++);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> value(SinkRecord record) {
        return (Map<String, Object>) record.value();
    }

    private long committed(long delivered) {
        return task.preCommit(Map.of(PARTITION, new OffsetAndMetadata(delivered)))
                .get(PARTITION)
                .offset();
    }

    private List<List<String>> versions() throws Exception {
        return db.rows("SELECT \"Id\", xmin, ctid FROM \"Messages\" ORDER BY 1");
    }

    private static String text(Connection connection, String sql) throws Exception {
        try (var statement = connection.createStatement();
                var row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
