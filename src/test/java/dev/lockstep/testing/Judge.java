package dev.lockstep.testing;

import java.sql.SQLException;
import java.util.List;

/**
 * Says whether rows are in step, by SQL of its own that shares nothing with the product.
 *
 * @param agents the table of agents, as SQL
 * @param agentId its id column, as SQL
 * @param agentPersona its persona column, as SQL
 * @param tables what is judged
 */
public record Judge(String agents, String agentId, String agentPersona, List<Table> tables) {

    public static final Judge PASCAL = new Judge(
            "\"Agents\"",
            "\"Id\"",
            "\"PersonaId\"",
            List.of(
                    new Table("\"Conversations\"", "\"PersonaId\"", "AgentId", "", ""),
                    new Table(
                            "\"Messages\"",
                            "\"FromPersonaId\"",
                            "FromAgentId",
                            "ContentHash",
                            "encode(sha256(convert_to(\"Content\", 'UTF8')), 'hex')")));

    public static final Judge SNAKE = new Judge(
            "app.agents",
            "agent_id",
            "persona_id",
            List.of(
                    new Table("app.conversations", "persona_id", "agent_id", "", ""),
                    new Table(
                            "app.messages",
                            "from_persona_id",
                            "from_agent_id",
                            "content_hash",
                            "sha256(convert_to(body, 'UTF8'))")));

    /**
     * @param name as SQL
     * @param persona its persona column, as SQL
     * @param agent name of its agent column
     * @param hash name of its hash column; empty when it has none
     * @param hashed what the hash has to be, as SQL
     */
    public record Table(String name, String persona, String agent, String hash, String hashed) {

        public static Table of(String name, String persona, String agent) {
            return new Table(name, persona, agent, "", "");
        }
    }

    /** Of agents as the product makes them, in the public schema. */
    public static Judge of(Table... tables) {
        return new Judge("\"Agents\"", "\"Id\"", "\"PersonaId\"", List.of(tables));
    }

    /** Rows out of step, in all tables. */
    public long outOfStep(TestDatabase database) throws SQLException {
        long rows = 0;
        for (Table table : tables) {
            rows += database.number("SELECT count(*) FROM " + table.name() + " t WHERE " + out(table));
        }
        return rows;
    }

    /** A digest of every row without the derived columns: what lockstep must never change. */
    public String untouched(TestDatabase database) throws SQLException {
        StringBuilder digest = new StringBuilder();
        for (Table table : tables) {
            digest.append(database.text("SELECT count(*) || ':' || coalesce(md5(string_agg(r, ',' ORDER BY r)), '')"
                    + " FROM (SELECT (to_jsonb(t) - '" + table.agent() + "' - '" + table.hash() + "')::text AS r FROM "
                    + table.name() + " t) rows"));
            digest.append(' ');
        }
        return digest.toString();
    }

    private String out(Table table) {
        String agent = "t.\"" + table.agent() + "\"";
        String right = "(SELECT a." + agentId + " FROM " + agents + " a WHERE a." + agentPersona + " = t."
                + table.persona() + ")";
        String wrongAgent = "t." + table.persona() + " IS NOT NULL AND (" + agent + " IS NULL OR " + agent
                + " IS DISTINCT FROM " + right + ")";
        return table.hash().isEmpty()
                ? wrongAgent
                : wrongAgent + " OR t.\"" + table.hash() + "\" IS DISTINCT FROM " + table.hashed();
    }
}
