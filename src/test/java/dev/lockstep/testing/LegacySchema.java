package dev.lockstep.testing;

import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.TableName;
import java.util.List;

/**
 * The two legacy applications every feature is tried on: quoted PascalCase with uuid keys, and snake_case with integer
 * keys in a schema of its own.
 */
@SuppressWarnings("ImmutableEnumChecker") // MappingSpec is immutable; it only lacks the annotation
public enum LegacySchema {
    PASCAL(
            """
            CREATE TABLE "Personas" ("Id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "Name" text);
            CREATE TABLE "Conversations" ("Id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "PersonaId" uuid, "Title" text);
            CREATE TABLE "Messages" ("Id" uuid PRIMARY KEY DEFAULT gen_random_uuid(),
              "ConversationId" uuid, "FromPersonaId" uuid, "Content" text, "UpdatedAt" timestamptz NOT NULL DEFAULT now());
            """,
            """
            mapping: {}
            """,
            new MappingSpec(
                    new MappingSpec.Personas(new TableName("public", "Personas"), "Id", "Name"),
                    new MappingSpec.Agents(
                            new TableName("public", "Agents"), "Id", "PersonaId", "Name", "IsActive", "MemoryRootId"),
                    null,
                    List.of(
                            new MappingSpec.Scoped(
                                    new TableName("public", "Conversations"),
                                    "PersonaId",
                                    "AgentId",
                                    null,
                                    null,
                                    null,
                                    NullPersona.KEEP),
                            new MappingSpec.Scoped(
                                    new TableName("public", "Messages"),
                                    "FromPersonaId",
                                    "FromAgentId",
                                    "ConversationId",
                                    "Content",
                                    "ContentHash",
                                    NullPersona.KEEP)))),
    SNAKE(
            """
            CREATE SCHEMA app;
            CREATE TABLE app.personas (persona_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, display_name varchar(80));
            CREATE TABLE app.agents (agent_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, persona_id int UNIQUE,
              name text NOT NULL DEFAULT '', is_active boolean NOT NULL DEFAULT true, memory_root_id uuid NOT NULL);
            CREATE TABLE app.conversations (tenant int, conversation_no int, persona_id int, title text,
              PRIMARY KEY (tenant, conversation_no));
            CREATE TABLE app.messages (message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
              tenant int, conversation_no int, from_persona_id int, body text, content_hash bytea);
            """,
            """
            mapping:
              personas: {table: app.personas, id: persona_id, name: display_name}
              agents: {table: app.agents, id: agent_id, persona: persona_id, name: name, active: is_active, memoryRoot: memory_root_id}
              tables:
                - {table: app.conversations, persona: persona_id, agent: agent_id}
                - {table: app.messages, persona: from_persona_id, agent: from_agent_id, content: body, contentHash: content_hash}
            """,
            new MappingSpec(
                    new MappingSpec.Personas(new TableName("app", "personas"), "persona_id", "display_name"),
                    new MappingSpec.Agents(
                            new TableName("app", "agents"),
                            "agent_id",
                            "persona_id",
                            "name",
                            "is_active",
                            "memory_root_id"),
                    null,
                    List.of(
                            new MappingSpec.Scoped(
                                    new TableName("app", "conversations"),
                                    "persona_id",
                                    "agent_id",
                                    null,
                                    null,
                                    null,
                                    NullPersona.KEEP),
                            new MappingSpec.Scoped(
                                    new TableName("app", "messages"),
                                    "from_persona_id",
                                    "from_agent_id",
                                    null,
                                    "body",
                                    "content_hash",
                                    NullPersona.KEEP))));

    private final String ddl;
    private final String yaml;
    private final MappingSpec spec;

    LegacySchema(String ddl, String yaml, MappingSpec spec) {
        this.ddl = ddl;
        this.yaml = yaml;
        this.spec = spec;
    }

    /** What the legacy application has before lockstep comes. */
    public String ddl() {
        return ddl;
    }

    /** The {@code mapping:} part of a configuration file, top-level. */
    public String yaml() {
        return yaml;
    }

    public MappingSpec spec() {
        return spec;
    }
}
