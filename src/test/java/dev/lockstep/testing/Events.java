package dev.lockstep.testing;

import dev.lockstep.model.Batch;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.RowChange;
import dev.lockstep.model.RowChange.Op;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.TableName;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Batches as a source of changes would deliver them, for the PASCAL schema. */
public final class Events {

    private static final TableName MESSAGES = new TableName("public", "Messages");
    private static final TableName AGENTS = new TableName("public", "Agents");

    private final TestDatabase database;

    public Events(TestDatabase database) {
        this.database = database;
    }

    /** The insert of every message that matches, in one transaction that ends at {@code boundary}. */
    public Batch inserted(String where, Lsn boundary) throws SQLException {
        return new Batch(insertsOf(where), boundary, List.of());
    }

    public List<RowChange> insertsOf(String where) throws SQLException {
        List<RowChange> changes = new ArrayList<>();
        for (List<String> row : database.rows("SELECT \"Id\", \"FromPersonaId\", \"FromAgentId\", xmin"
                + " FROM \"Messages\" WHERE " + where + " ORDER BY \"Content\"")) {
            changes.add(change(MESSAGES, Op.INSERT, RowKey.of(row.get(0)), row.get(1), row.get(2), row.get(3)));
        }
        return changes;
    }

    public RowChange messagesTruncated() {
        return change(MESSAGES, Op.TRUNCATE, new RowKey(List.of()), null, null, "3");
    }

    /** As it is without REPLICA IDENTITY FULL: the event knows the key alone. */
    public RowChange agentDeleted(String agent) {
        return change(AGENTS, Op.DELETE, RowKey.of(agent), null, agent, "3");
    }

    private static RowChange change(TableName table, Op op, RowKey key, String persona, String agent, String xid) {
        return new RowChange(table, op, key, persona, agent, Long.parseLong(xid), new Lsn(1), Instant.now());
    }
}
