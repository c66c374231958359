package dev.lockstep.cutover;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.Position;
import dev.lockstep.state.EvidenceLog;
import dev.lockstep.state.ServerEnd;
import java.sql.Connection;
import java.sql.SQLException;

/** Keeps as evidence what was decided or done. */
record TurnLog(Database database, String name) {

    /** Returns {@code report}. */
    TurnReport record(String kind, TurnReport report) throws SQLException {
        try (Connection connection = database.open("turn")) {
            Position end = ServerEnd.read(connection);
            String json = JsonMapper.builder().build().writeValueAsString(report);
            Handles.tell(
                    connection,
                    handle -> new EvidenceLog(name)
                            .record(handle, kind, end.commitTime(), end.lsn(), report.turned(), json));
            return report;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
