package dev.lockstep.cutover;

import dev.lockstep.database.Handles;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.ContractFacts;
import dev.lockstep.sql.Sql;
import dev.lockstep.state.Fence;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** Reads what is left of the time before the turn; writes nothing. */
final class ContractReader {

    private static final String COLUMN = """
            SELECT a.attnotnull AND NOT EXISTS (SELECT FROM pg_index x
                     WHERE x.indrelid = a.attrelid AND x.indisprimary AND a.attnum = ANY (x.indkey::int2[])) AS required
              FROM pg_attribute a
             WHERE a.attrelid = to_regclass(:table) AND a.attname = :persona AND NOT a.attisdropped
            """;

    /** Those of partitions go with their parent's. */
    private static final String FOREIGN_KEYS = """
            SELECT k.conname, fn.nspname, f.relname
              FROM pg_constraint k
              JOIN pg_attribute a ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum]
              JOIN pg_class f ON f.oid = k.confrelid
              JOIN pg_namespace fn ON fn.oid = f.relnamespace
             WHERE k.contype = 'f' AND k.conparentid = 0 AND k.conrelid = to_regclass(:table) AND a.attname = :persona
             ORDER BY 1
            """;

    /** A unique one keeps a promise, whoever reads by it. */
    static final String OLD_INDEX = """
            x.indkey[0] = a.attnum AND NOT x.indisunique AND NOT x.indisreplident
               AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
            """;

    private static final String INDEXES = """
            SELECT i.relname, i.relkind = 'I' AS partitioned,
                   coalesce(sum(s.idx_scan), 0)::bigint AS scans, coalesce(sum(pg_relation_size(t.relid)), 0)::bigint AS bytes
              FROM pg_index x
              JOIN pg_attribute a ON a.attrelid = x.indrelid
              JOIN pg_class i ON i.oid = x.indexrelid AND NOT i.relispartition
              LEFT JOIN LATERAL (SELECT x.indexrelid AS relid UNION SELECT p.relid FROM pg_partition_tree(x.indexrelid) p) t ON true
              LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = t.relid
             WHERE x.indrelid = to_regclass(:table) AND a.attname = :persona AND %s
             GROUP BY 1, 2 ORDER BY 1
            """.formatted(OLD_INDEX);

    private static final String AGENTS_UNIQUE = """
            SELECT EXISTS (SELECT FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid
                     WHERE x.indrelid = to_regclass(:table) AND a.attname = :persona AND x.indisunique AND x.indisvalid
                       AND x.indpred IS NULL AND x.indnkeyatts = 1 AND x.indkey[0] = a.attnum)
            """;

    /** Origins are the server's: those of another name that begins with ours are not ours. */
    private static final String ORIGINS = """
            SELECT roname FROM pg_replication_origin o WHERE starts_with(roname, :name || '_')
               AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.slot_name <> :name
                                 AND length(s.slot_name) > length(:name) AND starts_with(o.roname, s.slot_name || '_'))
             ORDER BY 1
            """;

    private static final String SLOTS = """
            SELECT slot_name FROM pg_replication_slots WHERE database = current_database()
               AND (slot_name IN (:name, :name || '_replay') OR slot_name IN (SELECT slot FROM %s.savepoint))
             ORDER BY slot_name
            """;

    private final String name;
    private final Mapping mapping;

    ContractReader(String name, Mapping mapping) {
        this.name = name;
        this.mapping = mapping;
    }

    ContractFacts read(Connection connection) throws SQLException {
        Fence.Reading fence = new Fence(name).read(connection);
        return Handles.ask(connection, handle -> {
            List<ContractFacts.ForeignKey> keys = new ArrayList<>();
            List<TableName> required = new ArrayList<>();
            List<ContractFacts.OldIndex> indexes = new ArrayList<>();
            List<TableName> columns = new ArrayList<>();
            for (Mapping.Scoped table : mapping.tables()) {
                if (table.link() == null) { // `recall` falls back to the persona of vectors
                    keys.addAll(foreignKeys(handle, table));
                    indexes.addAll(indexes(handle, table));
                    query(handle, COLUMN, table.table(), table.persona().name())
                            .mapTo(Boolean.class)
                            .findOne()
                            .ifPresent(refusesNull -> {
                                columns.add(table.table());
                                if (refusesNull) {
                                    required.add(table.table());
                                }
                            });
                }
            }
            return new ContractFacts(
                    fence.phase(),
                    query(
                                    handle,
                                    AGENTS_UNIQUE,
                                    mapping.agents().table(),
                                    mapping.agents().persona().name())
                            .mapTo(Boolean.class)
                            .one(),
                    keys,
                    required,
                    indexes,
                    columns,
                    names(handle, SLOTS.formatted(Sql.quote(name))),
                    !names(handle, "SELECT pubname FROM pg_publication WHERE pubname = :name")
                            .isEmpty(),
                    names(handle, ORIGINS));
        });
    }

    private List<String> names(Handle handle, String sql) {
        return handle.createQuery(sql).bind("name", name).mapTo(String.class).list();
    }

    private static List<ContractFacts.ForeignKey> foreignKeys(Handle handle, Mapping.Scoped table) {
        return query(handle, FOREIGN_KEYS, table.table(), table.persona().name())
                .map((row, ctx) -> new ContractFacts.ForeignKey(
                        table.table(), row.getString(1), new TableName(row.getString(2), row.getString(3))))
                .list();
    }

    private static List<ContractFacts.OldIndex> indexes(Handle handle, Mapping.Scoped table) {
        return query(handle, INDEXES, table.table(), table.persona().name())
                .map((row, ctx) -> new ContractFacts.OldIndex(
                        table.table(), row.getString(1), row.getBoolean(2), row.getLong(3), row.getLong(4)))
                .list();
    }

    private static org.jdbi.v3.core.statement.Query query(Handle handle, String sql, TableName table, String persona) {
        return handle.createQuery(sql).bind("table", Sql.quote(table)).bind("persona", persona);
    }
}
