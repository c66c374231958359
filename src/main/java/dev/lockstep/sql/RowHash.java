package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.Mapping;
import java.util.ArrayList;
import java.util.List;

/**
 * One bigint for a row {@code t}: over its key and its derived columns, by the server's own hash functions. They take columns
 * as they are; text made of each would cost more than the rest of a verification. The persona of a row in step follows from
 * its agent.
 */
final class RowHash {

    private RowHash() {}

    /** Never NULL: the key's hash, seeded with those of the other columns, 0 for NULL. */
    static String of(Mapping.Scoped table) {
        List<Column> columns = new ArrayList<>(List.of(table.agent()));
        if (table.link() != null) {
            columns.add(table.link().conversation());
            columns.add(table.link().source());
        }
        if (table.contentHash() != null) {
            columns.add(table.contentHash());
        }
        StringBuilder others = new StringBuilder();
        for (int i = 0; i < columns.size(); i++) {
            others.append(i == 0 ? "" : " # ")
                    .append("coalesce(")
                    .append(hash(columns.get(i), Integer.toString(i)))
                    .append(", 0)");
        }
        String hash = others.toString();
        for (Column column : table.key()) {
            hash = hash(column, hash);
        }
        return hash;
    }

    private static String hash(Column column, String seed) {
        String value = "t." + Sql.quote(column.name());
        String function = switch (column.type()) {
            case UUID -> "uuid_hash_extended(" + value;
            case INT -> "hashint4extended(" + value;
            case BIGINT -> "hashint8extended(" + value;
            case TEXT -> "hashtextextended(" + value;
            // no function of the server's takes them from SQL; a record of one does
            case BYTEA, BOOLEAN, OTHER -> "hash_record_extended(ROW(" + value + ")";
        };
        return function + ", " + seed + ")";
    }
}
