package dev.lockstep.bench;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.transforms.Transformation;
import org.jspecify.annotations.Nullable;

/**
 * What a user of the stock connectors would have to write, at its cheapest: of a changed message it leaves the key and the
 * agent, which it knows from a file. Runs in the peer's worker; made by it.
 */
public final class AgentLookup<R extends ConnectRecord<R>> implements Transformation<R> {

    private static final Schema UUID =
            SchemaBuilder.string().name("io.debezium.data.Uuid").version(1).build();
    private static final Schema ROW = SchemaBuilder.struct()
            .name("row")
            .field("Id", UUID)
            .field("FromAgentId", UUID)
            .build();

    private final Properties agents = new Properties();

    public AgentLookup() {}

    @Override
    public void configure(Map<String, ?> configs) {
        try (Reader file = Files.newBufferedReader(Path.of(String.valueOf(configs.get("file"))))) {
            agents.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Null drops the record: of another table, or the sink's own change that came back. */
    @Override
    public @Nullable R apply(R record) {
        Struct value = record.value() instanceof Struct struct ? struct : null;
        Struct after = value == null || value.schema().field("after") == null ? null : value.getStruct("after");
        if (after == null || after.schema().field("FromPersonaId") == null) {
            return null;
        }
        String agent = agents.getProperty(String.valueOf(after.get("FromPersonaId")));
        if (agent == null || agent.equals(after.get("FromAgentId"))) {
            return null;
        }
        Struct row = new Struct(ROW).put("Id", after.get("Id")).put("FromAgentId", agent);
        return record.newRecord(
                record.topic(),
                record.kafkaPartition(),
                record.keySchema(),
                record.key(),
                ROW,
                row,
                record.timestamp());
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef().define("file", ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "persona=agent");
    }

    @Override
    public void close() {}
}
