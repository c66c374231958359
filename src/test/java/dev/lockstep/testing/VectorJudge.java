package dev.lockstep.testing;

import java.sql.SQLException;
import java.util.List;

/** Says whether vectors are in step, by a plain join that shares nothing with the product. */
public final class VectorJudge {

    private VectorJudge() {}

    /** Vectors that do not carry what they have to. */
    public static long outOfStep(TestDatabase db, VectorSchema schema) throws SQLException {
        return db.number("SELECT count(*) FROM (" + judged(schema) + ") j WHERE NOT coalesce(ok, false)");
    }

    /** Some of them, for the message of a failed test. */
    public static List<List<String>> examples(TestDatabase db, VectorSchema schema) throws SQLException {
        return db.rows("SELECT * FROM (" + judged(schema) + ") j WHERE NOT coalesce(ok, false) LIMIT 5");
    }

    private static String judged(VectorSchema schema) {
        List<String> v = schema.legacy();
        List<String> d = schema.derived();
        List<String> m = schema.messages();
        List<String> c = schema.conversations();
        List<String> a = schema.agents();
        return """
                SELECT v_id, names, agent, conversation, source, m_id, m_conv, hash_ok,
                  hash_ok AND CASE
                    WHEN m_id IS NOT NULL AND m_conv IS NOT NULL THEN
                      agent IS NOT DISTINCT FROM coalesce(m_agent, c_agent, p_agent, agent) AND conversation = m_conv
                      AND CASE WHEN c_id IS NULL THEN source = 'orphan' ELSE coalesce(source, '') NOT IN ('legacy', 'orphan') END
                    WHEN m_id IS NOT NULL THEN
                      agent IS NOT DISTINCT FROM coalesce(m_agent, p_agent, agent) AND conversation IS NULL AND source = 'legacy'
                    WHEN names IS NOT NULL THEN
                      source = 'orphan' OR
                      agent IS NOT DISTINCT FROM coalesce(p_agent, agent) AND conversation IS NULL AND source = 'legacy'
                    WHEN h_count = 1 THEN
                      agent = p_agent AND conversation = h_conv AND coalesce(source, '') NOT IN ('legacy', 'orphan')
                    ELSE agent IS NOT DISTINCT FROM coalesce(p_agent, agent) AND conversation IS NULL AND source = 'legacy'
                  END AS ok
                FROM (SELECT v.%1$s AS v_id, v.%3$s AS names, v.%5$s AS agent, v.%6$s AS conversation, v.%7$s AS source,
                        m.%10$s AS m_id, m.%13$s AS m_conv, c.%16$s AS c_id,
                        v.%8$s IS NOT DISTINCT FROM encode(sha256(convert_to(v.%4$s, 'UTF8')), 'hex') AS hash_ok,
                        CASE WHEN m.%11$s IS NULL THEN m.%12$s ELSE (SELECT x.%20$s FROM %19$s x WHERE x.%21$s = m.%11$s) END AS m_agent,
                        CASE WHEN c.%17$s IS NULL THEN c.%18$s ELSE (SELECT x.%20$s FROM %19$s x WHERE x.%21$s = c.%17$s) END AS c_agent,
                        (SELECT x.%20$s FROM %19$s x WHERE x.%21$s = v.%2$s) AS p_agent,
                        (SELECT count(DISTINCT h.%13$s) FROM %9$s h WHERE h.%11$s = v.%2$s AND h.%14$s = v.%4$s) AS h_count,
                        (SELECT h.%13$s FROM %9$s h WHERE h.%11$s = v.%2$s AND h.%14$s = v.%4$s AND h.%13$s IS NOT NULL LIMIT 1) AS h_conv
                      FROM %22$s v LEFT JOIN %9$s m ON m.%10$s = v.%3$s LEFT JOIN %15$s c ON c.%16$s = m.%13$s) k\
                """.formatted(
                        v.get(0),
                        v.get(1),
                        v.get(2),
                        v.get(3),
                        d.get(0),
                        d.get(1),
                        d.get(2),
                        d.get(3),
                        m.get(0),
                        m.get(1),
                        m.get(2),
                        m.get(3),
                        m.get(4),
                        m.get(5),
                        c.get(0),
                        c.get(1),
                        c.get(2),
                        c.get(3),
                        a.get(0),
                        a.get(1),
                        a.get(2),
                        schema.table());
    }
}
