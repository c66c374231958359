package dev.lockstep.journal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One change as the topic holds it; {@code docs/journal.schema.json} describes it. Says which row changed and when, and
 * nothing of what is in the row but its key.
 *
 * @param commitLsn null for the parts of a transaction that came before its end was known
 * @param lsn of the change itself
 * @param legacy whether a writer that knows nothing of agents put the row there
 */
record JournalRecord(
        TableName table,
        RowKey key,
        RowChange.Op op,
        @Nullable Lsn commitLsn,
        Lsn lsn,
        long xid,
        Instant committedAt,
        boolean legacy) {

    /** Raised when a reader of this version could not read the next. */
    static final int VERSION = 1;

    private static final JsonFactory JSON = new JsonFactory();

    private interface Content {
        void write(JsonGenerator json) throws IOException;
    }

    /** The message's key: changes of one row are in one partition, in order. */
    byte[] messageKey() {
        return bytes(json -> {
            json.writeStartArray();
            json.writeString(table.schema());
            json.writeString(table.name());
            writeKey(json);
            json.writeEndArray();
        });
    }

    /** The message's value. */
    byte[] messageValue() {
        return bytes(json -> {
            json.writeStartObject();
            json.writeNumberField("version", VERSION);
            json.writeStringField("schema", table.schema());
            json.writeStringField("table", table.name());
            json.writeArrayFieldStart("key");
            writeKey(json);
            json.writeEndArray();
            json.writeStringField("op", op.name().toLowerCase(Locale.ROOT));
            json.writeStringField("commitLsn", commitLsn == null ? null : commitLsn.toString());
            json.writeStringField("lsn", lsn.toString());
            json.writeNumberField("xid", xid);
            json.writeStringField("committedAt", committedAt.toString());
            json.writeBooleanField("legacy", legacy);
            json.writeEndObject();
        });
    }

    private void writeKey(JsonGenerator json) throws IOException {
        for (String value : key.values()) {
            json.writeString(value);
        }
    }

    private static byte[] bytes(Content content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(256);
        try (JsonGenerator json = JSON.createGenerator(out)) {
            content.write(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
