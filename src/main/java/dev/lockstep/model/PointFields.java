package dev.lockstep.model;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Names of the metadata of a point in a vector store outside the database.
 *
 * @param message names the message; null when the point's id or its hash ties it
 * @param persona read only
 * @param agent written, as are conversation and source
 * @param contentHash read only: lower-case hex, ties points that name no message; null when hashes tie none
 * @param lsn written: the state of the database that the others were derived from, {@link StampedAt#text}
 */
public record PointFields(
        @Nullable String message,
        String persona,
        String agent,
        String conversation,
        String source,
        @Nullable String contentHash,
        String lsn) {

    /** All that have a name. */
    public List<String> names() {
        return Stream.concat(
                        Stream.of(persona, agent, conversation, source, lsn),
                        Stream.of(message, contentHash).filter(n -> n != null))
                .toList();
    }
}
