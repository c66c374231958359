package dev.lockstep.state;

import dev.lockstep.model.TableName;
import dev.lockstep.sql.Sql;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jdbi.v3.core.Handle;

/** The cursors of scans: of the backfill (gap 0) and of gaps. Cursors only move forward while the table stays the same. */
public final class Scans {

    public static final long BACKFILL = 0;

    /** The scan after the direction was turned; asked for in the transaction that turns it. */
    public static final long TURN = -1;

    private final String table;

    public Scans(String name) {
        this.table = Sql.quote(name) + ".scan";
    }

    public enum State {
        PENDING,
        RUNNING,
        DONE
    }

    /**
     * @param gapId {@link #BACKFILL} or the gap it repairs
     * @param leaf the table that holds the rows
     * @param root the mapped table
     * @param relfilenode the file the cursor means
     * @param nextBlock the first block that is not done
     * @param endBlock the block behind the last one to do; empty until started
     */
    public record Scan(
            long gapId,
            TableName leaf,
            TableName root,
            long relfilenode,
            long nextBlock,
            OptionalLong endBlock,
            long rowsWritten,
            State state) {}

    public List<Scan> all(Handle handle) {
        return handle.createQuery(
                        "SELECT * FROM " + table + " ORDER BY gap_id, root_schema, root_name, table_schema, table_name")
                .map((row, ctx) -> {
                    long end = row.getLong("end_block");
                    OptionalLong endBlock = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(end);
                    return new Scan(
                            row.getLong("gap_id"),
                            new TableName(row.getString("table_schema"), row.getString("table_name")),
                            new TableName(row.getString("root_schema"), row.getString("root_name")),
                            row.getLong("relfilenode"),
                            row.getLong("next_block"),
                            endBlock,
                            row.getLong("rows_written"),
                            State.valueOf(row.getString("state").toUpperCase(java.util.Locale.ROOT)));
                })
                .list();
    }

    /** Makes the missing scans of {@code gapId}, one for each leaf. */
    public void create(Handle handle, long gapId, Map<TableName, List<TableName>> leavesByRoot) {
        leavesByRoot.forEach((root, leaves) -> leaves.forEach(leaf -> handle.createUpdate("INSERT INTO " + table
                        + " (gap_id, table_schema, table_name, root_schema, root_name)"
                        + " VALUES (:gap, :schema, :name, :rootSchema, :rootName) ON CONFLICT DO NOTHING")
                .bind("gap", gapId)
                .bind("schema", leaf.schema())
                .bind("name", leaf.name())
                .bind("rootSchema", root.schema())
                .bind("rootName", root.name())
                .execute()));
    }

    /** Begins, or begins again on another file: from block 0 to {@code endBlock}. */
    public void start(Handle handle, Scan scan, long relfilenode, long endBlock) {
        handle.createUpdate("UPDATE " + table + " SET relfilenode = :file, next_block = 0, end_block = :end,"
                        + " state = 'running', started_at = coalesce(started_at, clock_timestamp()),"
                        + " updated_at = clock_timestamp() WHERE gap_id = :gap AND table_schema = :schema"
                        + " AND table_name = :name")
                .bind("file", relfilenode)
                .bind("end", endBlock)
                .bind("gap", scan.gapId())
                .bind("schema", scan.leaf().schema())
                .bind("name", scan.leaf().name())
                .execute();
    }

    /** Moves the cursor forward and counts rows, in the caller's transaction. */
    public void advance(Handle handle, Scan scan, long relfilenode, long nextBlock, long rowsWritten) {
        handle.createUpdate("UPDATE " + table + " SET next_block = greatest(next_block, :next),"
                        + " rows_written = rows_written + :rows, updated_at = clock_timestamp() WHERE gap_id = :gap"
                        + " AND table_schema = :schema AND table_name = :name AND relfilenode = :file")
                .bind("next", nextBlock)
                .bind("rows", rowsWritten)
                .bind("gap", scan.gapId())
                .bind("schema", scan.leaf().schema())
                .bind("name", scan.leaf().name())
                .bind("file", relfilenode)
                .execute();
    }

    public void finish(Handle handle, Scan scan) {
        handle.createUpdate("UPDATE " + table + " SET state = 'done', next_block = greatest(next_block, end_block),"
                        + " updated_at = clock_timestamp() WHERE gap_id = :gap AND table_schema = :schema"
                        + " AND table_name = :name")
                .bind("gap", scan.gapId())
                .bind("schema", scan.leaf().schema())
                .bind("name", scan.leaf().name())
                .execute();
    }

    /** Whether the backfill has been planned and every one of its scans is done. */
    public boolean backfillDone(Handle handle) {
        return handle.createQuery(
                        "SELECT count(*) > 0 AND bool_and(state = 'done') FROM " + table + " WHERE gap_id = 0")
                .mapTo(Boolean.class)
                .one();
    }

    /** Rows that scans wrote, of any kind. */
    public long rowsWritten(Handle handle) {
        return handle.createQuery("SELECT coalesce(sum(rows_written), 0) FROM " + table)
                .mapTo(Long.class)
                .one();
    }
}
