package dev.lockstep.sql;

import dev.lockstep.model.Column;
import dev.lockstep.model.Mapping;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The statements that find and make agents. Personas travel as text and are cast to their type. */
public final class AgentSql {

    private final Mapping mapping;
    private final Mapping.Agents agents;

    public AgentSql(Mapping mapping) {
        this.mapping = mapping;
        this.agents = mapping.agents();
    }

    /** Columns: persona, agent, as text. Parameter: personas. */
    public String find() {
        return "SELECT a." + q(agents.persona()) + "::text, a." + q(agents.id()) + "::text FROM "
                + Sql.quote(agents.table()) + " a WHERE a." + q(agents.persona()) + " = ANY (?"
                + cast(agents.persona()) + "[])";
    }

    /** Personas without an agent, as text, in batches; empty without a Personas table. Parameter: how many at most. */
    public Optional<String> personasWithoutAgent() {
        Mapping.Personas personas = mapping.personas();
        return personas == null
                ? Optional.empty()
                : Optional.of("SELECT p." + q(personas.id()) + "::text FROM " + Sql.quote(personas.table())
                        + " p WHERE p." + q(personas.id()) + " IS NOT NULL AND NOT EXISTS (SELECT FROM "
                        + Sql.quote(agents.table()) + " a WHERE a." + q(agents.persona()) + " = p." + q(personas.id())
                        + ") AND p." + q(personas.id()) + "::text <> ALL (?::text[]) LIMIT ?");
    }

    /** Makes memory roots by id; empty when there is no table of them, or the server gives their ids. Parameter: ids. */
    public Optional<String> insertRoots() {
        Mapping.MemoryRoots roots = mapping.memoryRoots();
        return roots == null || agents.memoryRootGenerated()
                ? Optional.empty()
                : Optional.of("INSERT INTO " + Sql.quote(roots.table()) + " (" + q(roots.id()) + ") SELECT unnest(?"
                        + cast(roots.id()) + "[]) ON CONFLICT DO NOTHING");
    }

    /**
     * Makes agents; those that are there already are left alone. Parameters: personas, agent ids, memory root ids, as
     * arrays of text; ids that the server gives are ignored.
     */
    public String insert() {
        List<String> columns = new ArrayList<>();
        List<String> values = new ArrayList<>();
        columns.add(q(agents.persona()));
        values.add("k.persona" + cast(agents.persona()));
        if (!agents.idGenerated()) {
            columns.add(q(agents.id()));
            values.add("k.id" + cast(agents.id()));
        }
        if (agents.name() != null) {
            columns.add(Sql.quote(agents.name()));
            values.add(nameValue());
        }
        if (agents.active() != null) {
            columns.add(Sql.quote(agents.active()));
            values.add("true");
        }
        String from = "unnest(?::text[], ?::text[], ?::text[]) AS k(persona, id, root)" + personaJoin();
        if (!agents.memoryRootGenerated()) {
            columns.add(q(agents.memoryRoot()));
            values.add("k.root" + cast(agents.memoryRoot()));
        } else if (mapping.memoryRoots() != null) {
            columns.add(q(agents.memoryRoot()));
            values.add("r.id");
        }
        String insert = "INSERT INTO " + Sql.quote(agents.table()) + " (" + String.join(", ", columns) + ") SELECT "
                + String.join(", ", values) + " FROM " + from;
        return rootGiven() ? withGeneratedRoot(insert) : insert + " ON CONFLICT DO NOTHING";
    }

    /** Whether {@link #insert} takes one persona at a time, because the server gives the memory root's id. */
    public boolean rootGiven() {
        return agents.memoryRootGenerated() && mapping.memoryRoots() != null;
    }

    private String withGeneratedRoot(String insert) {
        Mapping.MemoryRoots roots = mapping.memoryRoots();
        if (roots == null) {
            throw new IllegalStateException("no memory roots");
        }
        return "WITH r AS (INSERT INTO " + Sql.quote(roots.table()) + " DEFAULT VALUES RETURNING " + q(roots.id())
                + " AS id) " + insert + " CROSS JOIN r ON CONFLICT DO NOTHING";
    }

    private String nameValue() {
        Mapping.Personas personas = mapping.personas();
        String name = personas == null || personas.name() == null ? "NULL" : "p." + Sql.quote(personas.name());
        if (agents.nameRequired()) {
            return "coalesce(" + name + ", '')";
        }
        return name;
    }

    private String personaJoin() {
        Mapping.Personas personas = mapping.personas();
        return personas == null
                ? ""
                : " LEFT JOIN " + Sql.quote(personas.table()) + " p ON p." + q(personas.id()) + " = k.persona"
                        + cast(personas.id());
    }

    private static String cast(Column column) {
        return "::" + column.type().sqlName();
    }

    private static String q(Column column) {
        return Sql.quote(column.name());
    }
}
