package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TypeName;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Identifiers and literals as SQL text. */
public final class Sql {

    private Sql() {}

    /** {@code "Name"}, always quoted. */
    public static String quote(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    /** {@code "schema"."Table"}. */
    public static String quote(TableName table) {
        return quote(table.schema()) + "." + quote(table.name());
    }

    /** {@code "schema"."type"}. */
    public static String quote(TypeName type) {
        return quote(type.schema()) + "." + quote(type.name());
    }

    /** {@code 'text'}, safe with standard_conforming_strings on, the default since 9.1. */
    public static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    static String each(List<Column> columns, String separator, Function<Column, String> text) {
        return columns.stream().map(text).collect(Collectors.joining(separator));
    }
}
