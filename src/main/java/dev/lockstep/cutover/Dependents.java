package dev.lockstep.cutover;

import dev.lockstep.database.Handles;
import dev.lockstep.model.Mapping;
import dev.lockstep.sql.Sql;
import dev.lockstep.sql.TurnSql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Finds what still names a persona column. What the catalog knows is exact; the text of a function is searched for the
 * column's name beside the table's, or where a trigger of the table calls it, and may be named without need.
 */
final class Dependents {

    private static final String COLUMNS = """
            WITH tables AS (SELECT to_regclass(:table)::oid AS oid
                            UNION SELECT p.relid FROM pg_partition_tree(to_regclass(:table)) p),
                 columns AS (SELECT a.attrelid, a.attnum FROM pg_attribute a JOIN tables ON tables.oid = a.attrelid
                              WHERE a.attname = :persona AND NOT a.attisdropped)
            """;

    private static final String CATALOG = COLUMNS + """
            SELECT DISTINCT CASE
                     WHEN v.relkind = 'v' THEN 'view ' || v.oid::regclass
                     WHEN v.relkind = 'm' THEN 'materialized view ' || v.oid::regclass
                     WHEN k.contype = 'f' THEN 'foreign key ' || quote_ident(k.conname) || ' of ' || k.conrelid::regclass
                     WHEN k.contype = 'c' THEN 'check constraint ' || quote_ident(k.conname) || ' of ' || k.conrelid::regclass
                     WHEN d.classid = 'pg_attrdef'::regclass THEN 'generated column ' || o.identity
                     ELSE o.type || ' ' || o.identity END
              FROM pg_depend d
              JOIN columns a ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
              CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) o
              LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
              LEFT JOIN pg_class v ON v.oid = r.ev_class AND v.relkind IN ('v', 'm')
              LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
              LEFT JOIN pg_index x ON d.classid = 'pg_class'::regclass AND x.indexrelid = d.objid
              LEFT JOIN pg_attrdef f ON d.classid = 'pg_attrdef'::regclass AND f.oid = d.objid
              LEFT JOIN pg_trigger g ON d.classid = 'pg_trigger'::regclass AND g.oid = d.objid
             WHERE (k.oid IS NULL OR k.conparentid = 0 AND k.contype <> 'n' AND NOT (k.contype = 'f' AND k.conrelid = a.attrelid
                      AND k.conkey = ARRAY[a.attnum]) AND NOT (k.contype = 'c' AND k.conname = :check))
               AND (x.indexrelid IS NULL OR NOT (SELECT c.relispartition FROM pg_class c WHERE c.oid = x.indexrelid)
                      AND NOT (%s))
               AND (f.oid IS NULL OR f.adrelid <> a.attrelid OR f.adnum <> a.attnum)
               AND (g.oid IS NULL OR NOT g.tgisinternal AND g.tgparentid = 0)
               AND NOT (d.classid = 'pg_publication_rel'::regclass
                          AND EXISTS (SELECT FROM pg_publication_rel pr JOIN pg_publication p ON p.oid = pr.prpubid
                                       WHERE pr.oid = d.objid AND p.pubname = :name))
             ORDER BY 1
            """.formatted(ContractReader.OLD_INDEX);

    private static final String TEXTS = COLUMNS + """
            , functions AS (SELECT p.oid, p.prosrc FROM pg_proc p
                              JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
                             WHERE l.lanname NOT IN ('internal', 'c') AND p.prosrc ~* :columnWord
                               AND n.nspname NOT IN ('pg_catalog', 'information_schema', :name)
                               AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass
                                                AND e.objid = p.oid AND e.deptype = 'e')),
              triggers AS (SELECT g.tgname, g.tgrelid, g.tgfoid FROM pg_trigger g
                             JOIN tables ON tables.oid = g.tgrelid JOIN functions f ON f.oid = g.tgfoid
                            WHERE NOT g.tgisinternal AND g.tgparentid = 0)
            SELECT 'trigger ' || quote_ident(tgname) || ' on ' || tgrelid::regclass FROM triggers
            UNION SELECT 'function ' || f.oid::regprocedure FROM functions f
                   WHERE f.prosrc ~* :tableWord OR f.oid IN (SELECT tgfoid FROM triggers)
             ORDER BY 1
            """;

