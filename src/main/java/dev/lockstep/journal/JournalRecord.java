package dev.lockstep.journal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
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
public record JournalRecord(
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
    private static final ObjectReader READER = new ObjectMapper().reader();

    private interface Content {
        void write(JsonGenerator json) throws IOException;
    }

    /** The message's key: changes of one row are in one partition, in order. */
    byte[] messageKey() {
        return messageKey(table, key);
    }

    static byte[] messageKey(TableName table, RowKey key) {
        return bytes(json -> {
            json.writeStartArray();
            json.writeString(table.schema());
            json.writeString(table.name());
            for (String value : key.values()) {
                json.writeString(value);
            }
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
            for (String value : key.values()) {
                json.writeString(value);
            }
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

    /**
     * What {@link #messageValue} wrote.
     *
     * @throws IllegalArgumentException when it is something else; the message names no content
     */
    static JournalRecord read(byte[] value) {
        try {
            JsonNode json = READER.readTree(value);
            int version = json.path("version").asInt();
            if (version != VERSION) {
                throw new IllegalArgumentException("version " + version + ", this lockstep reads " + VERSION);
            }
            List<String> key = new ArrayList<>();
            json.required("key").forEach(column -> key.add(column.textValue()));
            JsonNode commit = json.required("commitLsn");
            return new JournalRecord(
                    new TableName(
                            json.required("schema").textValue(),
                            json.required("table").textValue()),
                    new RowKey(key),
                    RowChange.Op.valueOf(json.required("op").textValue().toUpperCase(Locale.ROOT)),
                    commit.isNull() ? null : Lsn.parse(commit.textValue()),
                    Lsn.parse(json.required("lsn").textValue()),
                    json.required("xid").longValue(),
                    Instant.parse(json.required("committedAt").textValue()),
                    json.required("legacy").booleanValue());
        } catch (IOException | NullPointerException | DateTimeParseException e) {
            throw new IllegalArgumentException("it cannot be read", e);
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
