package dev.lockstep.model;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * Name-based ids (version 5, RFC 9562 section 5.5), so that two runs on two copies make the same agents. The name is the
 * persona's id as the server prints it.
 */
public final class AgentIds {

    /** Version 5 of {@code urn:lockstep:agent} in the URL namespace. */
    private static final UUID AGENTS =
            nameBased(new UUID(0x6ba7b8119dad11d1L, 0x80b400c04fd430c8L), "urn:lockstep:agent");

    /** Version 5 of {@code urn:lockstep:memory-root} in the URL namespace. */
    private static final UUID ROOTS =
            nameBased(new UUID(0x6ba7b8119dad11d1L, 0x80b400c04fd430c8L), "urn:lockstep:memory-root");

    private AgentIds() {}

    public static UUID agent(String personaId) {
        return nameBased(AGENTS, personaId);
    }

    public static UUID memoryRoot(String personaId) {
        return nameBased(ROOTS, personaId);
    }

    static UUID nameBased(UUID namespace, String name) {
        try {
            MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
            sha1.update(ByteBuffer.allocate(16)
                    .putLong(namespace.getMostSignificantBits())
                    .putLong(namespace.getLeastSignificantBits())
                    .flip());
            ByteBuffer digest = ByteBuffer.wrap(sha1.digest(name.getBytes(StandardCharsets.UTF_8)));
            long high = (digest.getLong() & ~0xF000L) | 0x5000L;
            long low = (digest.getLong() & 0x3FFFFFFFFFFFFFFFL) | 0x8000000000000000L;
            return new UUID(high, low);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-1", e);
        }
    }
}
