package dev.lockstep.sql;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import java.util.stream.Collectors;

/** The statements that hold agents against personas, without writing. */
public final class AgentDriftSql {

    private final Mapping mapping;
    private final Mapping.Agents agents;

    public AgentDriftSql(Mapping mapping) {
        this.mapping = mapping;
        this.agents = mapping.agents();
    }

    /** Personas without an agent, as text: of the Personas table, or of the rows where there is none. */
    public String personasWithoutAgent(int limit) {
        Mapping.Personas personas = mapping.personas();
        String source = personas != null
                ? select(personas.table(), personas.id().name())
                : mapping.tables().stream()
                        .map(t -> select(t.table(), t.persona().name()))
                        .collect(Collectors.joining(" UNION "));
        return "SELECT p.id::text FROM (" + source + ") p WHERE p.id IS NOT NULL AND NOT EXISTS (SELECT FROM "
                + Sql.quote(agents.table()) + " a WHERE a."
                + Sql.quote(agents.persona().name())
                + " = p.id) LIMIT " + limit;
    }

    /** How many personas have several agents. */
    public String countDuplicates() {
        String persona = "a." + Sql.quote(agents.persona().name());
        return "SELECT count(*) FROM (SELECT FROM " + Sql.quote(agents.table()) + " a WHERE " + persona
                + " IS NOT NULL GROUP BY " + persona + " HAVING count(*) > 1) d";
    }

    /** How many agents of a persona have no memory root. */
    public String countWithoutMemoryRoot() {
        String root = "a." + Sql.quote(agents.memoryRoot().name());
        Mapping.MemoryRoots roots = mapping.memoryRoots();
        String gone = roots == null
                ? ""
                : " OR NOT EXISTS (SELECT FROM " + Sql.quote(roots.table()) + " r WHERE r."
                        + Sql.quote(roots.id().name()) + " = " + root + ")";
        return "SELECT count(*) FROM " + Sql.quote(agents.table()) + " a WHERE a."
                + Sql.quote(agents.persona().name()) + " IS NOT NULL AND (" + root + " IS NULL" + gone + ")";
    }

    private static String select(TableName table, String column) {
        return "SELECT " + Sql.quote(column) + " AS id FROM " + Sql.quote(table);
    }
}
