package dev.lockstep.rehearse;

import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.TableName;
import dev.lockstep.sql.Sql;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * How large tables are, partitions included. One that is not there has no size.
 *
 * @param tables in the order of the mapping, Agents and memory roots last
 */
record Sizes(Map<TableName, Size> tables) {

    /** A leaf that was never analyzed makes the number of rows unknown: -1. */
    private static final String SQL = """
            SELECT CASE WHEN bool_or(c.reltuples < 0) THEN -1
                        ELSE coalesce(sum(CASE WHEN c.relpages = 0 THEN 0 ELSE c.reltuples::float8 / c.relpages
                                       * (pg_relation_size(c.oid) / current_setting('block_size')::int) END), 0)
                   END::float8 AS rows,
                   coalesce(sum(pg_table_size(c.oid)), 0)::bigint AS heap,
                   coalesce(sum(pg_indexes_size(c.oid)), 0)::bigint AS indexes,
                   coalesce(sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del), 0)::bigint AS written
              FROM (SELECT to_regclass(:table)::oid AS relid UNION SELECT relid FROM pg_partition_tree(to_regclass(:table))) t
              JOIN pg_class c ON c.oid = t.relid AND c.relkind = 'r'
              LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
            """;

    /** @param rows an estimate; -1 when there is none */
    record Size(long rows, long heapBytes, long indexBytes, long written) {}

    static Sizes read(Handle handle, MappingSpec spec) {
        List<TableName> names = new ArrayList<>(spec.derived());
        names.add(spec.agents().table());
        if (spec.memoryRoots() != null) {
            names.add(spec.memoryRoots().table());
        }
        Map<TableName, Size> sizes = new LinkedHashMap<>();
        for (TableName name : names) {
            sizes.put(
                    name,
                    handle.createQuery(SQL)
                            .bind("table", Sql.quote(name))
                            .map((row, ctx) -> new Size(
                                    Math.round(row.getDouble("rows")),
                                    row.getLong("heap"),
                                    row.getLong("indexes"),
                                    row.getLong("written")))
                            .one());
        }
        return new Sizes(sizes);
    }

    long heapBytes() {
        return tables.values().stream().mapToLong(Size::heapBytes).sum();
    }

    long indexBytes() {
        return tables.values().stream().mapToLong(Size::indexBytes).sum();
    }

    /** Rows written ever, by the server's count. */
    long written() {
        return tables.values().stream().mapToLong(Size::written).sum();
    }
}
