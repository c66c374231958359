package dev.lockstep.sql;

import dev.lockstep.model.ColumnType;
import dev.lockstep.model.TableName;
import dev.lockstep.model.TableShape;
import dev.lockstep.model.TableShape.ColumnShape;
import dev.lockstep.model.TableShape.ReplicaIdentity;
import dev.lockstep.model.TypeName;
import dev.lockstep.testing.LegacySchema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the catalog says about the legacy schemas, for tests without a server. */
public final class LegacyShapes {

    private LegacyShapes() {}

    public static Map<TableName, TableShape> of(LegacySchema legacy) {
        return switch (legacy) {
            case PASCAL ->
                shapes(
                        table("public.Personas", "Id", "Id uuid", "Name text"),
                        table("public.Conversations", "Id", "Id uuid", "PersonaId uuid", "Title text"),
                        table(
                                "public.Messages",
                                "Id",
                                "Id uuid",
                                "ConversationId uuid",
                                "FromPersonaId uuid",
                                "Content text",
                                "UpdatedAt timestamptz"));
            case SNAKE ->
                shapes(
                        table("app.personas", "persona_id", "persona_id int4", "display_name varchar"),
                        table(
                                "app.agents",
                                "agent_id",
                                "agent_id int8",
                                "persona_id int4",
                                "name text",
                                "is_active bool",
                                "memory_root_id uuid"),
                        table(
                                "app.conversations",
                                "tenant conversation_no",
                                "tenant int4",
                                "conversation_no int4",
                                "persona_id int4",
                                "title text"),
                        table(
                                "app.messages",
                                "message_id",
                                "message_id int8",
                                "tenant int4",
                                "conversation_no int4",
                                "from_persona_id int4",
                                "body text",
                                "content_hash bytea"));
        };
    }

    public static Map<TableName, TableShape> shapes(TableShape... tables) {
        Map<TableName, TableShape> shapes = new TreeMap<>();
        for (TableShape table : tables) {
            shapes.put(table.name(), table);
        }
        return shapes;
    }

    /** @param columns each a name and a type; a type without a schema is the server's own */
    public static TableShape table(String name, String key, String... columns) {
        TableName table = TableName.parse(name, "public");
        List<String> keys = List.of(key.split(" ", -1));
        List<ColumnShape> shapes = new ArrayList<>();
        for (String column : columns) {
            List<String> words = List.of(column.split(" ", 2));
            shapes.add(new ColumnShape(
                    words.get(0),
                    ColumnType.ofCatalog(words.get(1)),
                    typeName(words.get(1)),
                    words.get(1),
                    keys.contains(words.get(0)),
                    false));
        }
        return new TableShape(table, 1, false, shapes, keys, false, ReplicaIdentity.DEFAULT, keys, List.of(table));
    }

    private static TypeName typeName(String text) {
        TableName parsed = TableName.parse(text, TypeName.CATALOG);
        return new TypeName(parsed.schema(), parsed.name());
    }

    static TableShape withIdentity(
            TableShape shape, ReplicaIdentity identity, List<String> columns, boolean deferrable) {
        return new TableShape(
                shape.name(),
                shape.oid(),
                shape.partitioned(),
                shape.columns(),
                shape.primaryKey(),
                deferrable,
                identity,
                columns,
                shape.leaves());
    }

    static TableShape partitioned(TableShape shape, TableName... leaves) {
        return new TableShape(
                shape.name(),
                shape.oid(),
                true,
                shape.columns(),
                shape.primaryKey(),
                shape.primaryKeyDeferrable(),
                shape.identity(),
                shape.replicaIdentityColumns(),
                List.of(leaves));
    }
}
