package dev.lockstep.vector.postgres;

import dev.lockstep.model.TableName;
import dev.lockstep.sql.Sql;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Statements on a table of points; pure. Values are always parameters, as text. */
final class PostgresSql {

    private PostgresSql() {}

    static String quote(TableName table) {
        return Sql.quote(table);
    }

    static String quote(String column) {
        return Sql.quote(column);
    }

    /** Parameters: the values of the filter if it has a column, the cursor if there is one, the limit. */
    static String scroll(PostgresTable table, PostgresTable.Filter filter, boolean hasCursor) {
        List<String> conditions = new ArrayList<>(conditions(table, filter));
        if (hasCursor) {
            conditions.add(quote(table.key()) + " > ?::" + table.keyKind().type());
        }
        return select(table) + where(conditions) + " ORDER BY " + quote(table.key()) + " LIMIT ?";
    }

    /** Parameters: the values of the first filter, those of the other, the query if it is measured, the limit. */
    static String nearest(
            PostgresTable table, PostgresTable.Filter among, PostgresTable.Filter without, Ranking ranking) {
        List<String> conditions = new ArrayList<>(conditions(table, among));
        conditions(table, without).forEach(condition -> conditions.add("(" + condition + ") IS NOT TRUE"));
        ranking.condition().ifPresent(conditions::add);
        return select(table) + where(conditions) + " ORDER BY " + ranking.orderBy(table.key()) + " LIMIT ?";
    }

    private static String select(PostgresTable table) {
        return "SELECT " + table.kinds().keySet().stream().map(Sql::quote).collect(Collectors.joining(", ")) + " FROM "
                + quote(table.name());
    }

    /** Parameters: the values of the filter if it has a column. */
    static String count(PostgresTable table, PostgresTable.Filter filter) {
        return "SELECT count(*) FROM " + quote(table.name()) + where(conditions(table, filter));
    }

    /** Parameters: the keys. */
    static String delete(PostgresTable table) {
        return "DELETE FROM " + quote(table.name()) + " WHERE " + quote(table.key()) + " = ANY(?::text[]::"
                + table.keyKind().type() + "[])";
    }

    /**
     * Parameters: the keys, then the values of each column of {@code set}. Rows that are in step are left alone: to write
     * them again would change every index of their embeddings.
     */
    static String update(PostgresTable table, List<String> set, Collection<String> unset) {
        List<String> names = new ArrayList<>();
        List<String> values = new ArrayList<>();
        StringBuilder arrays = new StringBuilder("?::text[]");
        StringBuilder aliases = new StringBuilder("id");
        for (String column : set) {
            names.add(quote(column));
            String alias = "v" + names.size();
            Kind kind = table.kind(column);
            // a text is assigned without a cast, which would cut it to the length of the column
            values.add("e." + alias + (kind == Kind.TEXT ? "" : "::" + kind.type()));
            arrays.append(", ?::text[]");
            aliases.append(", ").append(alias);
        }
        for (String column : unset) {
            table.kind(column);
            names.add(quote(column));
            values.add("NULL");
        }
        List<String> assignments = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            assignments.add(names.get(i) + " = " + values.get(i));
        }
        return "UPDATE " + quote(table.name()) + " t SET " + String.join(", ", assignments) + " FROM unnest(" + arrays
                + ") AS e(" + aliases + ") WHERE t." + quote(table.key()) + " = e.id::"
                + table.keyKind().type() + " AND ROW("
                + names.stream().map(name -> "t." + name).collect(Collectors.joining(", ")) + ") IS DISTINCT FROM ROW("
                + String.join(", ", values) + ")";
    }

    private static List<String> conditions(PostgresTable table, PostgresTable.Filter filter) {
        return filter.column().stream()
                .map(column -> quote(column) + " = ANY(?::text[]::"
                        + table.kind(column).type() + "[])")
                .toList();
    }

    private static String where(List<String> conditions) {
        return conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
    }
}
