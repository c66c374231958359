package dev.lockstep.connect;

import dev.lockstep.model.Column;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the columns of the captured tables mean, and which topic holds which table. Not thread-safe. */
final class TopicShapes {

    /**
     * @param key names the row
     * @param persona column that names the persona
     * @param agent column that names the agent; null where there is none
     * @param agents whether it is the table of agents
     */
    record Shape(
            TableName table,
            List<Column> key,
            String persona,
            @Nullable String agent,
            boolean agents) {

        boolean inKey(@Nullable String column) {
            return key.stream().anyMatch(k -> k.name().equals(column));
        }
    }

    private final Map<TableName, Shape> shapes = new HashMap<>();
    private final Map<String, Optional<Shape>> byTopic = new HashMap<>();

    TopicShapes(Mapping mapping) {
        mapping.tables()
                .forEach(t -> shapes.put(
                        t.table(),
                        new Shape(
                                t.table(),
                                t.key(),
                                t.persona().name(),
                                t.agent().name(),
                                false)));
        Mapping.Personas personas = mapping.personas();
        if (personas != null) {
            shapes.put(
                    personas.table(),
                    new Shape(personas.table(), personas.key(), personas.id().name(), null, false));
        }
        Mapping.Agents agents = mapping.agents();
        shapes.put(
                agents.table(),
                new Shape(
                        agents.table(),
                        agents.key(),
                        agents.persona().name(),
                        agents.id().name(),
                        true));
    }

    Optional<Shape> of(String schema, String table) {
        return Optional.ofNullable(shapes.get(new TableName(schema, table)));
    }

    /** By the source's naming, {@code prefix.schema.table}, or by what a router has left of it. */
    Optional<Shape> ofTopic(String topic) {
        return byTopic.computeIfAbsent(
                topic,
                name -> shapes.values().stream()
                        .filter(shape -> name.endsWith("." + shape.table())
                                || name.equals(shape.table().toString())
                                || name.equals(shape.table().name()))
                        .findFirst());
    }
}
