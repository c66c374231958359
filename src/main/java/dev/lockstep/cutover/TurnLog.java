package dev.lockstep.cutover;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.lockstep.database.Database;
import dev.lockstep.database.Handles;
import dev.lockstep.model.Cost;
import dev.lockstep.state.EvidenceLog;
import dev.lockstep.state.ServerEnd;
import dev.lockstep.state.Stopwatch;
import java.sql.Connection;
import java.sql.SQLException;

/** Keeps as evidence what was decided or done. */
record TurnLog(Database database, String name) {

    Stopwatch start() throws SQLException {
        try (Connection connection = database.open("turn")) {
            return Stopwatch.start(connection);
        }
    }

    /**
     * Returns {@code report} with what it took.
     *
     * @param rows written
     */
    TurnReport record(String kind, Stopwatch watch, long rows, TurnReport report) throws SQLException {
        try (Connection connection = database.open("turn")) {
            Cost cost = watch.stop(connection, rows);
            TurnReport costed = report.withCost(cost);
            String json = JsonMapper.builder().build().writeValueAsString(costed);
            Handles.tell(
                    connection,
                    handle -> new EvidenceLog(name)
                            .record(
                                    handle,
                                    kind,
                                    watch.beganAt(),
                                    ServerEnd.read(connection).lsn(),
                                    report.turned(),
                                    json));
            return costed;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
