package dev.lockstep.model;

import dev.lockstep.model.TableShape.ColumnShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Holds the configured names against the catalog. What {@code expand} will create (the Agents table, agent and hash
 * columns) may be missing; what the legacy application owns may not.
 */
public final class MappingResolver {

    private final MappingSpec spec;
    private final Map<TableName, TableShape> shapes;
    private final List<Finding> problems = new ArrayList<>();

    private MappingResolver(MappingSpec spec, Map<TableName, TableShape> shapes) {
        this.spec = spec;
        this.shapes = shapes;
    }

    /**
     * The typed mapping.
     *
     * @param shapes the tables that exist, of those the spec names
     * @throws LockstepException of kind WRONG_INPUT naming the first problem
     */
    public static Mapping resolve(MappingSpec spec, Map<TableName, TableShape> shapes) {
        MappingResolver resolver = new MappingResolver(spec, shapes);
        Optional<Mapping> mapping = resolver.mapping();
        if (mapping.isEmpty() || !resolver.problems.isEmpty()) {
            Finding first = resolver.problems.get(0);
            throw LockstepException.wrongInput(first.message() + "; " + first.remedy());
        }
        return mapping.get();
    }

    /** Everything that keeps the spec from being a mapping; empty when {@link #resolve} would succeed. */
    public static List<Finding> problems(MappingSpec spec, Map<TableName, TableShape> shapes) {
        MappingResolver resolver = new MappingResolver(spec, shapes);
        resolver.mapping();
        return List.copyOf(resolver.problems);
    }

    private Optional<Mapping> mapping() {
        Column agentId = agentId();
        Mapping.Personas personas = spec.personas() == null ? null : personas(spec.personas());
        List<Mapping.Scoped> tables = new ArrayList<>();
        for (MappingSpec.Scoped table : spec.tables()) {
            scoped(table, agentId).ifPresent(tables::add);
        }
        List<Mapping.Scoped> plain = List.copyOf(tables);
        for (MappingSpec.Vectors vectors : spec.vectors()) {
            new VectorResolver(this, plain).resolve(vectors, agentId).ifPresent(tables::add);
        }
        List<Mapping.Store> stores = new ArrayList<>();
        for (MappingSpec.Store store : spec.stores()) {
            new StoreResolver(this, plain).resolve(store).ifPresent(stores::add);
        }
        duplicates();
        if (tables.isEmpty() || (personas == null && spec.personas() != null)) {
            return Optional.empty();
        }
        ColumnType personaType = personas == null
                ? tables.get(0).persona().type()
                : personas.id().type();
        samePersonaType(tables, personaType);
        Mapping.MemoryRoots roots = spec.memoryRoots() == null ? null : memoryRoots(spec.memoryRoots());
        Mapping.Agents agents = agents(agentId, personaType, roots);
        return problems.isEmpty()
                ? Optional.of(new Mapping(personas, agents, roots, tables, stores))
                : Optional.empty();
    }

    private void duplicates() {
        spec.derived().stream()
                .collect(Collectors.groupingBy(table -> table, Collectors.counting()))
                .forEach((table, times) -> {
                    if (times > 1) {
                        problem("table-mapped-twice", "mapping names " + table + " twice", "remove one of them");
                    }
                });
    }

    private Column agentId() {
        TableShape shape = shapes.get(spec.agents().table());
        if (shape == null) {
            return new Column(spec.agents().id(), ColumnType.UUID);
        }
        return required(shape, spec.agents().id(), "mapping.agents.id")
                .map(c -> new Column(c.name(), c.type()))
                .orElse(new Column(spec.agents().id(), ColumnType.UUID));
    }

    private Mapping.@Nullable Personas personas(MappingSpec.Personas names) {
        TableShape shape = existing(names.table(), "mapping.personas.table");
        if (shape == null) {
            return null;
        }
        Optional<ColumnShape> id = required(shape, names.id(), "mapping.personas.id");
        if (names.name() != null) {
            required(shape, names.name(), "mapping.personas.name");
        }
        List<Column> key = primaryKey(shape);
        id.ifPresent(c -> keyType(shape, c, "mapping.personas.id"));
        return id.map(c -> new Mapping.Personas(shape.name(), key, new Column(c.name(), c.type()), names.name()))
                .orElse(null);
    }

    private Mapping.Agents agents(Column agentId, ColumnType personaType, Mapping.@Nullable MemoryRoots roots) {
        MappingSpec.Agents names = spec.agents();
        ColumnType rootType = roots == null ? ColumnType.UUID : roots.id().type();
        TableShape shape = shapes.get(names.table());
        if (shape == null) {
            return new Mapping.Agents(
                    names.table(),
                    List.of(agentId),
                    agentId,
                    false,
                    new Column(names.persona(), personaType),
                    names.name(),
                    false,
                    names.active(),
                    new Column(names.memoryRoot(), rootType),
                    rootType != ColumnType.UUID);
        }
        return adopted(shape, agentId, personaType, rootType);
    }

    private Mapping.Agents adopted(TableShape shape, Column agentId, ColumnType personaType, ColumnType rootType) {
        MappingSpec.Agents names = spec.agents();
        keyType(shape, shape.column(agentId.name()).orElse(null), "mapping.agents.id");
        Optional<ColumnShape> persona = shape.column(names.persona());
        persona.ifPresent(c -> {
            if (c.type() != personaType) {
                wrongType(shape, c, "mapping.agents.persona", "the persona's type, " + personaType.sqlName());
            }
        });
        Optional<ColumnShape> name = shape.column(names.name());
        Optional<ColumnShape> root = shape.column(names.memoryRoot());
        ColumnType actualRoot = root.map(ColumnShape::type).orElse(rootType);
        return new Mapping.Agents(
                shape.name(),
                primaryKey(shape),
                agentId,
                agentId.type() != ColumnType.UUID,
                new Column(names.persona(), personaType),
                names.name(),
                name.map(ColumnShape::notNull).orElse(false),
                names.active(),
                new Column(names.memoryRoot(), actualRoot),
                actualRoot != ColumnType.UUID);
    }

