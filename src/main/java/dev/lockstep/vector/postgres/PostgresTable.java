package dev.lockstep.vector.postgres;

import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.model.TableShape.ColumnShape;
import dev.lockstep.model.TypeName;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreFailure;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A table whose rows are points.
 *
 * @param key its primary key
 * @param kinds its scalar columns with the key, in catalog order
 * @param types of all its columns
 */
record PostgresTable(TableName name, String key, Map<String, Kind> kinds, Map<String, TypeName> types) {

    /** Rows whose column has one of the values; all rows without a column. */
    record Filter(Optional<String> column, List<String> values) {

        static final Filter ALL = new Filter(Optional.empty(), List.of());

        boolean isNothing() {
            return column.isPresent() && values.isEmpty();
        }
    }

    static PostgresTable of(TableShape shape) {
        Map<String, Kind> kinds = new LinkedHashMap<>();
        shape.columns().forEach(column -> Kind.of(column).ifPresent(kind -> kinds.put(column.name(), kind)));
        String key = shape.primaryKey().size() == 1 ? shape.primaryKey().get(0) : "";
        if (!kinds.getOrDefault(key, Kind.TRUTH).isKey()) {
            throw new StoreFailure(
                    "the table " + shape.name()
                            + " has no primary key of one column of type uuid, integer, bigint or text;"
                            + " give it one",
                    null);
        }
        return new PostgresTable(
                shape.name(),
                key,
                kinds,
                shape.columns().stream().collect(Collectors.toMap(ColumnShape::name, ColumnShape::typeName)));
    }

    boolean hasAll(Collection<String> columns) {
        return types.keySet().containsAll(columns);
    }

    /** @throws StoreFailure when there is no such column, or none of a type that is payload */
    Kind kind(String column) {
        Kind kind = kinds.get(column);
        if (kind == null) {
            throw new StoreFailure(
                    "the table " + name + " has no column " + column + " of a scalar type; ALTER TABLE "
                            + PostgresSql.quote(name) + " ADD COLUMN " + PostgresSql.quote(column) + " with its type",
                    null);
        }
        return kind;
    }

    /** @throws StoreFailure when there is no such column */
    TypeName type(String column) {
        TypeName type = types.get(column);
        if (type == null) {
            throw new StoreFailure("the table " + name + " has no column " + column + "; correct the name", null);
        }
        return type;
    }

    Kind keyKind() {
        return kind(key);
    }

    Filter filter(Selection which) {
        if (which instanceof Selection.Ids ids) {
            return filter(key, ids.ids());
        }
        return which instanceof Selection.AnyOf anyOf ? filter(anyOf.field(), anyOf.values()) : Filter.ALL;
    }

    private Filter filter(String column, Collection<String> values) {
        Kind kind = kind(column);
        return new Filter(
                Optional.of(column), values.stream().filter(kind::mayBe).toList());
    }
}
