package dev.lockstep.sql;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.VectorMeaning;

/** Counts what is worth knowing of vectors that are in step. */
public final class VectorCountSql {

    private final Mapping.Scoped vectors;
    private final Mapping.VectorLink link;

    /** @param vectors a table with a link */
    public VectorCountSql(Mapping.Scoped vectors) {
        if (vectors.link() == null) {
            throw new IllegalArgumentException(vectors.table() + " holds no vectors");
        }
        this.vectors = vectors;
        this.link = vectors.link();
    }

    /** Columns: legacy, orphaned. */
    public String sources() {
        String source = "t." + Sql.quote(link.source().name());
        return "SELECT count(*) FILTER (WHERE " + source + " = " + Sql.literal(VectorMeaning.LEGACY)
                + ") AS legacy, count(*) FILTER (WHERE " + source + " = " + Sql.literal(VectorMeaning.ORPHAN)
                + ") AS orphaned FROM " + Sql.quote(vectors.table()) + " t";
    }

    /**
     * How many vectors say again what another one says: the same agent, conversation and hash. 0 where no hash is mapped.
     */
    public String duplicates() {
        if (vectors.contentHash() == null) {
            return "SELECT 0";
        }
        String agent = "t." + Sql.quote(vectors.agent().name());
        String hash = "t." + Sql.quote(vectors.contentHash().name());
        return "SELECT coalesce(sum(d.n - 1), 0) FROM (SELECT count(*) AS n FROM " + Sql.quote(vectors.table())
                + " t WHERE " + agent + " IS NOT NULL AND " + hash + " IS NOT NULL GROUP BY " + agent + ", t."
                + Sql.quote(link.conversation().name()) + ", " + hash + " HAVING count(*) > 1) d";
    }
}