    private static final String STATEMENTS_SCHEMA = "SELECT n.nspname FROM pg_extension e"
            + " JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'";

    private static final String NOT_LOADED = "55000";

    private static final String STATEMENTS = """
            SELECT count(*), string_agg(queryid || ' (' || calls || ' calls)', ', ' ORDER BY calls DESC) FILTER (WHERE rank <= 3)
              FROM (SELECT s.queryid, s.calls, row_number() OVER (ORDER BY s.calls DESC) AS rank
                      FROM %s.pg_stat_statements s
                     WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
                       AND s.query ~* :columnWord AND s.query ~* :tableWord) t
            """;

    private final String name;
    private final Mapping mapping;

    Dependents(String name, Mapping mapping) {
        this.name = name;
        this.mapping = mapping;
    }

    /** Each names the object and the column; dropping the column would break it, or take it along. */
    List<String> objects(Connection connection) throws SQLException {
        return Handles.ask(connection, handle -> {
            List<String> found = new ArrayList<>();
            for (Mapping.Scoped table : scoped()) {
                for (String sql : List.of(CATALOG, TEXTS)) {
                    bound(handle, sql, table).list().stream()
                            .map(object -> object + " uses " + column(table))
                            .filter(line -> !found.contains(line))
                            .forEach(found::add);
                }
            }
            return found;
        });
    }

    /** What clients sent since the counters were set back, lockstep's own among it; says nothing of whether they still do. */
    List<String> statements(Connection connection) throws SQLException {
        try {
            return counted(connection);
        } catch (SQLException e) {
            if (NOT_LOADED.equals(e.getSQLState())) {
                return List.of(); // made in the database, and not in shared_preload_libraries
            }
            throw e;
        }
    }

    private List<String> counted(Connection connection) throws SQLException {
        return Handles.ask(connection, handle -> {
            List<String> found = new ArrayList<>();
            String schema = handle.createQuery(STATEMENTS_SCHEMA)
                    .mapTo(String.class)
                    .findOne()
                    .orElse(null);
            if (schema == null) {
                return found;
            }
            for (Mapping.Scoped table : scoped()) {
                handle
                        .createQuery(STATEMENTS.formatted(Sql.quote(schema)))
                        .bind("columnWord", word(table.persona().name()))
                        .bind("tableWord", word(table.table().name()))
                        .map((row, ctx) -> row.getLong(1) == 0
                                ? ""
                                : row.getLong(1) + " statements of pg_stat_statements, lockstep's own among them, name "
                                        + column(table) + ", most called: " + row.getString(2))
                        .list()
                        .stream()
                        .filter(line -> !line.isEmpty())
                        .forEach(found::add);
            }
            return found;
        });
    }

    private List<Mapping.Scoped> scoped() {
        return mapping.tables().stream().filter(table -> table.link() == null).toList();
    }

    private org.jdbi.v3.core.result.ResultIterable<String> bound(Handle handle, String sql, Mapping.Scoped table) {
        return handle.createQuery(sql)
                .bind("table", Sql.quote(table.table()))
                .bind("persona", table.persona().name())
                .bind("check", TurnSql.checkName(table))
                .bind("name", name)
                .bind("columnWord", word(table.persona().name()))
                .bind("tableWord", word(table.table().name()))
                .mapTo(String.class);
    }

    private static String column(Mapping.Scoped table) {
        return table.table() + "." + table.persona().name();
    }

    /** A regular expression of the server's: the name, and not as part of a longer one. */
    private static String word(String name) {
        StringBuilder pattern = new StringBuilder();
        name.codePoints().forEach(c -> {
            if (!Character.isLetterOrDigit(c) && c != '_') {
                pattern.append('\\');
            }
            pattern.appendCodePoint(c);
        });
        return "(^|[^[:alnum:]_])" + pattern + "([^[:alnum:]_]|$)";
    }
}
