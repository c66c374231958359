package dev.lockstep.config;

import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.PointFields;
import dev.lockstep.model.TableName;
import dev.lockstep.model.VectorMeaning;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The items of {@code mapping.vectors} that are outside the database. */
final class StoreSection {

    /** How many stores have a seat at the fence. */
    private static final int MOST = 7;

    private static final String[] FIELDS = {
        "store", "name", "url", "link", "persona", "agent", "conversation", "source", "contentHash", "lsn", "onDelete"
    };

    private final String schema;

    StoreSection(String schema) {
        this.schema = schema;
    }

    /** Both halves of each store: what it means, and how it is reached. */
    record Store(MappingSpec.Store spec, StoreConfig access) {}

    /** Whether the item is a table of the database itself. */
    static boolean inside(Section item) {
        return "postgres".equals(kind(item)) && !item.has("url");
    }

    List<Store> read(Section mapping) {
        List<Section> outside = mapping.isNull("vectors")
                ? List.of()
                : mapping.sections("vectors").orElse(List.of()).stream()
                        .filter(item -> !inside(item))
                        .toList();
        List<Store> stores = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Section item : outside) {
            Store store = store(item);
            if (!names.add(store.spec().name())) {
                throw item.placeOf("name")
                        .wrong("has to differ from that of the other stores; write a name of its own");
            }
            if (names.size() > MOST) {
                throw item.place().wrong("is one too many: at most " + MOST + " stores can be outside the database");
            }
            stores.add(store);
        }
        return stores;
    }

    private Store store(Section item) {
        StoreConfig access = switch (kind(item)) {
            case "chroma" -> chroma(item);
            case "qdrant" -> qdrant(item);
            default -> postgres(item);
        };
        Section link = link(item);
        MappingSpec.Link by = link.scalar("by")
                .map(choice -> choice.choice(MappingSpec.Link.class))
                .orElse(MappingSpec.Link.ID);
        PointFields fields = fields(item, link, by);
        MappingSpec.Store spec = new MappingSpec.Store(
                access.name(),
                by,
                fields,
                table(link, "of"),
                table(link, "conversations"),
                item.scalar("onDelete")
                        .map(choice -> choice.choice(VectorMeaning.OnDelete.class))
                        .orElse(VectorMeaning.OnDelete.MARK));
        return new Store(spec, access);
    }

    private static Section link(Section item) {
        if (!item.has("link") || item.isNull("link")) {
            throw item.placeOf("link")
                    .wrong("is missing; write {by: id}, {by: payload, field: MessageId} or {by: hash}");
        }
        return item.section("link").allow("by", "field", "of", "conversations");
    }

    private static PointFields fields(Section item, Section link, MappingSpec.Link by) {
        String message = link.textOrNull("field", null);
        String hash = item.textOrNull("contentHash", null);
        switch (by) {
            case ID -> {
                if (message != null || hash != null) {
                    throw (message != null ? link.placeOf("field") : item.placeOf("contentHash"))
                            .wrong("has no use with {by: id}; remove it");
                }
            }
            case PAYLOAD -> {
                if (message == null) {
                    throw link.placeOf("field").wrong("is missing; name the field that holds the message's id");
                }
            }
            case HASH -> {
                if (message != null) {
                    throw link.placeOf("field").wrong("has no use with {by: hash}; remove it, or write {by: payload}");
                }
                if (hash == null) {
                    throw item.placeOf("contentHash")
                            .wrong("is missing; name the field that holds the content's SHA-256 in lower-case hex");
                }
            }
        }
        PointFields fields = new PointFields(
                message,
                field(item, "persona", "PersonaId"),
                field(item, "agent", "AgentId"),
                field(item, "conversation", "ConversationId"),
                field(item, "source", "Source"),
                hash,
                field(item, "lsn", "LockstepLsn"));
        if (new HashSet<>(fields.names()).size() < fields.names().size()) {
            throw item.place().wrong("names one field twice; each needs a field of its own");
        }
        return fields;
    }

    private static String field(Section item, String key, String otherwise) {
        String name = item.text(key, otherwise);
        if (name.isEmpty()) {
            throw item.placeOf(key).wrong("is empty; write the field's name");
        }
        return name;
    }

    private static StoreConfig chroma(Section item) {
        allow(item, "tenant", "database", "collection", "token");
        String collection = item.required("collection", "write the collection's name");
        return new StoreConfig.Chroma(
                item.text("name", collection),
                url(item, "http://127.0.0.1:8000"),
                item.text("tenant", "default_tenant"),
                item.text("database", "default_database"),
                collection,
                item.text("token", ""));
    }

    private static StoreConfig qdrant(Section item) {
        allow(item, "collection", "apiKey");
        String collection = item.required("collection", "write the collection's name");
        return new StoreConfig.Qdrant(
                item.text("name", collection), url(item, "http://127.0.0.1:6334"), collection, item.text("apiKey", ""));
    }

    private StoreConfig postgres(Section item) {
        allow(item, "table", "user", "password");
        String url = item.required("url", "write jdbc:postgresql://HOST:5432/DATABASE");
        if (!ConfigSections.URL.matcher(url).matches()) {
            throw item.placeOf("url").wrong("has to look like jdbc:postgresql://HOST:5432/DATABASE");
        }
        TableName table = TableName.parse(item.required("table", "write the name of the table"), "public");
        return new StoreConfig.Postgres(
                item.text("name", table.name()),
                url,
                item.required("user", "write the role to connect as"),
                item.text("password", ""),
                table);
    }

    private static void allow(Section item, String... more) {
        item.allow(Stream.concat(Arrays.stream(FIELDS), Arrays.stream(more)).toArray(String[]::new));
    }

    private static URI url(Section item, String example) {
        Place place = item.placeOf("url");
        try {
            URI url = URI.create(item.required("url", "write " + example));
            String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
            if (url.getHost() != null
                    && url.getUserInfo() == null
                    && Set.of("http", "https").contains(scheme)) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            throw place.wrong("has to look like " + example);
        }
        throw place.wrong("has to look like " + example + ", without a user or password");
    }

    private static String kind(Section item) {
        String kind = item.required("store", "write postgres, chroma or qdrant");
        if (!Set.of("postgres", "chroma", "qdrant").contains(kind)) {
            throw item.placeOf("store").wrong("has to be postgres, chroma or qdrant");
        }
        return kind;
    }

    private @Nullable TableName table(Section section, String key) {
        String text = section.textOrNull(key, null);
        return text == null ? null : TableName.parse(text, schema);
    }
}
