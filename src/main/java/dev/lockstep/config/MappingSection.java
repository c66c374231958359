package dev.lockstep.config;

import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The {@code mapping} section. Without it the names are those of an EF Core schema of the agent-scope migration. */
final class MappingSection {

    /** What the server cuts longer names down to. */
    private static final int NAME_BYTES = 63;

    private final String schema;

    private MappingSection(String schema) {
        this.schema = schema;
    }

    /** @param schema where tables named without one are */
    static MappingSpec read(Section section, String schema) {
        section.allow("personas", "agents", "memoryRoots", "tables", "vectors");
        MappingSection mapping = new MappingSection(schema);
        return new MappingSpec(
                section.isNull("personas") ? null : mapping.personas(section.section("personas")),
                mapping.agents(section.section("agents")),
                mapping.memoryRoots(section),
                mapping.tables(section),
                mapping.vectors(section),
                new StoreSection(schema)
                        .read(section).stream().map(StoreSection.Store::spec).toList());
    }

    private List<MappingSpec.Vectors> vectors(Section mapping) {
        return mapping.isNull("vectors")
                ? List.of()
                : mapping.sections("vectors")
                        .map(items -> items.stream()
                                .filter(StoreSection::inside)
                                .map(this::store)
                                .toList())
                        .orElse(List.of());
    }

    private MappingSpec.Personas personas(Section section) {
        section.allow("table", "id", "name");
        return new MappingSpec.Personas(
                table(section, "Personas"), identifier(section, "id", "Id"), optional(section, "name", "Name"));
    }

    private MappingSpec.Agents agents(Section section) {
        section.allow("table", "id", "persona", "name", "active", "memoryRoot");
        return new MappingSpec.Agents(
                table(section, "Agents"),
                identifier(section, "id", "Id"),
                identifier(section, "persona", "PersonaId"),
                identifier(section, "name", "Name"),
                identifier(section, "active", "IsActive"),
                identifier(section, "memoryRoot", "MemoryRootId"));
    }

    private MappingSpec.@Nullable MemoryRoots memoryRoots(Section mapping) {
        if (!mapping.has("memoryRoots") || mapping.isNull("memoryRoots")) {
            return null;
        }
        Section section = mapping.section("memoryRoots").allow("table", "id");
        return new MappingSpec.MemoryRoots(table(section, "MemoryRoots"), identifier(section, "id", "Id"));
    }

    private List<MappingSpec.Scoped> tables(Section mapping) {
        List<MappingSpec.Scoped> tables = mapping.sections("tables")
                .map(items -> items.stream().map(this::scoped).toList())
                .orElseGet(this::standardTables);
        if (tables.isEmpty()) {
            throw mapping.placeOf("tables")
                    .wrong("is empty; name a table, or remove the key to take the standard ones");
        }
        return tables;
    }

    private MappingSpec.Scoped scoped(Section section) {
        section.allow("table", "persona", "agent", "conversation", "content", "contentHash", "nullPersona");
        section.required("table", "write the name of a table that carries a persona");
        section.required("persona", "write the name of the column that holds the persona's id");
        section.required("agent", "write the name of the column to be filled");
        if (section.has("content") != section.has("contentHash")) {
            throw section.place().wrong("has one of content and contentHash; write both, or neither");
        }
        return new MappingSpec.Scoped(
                table(section, ""),
                identifier(section, "persona", ""),
                identifier(section, "agent", ""),
                optional(section, "conversation", null),
                optional(section, "content", null),
                optional(section, "contentHash", null),
                section.scalar("nullPersona")
                        .map(choice -> choice.choice(NullPersona.class))
                        .orElse(NullPersona.KEEP));
    }

    private MappingSpec.Vectors store(Section section) {
        section.allow(
                "store",
                "table",
                "persona",
                "message",
                "agent",
                "conversation",
                "source",
                "content",
                "contentHash",
                "of",
                "conversations",
                "onDelete",
                "embedding",
                "newest");
        section.required("table", "write the name of the table that holds the vectors");
        section.required("persona", "write the name of the column that holds the persona's id");
        if (section.has("content") != section.has("contentHash")) {
            throw section.place().wrong("has one of content and contentHash; write both, or neither");
        }
        return new MappingSpec.Vectors(
                table(section, ""),
                identifier(section, "persona", ""),
                optional(section, "message", null),
                identifier(section, "agent", "AgentId"),
                identifier(section, "conversation", "ConversationId"),
                identifier(section, "source", "Source"),
                optional(section, "content", null),
                optional(section, "contentHash", null),
                optionalTable(section, "of"),
                optionalTable(section, "conversations"),
                section.scalar("onDelete")
                        .map(choice -> choice.choice(VectorMeaning.OnDelete.class))
                        .orElse(VectorMeaning.OnDelete.MARK),
                optional(section, "embedding", null),
                optional(section, "newest", null));
    }

    private @Nullable TableName optionalTable(Section section, String key) {
        return section.textOrNull(key, null) == null ? null : table(section, key, "");
    }

    private List<MappingSpec.Scoped> standardTables() {
        return List.of(
                new MappingSpec.Scoped(
                        new TableName(schema, "Conversations"),
                        "PersonaId",
                        "AgentId",
                        null,
                        null,
                        null,
                        NullPersona.KEEP),
                new MappingSpec.Scoped(
                        new TableName(schema, "Messages"),
                        "FromPersonaId",
                        "FromAgentId",
                        "ConversationId",
                        "Content",
                        "ContentHash",
                        NullPersona.KEEP));
    }

    private TableName table(Section section, String otherwise) {
        return table(section, "table", otherwise);
    }

    private TableName table(Section section, String key, String otherwise) {
        String text = section.text(key, otherwise);
        int dot = text.indexOf('.');
        if (dot == 0 || dot == text.length() - 1) {
            throw section.placeOf(key).wrong("has to be TABLE or SCHEMA.TABLE");
        }
        for (String part : text.split("\\.", 2)) {
            named(section.placeOf(key), part);
        }
        return TableName.parse(text, schema);
    }

    private static @Nullable String optional(Section section, String key, @Nullable String otherwise) {
        String name = section.textOrNull(key, otherwise);
        return name == null ? null : named(section.placeOf(key), name);
    }

    /** A catalog name, as the catalog has it. */
    static String identifier(Section section, String key, String otherwise) {
        return named(section.placeOf(key), section.text(key, otherwise));
    }

    private static String named(Place place, String name) {
        if (name.isEmpty()) {
            throw place.wrong("is empty; write the name as the catalog has it");
        }
        if (name.startsWith("\"")) {
            throw place.wrong("is quoted twice; write the name as the catalog has it, without SQL quotes");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > NAME_BYTES) {
            throw place.wrong("is longer than " + NAME_BYTES + " bytes, which no PostgreSQL name is");
        }
        return name;
    }
}