    private Mapping.@Nullable MemoryRoots memoryRoots(MappingSpec.MemoryRoots names) {
        TableShape shape = existing(names.table(), "mapping.memoryRoots.table");
        if (shape == null) {
            return null;
        }
        return required(shape, names.id(), "mapping.memoryRoots.id")
                .map(c -> new Mapping.MemoryRoots(shape.name(), new Column(c.name(), c.type())))
                .orElse(null);
    }

    private Optional<Mapping.Scoped> scoped(MappingSpec.Scoped names, Column agentId) {
        return scoped(names, agentId, "mapping.tables", null);
    }

    /** @param list the part of the file that names the table */
    Optional<Mapping.Scoped> scoped(
            MappingSpec.Scoped names, Column agentId, String list, Mapping.@Nullable VectorLink link) {
        TableShape shape = existing(names.table(), list);
        if (shape == null) {
            return Optional.empty();
        }
        int before = problems.size();
        String where = list + "[" + names.table() + "]";
        Optional<ColumnShape> persona = required(shape, names.persona(), where + ".persona");
        persona.ifPresent(c -> keyType(shape, c, where + ".persona"));
        List<Column> key = primaryKey(shape);
        shape.column(names.agent()).ifPresent(c -> {
            if (c.type() != agentId.type()) {
                wrongType(
                        shape,
                        c,
                        where + ".agent",
                        "the agent id's type, " + agentId.type().sqlName());
            }
        });
        Column conversation = optional(shape, names.conversation(), where + ".conversation");
        Column content = optional(shape, names.content(), where + ".content");
        Column hash = hash(shape, names, where);
        if (content != null && content.type() != ColumnType.TEXT) {
            problem(
                    "column-type",
                    where + ".content: " + names.table() + "." + content.name() + " is not text",
                    "hash a text or varchar column");
        }
        if (problems.size() > before || persona.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Mapping.Scoped(
                names.table(),
                key,
                new Column(names.persona(), persona.get().type()),
                new Column(names.agent(), agentId.type()),
                conversation,
                content,
                hash,
                names.nullPersona(),
                shape.leaves(),
                link));
    }

    private @Nullable Column hash(TableShape shape, MappingSpec.Scoped names, String where) {
        if (names.contentHash() == null || names.content() == null) {
            if (names.contentHash() != null || names.content() != null) {
                problem(
                        "hash-needs-content",
                        where + ": content and contentHash go together",
                        "name both columns or neither");
            }
            return null;
        }
        Optional<ColumnShape> existing = shape.column(names.contentHash());
        ColumnType type = existing.map(ColumnShape::type).orElse(ColumnType.TEXT);
        if (type != ColumnType.TEXT && type != ColumnType.BYTEA) {
            wrongType(shape, existing.orElseThrow(), where + ".contentHash", "text or bytea");
        }
        return new Column(names.contentHash(), type);
    }

    private void samePersonaType(List<Mapping.Scoped> tables, ColumnType personaType) {
        for (Mapping.Scoped table : tables) {
            if (table.persona().type() != personaType) {
                problem(
                        "column-type",
                        "mapping.tables[" + table.table() + "].persona: "
                                + table.persona().name() + " is "
                                + table.persona().type().sqlName() + ", personas are " + personaType.sqlName(),
                        "map a column of the persona id's type");
            }
        }
    }

    @Nullable
    TableShape existing(TableName table, String where) {
        TableShape shape = shapes.get(table);
        if (shape == null) {
            problem(
                    "table-missing",
                    where + ": there is no table " + table,
                    "write the name exactly as the catalog has it, with schema. in front when it is not in database.schema");
        }
        return shape;
    }

    Optional<ColumnShape> required(TableShape shape, String column, String where) {
        Optional<ColumnShape> found = shape.column(column);
        if (found.isEmpty()) {
            String have = shape.columns().stream().map(ColumnShape::name).collect(Collectors.joining(", "));
            problem(
                    "column-missing",
                    where + ": " + shape.name() + " has no column " + column,
                    "it has " + have + "; names are case-sensitive");
        }
        return found;
    }

    private @Nullable Column optional(TableShape shape, @Nullable String column, String where) {
        if (column == null) {
            return null;
        }
        return required(shape, column, where)
                .map(c -> new Column(c.name(), c.type()))
                .orElse(null);
    }

    private List<Column> primaryKey(TableShape shape) {
        if (shape.primaryKey().isEmpty()) {
            problem(
                    "no-primary-key",
                    shape.name() + " has no primary key",
                    "give it one: a row that cannot be named cannot be kept in step");
        }
        List<Column> key = new ArrayList<>();
        for (String name : shape.primaryKey()) {
            ColumnShape column = shape.column(name).orElseThrow();
            keyType(shape, column, "primary key");
            key.add(new Column(column.name(), column.type()));
        }
        return key;
    }

    private void keyType(TableShape shape, @Nullable ColumnShape column, String where) {
        if (column != null && !column.type().isKeyType()) {
            wrongType(shape, column, where, "uuid, int, bigint, text or varchar");
        }
    }

    void wrongType(TableShape shape, ColumnShape column, String where, String wanted) {
        problem(
                "column-type",
                where + ": " + shape.name() + "." + column.name() + " is " + column.typeText(),
                "it has to be " + wanted);
    }

    void problem(String id, String message, String remedy) {
        problems.add(Finding.error(id, message, remedy));
    }
}
