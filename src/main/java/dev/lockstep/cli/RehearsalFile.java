package dev.lockstep.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import dev.lockstep.rehearse.RehearsalReport;
import dev.lockstep.state.ControlSchema;
import dev.lockstep.state.StepLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * The last rehearsal, beside the configuration file: before {@code expand} there is no place for it in the database. Once there
 * is, it is kept as evidence, and {@code status} holds the real run against it.
 */
final class RehearsalFile {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path file;
    private final String name;

    RehearsalFile(Path configFile, String name) {
        this.file = configFile.toAbsolutePath().resolveSibling(name + ".rehearsal.json");
        this.name = name;
    }

    /** Returns what became of it, in words. */
    String write(RehearsalReport report) {
        try {
            String json = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(report);
            Path whole = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(whole, json + "\n");
            Files.move(whole, file, StandardCopyOption.REPLACE_EXISTING); // killed meanwhile, there is no half of it
            return "kept in " + file
                    + "; `lockstep expand` takes it over, `lockstep status` holds the real run against it";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            return "not kept: " + file + " cannot be written";
        }
    }

    /** Takes it over into the control schema, if there are both and it was not done before. */
    void keep(Database database) throws SQLException {
        if (!Files.isRegularFile(file)) {
            return;
        }
        try (Connection connection = database.open("rehearse")) {
            if (ControlSchema.isThere(connection, name)) {
                JsonNode report = JSON.readTree(Files.readString(file));
                if (report.path("at").isTextual()) {
                    new StepLog(name)
                            .rehearsed(
                                    connection,
                                    report.path("at").asText(),
                                    report.path("ok").asBoolean(),
                                    report.toString());
                }
            }
        } catch (IOException e) {
            throw LockstepException.notDone(
                    file
                            + " cannot be read as a rehearsal; what was expanded stays; delete the file, or rehearse again",
                    e);
        }
    }
}
