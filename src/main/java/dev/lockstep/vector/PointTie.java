package dev.lockstep.vector;

import dev.lockstep.model.KeyText;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.PointFields;
import dev.lockstep.model.VectorMeaning.Stamp;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a point itself says of where it belongs. Pure.
 *
 * @param named whether it names a message
 * @param message that message's key; null also when no message could have such a key
 * @param persona its persona's key
 * @param hash of its content; null where that does not tie it
 * @param now what it carries
 */
record PointTie(
        boolean named,
        @Nullable String message,
        @Nullable String persona,
        @Nullable String hash,
        Stamp now) {

    static PointTie of(Mapping.Store store, Point point) {
        PointFields fields = store.fields();
        String name = switch (store.link()) {
            case ID -> point.id();
            case PAYLOAD -> text(point, fields.message());
            case HASH -> null;
        };
        return new PointTie(
                name != null,
                name == null
                        ? null
                        : KeyText.of(store.messageKey().type(), name).orElse(null),
                Optional.ofNullable(text(point, fields.persona()))
                        .flatMap(p -> KeyText.of(store.messages().persona().type(), p))
                        .orElse(null),
                name != null || store.link() == MappingSpec.Link.ID
                        ? null
                        : Optional.ofNullable(text(point, fields.contentHash()))
                                .flatMap(KeyText::hash)
                                .orElse(null),
                new Stamp(
                        text(point, fields.agent()), text(point, fields.conversation()), point.text(fields.source())));
    }

    /** An empty text names nothing: not every store has nulls. */
    private static @Nullable String text(Point point, @Nullable String field) {
        String text = field == null ? null : point.text(field);
        return text == null || text.isEmpty() ? null : text;
    }
}
