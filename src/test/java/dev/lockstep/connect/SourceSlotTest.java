package dev.lockstep.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.Lsn;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.Test;

class SourceSlotTest {

    private static final Map<String, Object> STORED = BoundaryOffsets.at(100);

    @Test
    void itIsReadFromTheServer() throws Exception {
        TestDatabase db = TestPostgres.database();
        URI url = URI.create(db.config().url().substring("jdbc:".length()));
        Map<String, String> settings = Map.of(
                "slot.name",
                "slot_read",
                "database.hostname",
                url.getHost(),
                "database.port",
                Integer.toString(url.getPort()),
                "database.dbname",
                url.getPath().substring(1),
                "database.user",
                "postgres",
                "database.password",
                "postgres");
        assertThat(SourceSlot.read(settings)).isEmpty();
        db.text("SELECT pg_create_logical_replication_slot('slot_read', 'pgoutput')");
        try {
            Lsn confirmed = Lsn.parse(
                    db.text("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'slot_read'"));
            assertThat(SourceSlot.read(settings)).contains(new SourceSlot("slot_read", confirmed, "reserved"));
        } finally {
            db.text("SELECT pg_drop_replication_slot('slot_read')");
        }
    }

    @Test
    void aSlotThatCannotSendAllIsAGap() {
        refused(Optional.empty(), "is gone");
        refused(slot(101, "reserved"), "ahead of the stored offset 0/64");
        refused(slot(50, "lost"), "has lost its WAL");
        assertThatCode(() -> SourceSlot.refuseGap(slot(100, "reserved"), "s", STORED))
                .doesNotThrowAnyException();
    }

    private static void refused(Optional<SourceSlot> slot, String why) {
        assertThatThrownBy(() -> SourceSlot.refuseGap(slot, "s", STORED))
                .isInstanceOf(ConnectException.class)
                .hasMessageContaining(why)
                .hasMessageContaining("lockstep verify --repair");
    }

    private static Optional<SourceSlot> slot(long confirmed, String walStatus) {
        return Optional.of(new SourceSlot("s", new Lsn(confirmed), walStatus));
    }
}
