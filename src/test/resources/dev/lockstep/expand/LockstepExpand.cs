using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

// Made by `lockstep expand --print --format efcore` for lockstep. It holds what was missing then.
//
// How to use it:
// 1. Add what it creates to your model: the Agent entity and the new nullable properties. Names of keys,
//    foreign keys and indexes are the ones EF Core gives beside PascalCase tables; a unique PersonaId that
//    this migration creates is an alternate key (HasAlternateKey), the foreign keys are
//    OnDelete(DeleteBehavior.SetNull). Leave the schema and the publication of lockstep out of the model.
// 2. Run `dotnet ef migrations add LockstepExpand`. That writes the model snapshot and the designer file.
// 3. Replace the generated Up and Down by these two; keep the namespace of the generated file.
// 4. Do not add the indexes by a migration: `lockstep run` builds them after the backfill, without blocking
//    writers. They are then in the database under the names that the snapshot expects.
// EF Core runs all steps up to the slot in one transaction and so holds their locks together, for a moment;
// `lockstep expand` takes one at a time.
// EF Core commits what it has before a step with suppressTransaction. When the migration stops at such a
// step, run `lockstep expand`, which does only what is left, and record the migration as applied.
public partial class LockstepExpand : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // Install the control schema lockstep
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
CREATE SCHEMA ""lockstep"";");
        // Create table public.Agents
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
CREATE TABLE ""public"".""Agents"" (
  ""Id"" uuid CONSTRAINT ""PK_Agents"" PRIMARY KEY,
  -- No foreign key to the personas: deleting a persona must not start to fail.
  ""PersonaId"" uuid NOT NULL CONSTRAINT ""AK_Agents_PersonaId"" UNIQUE,
  ""Name"" text,
  ""IsActive"" boolean NOT NULL DEFAULT true,
  ""MemoryRootId"" uuid NOT NULL,
  ""ToolProfileId"" uuid,
  ""ModelProfileId"" uuid,
  ""SafetyProfileId"" uuid);");
        // Add AgentId to public.Conversations
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE ""public"".""Conversations""
  ADD COLUMN ""AgentId"" uuid;");
        // Add FromAgentId, ContentHash to public.Messages
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE ""public"".""Messages""
  ADD COLUMN ""FromAgentId"" uuid,
  ADD COLUMN ""ContentHash"" text;");
        // Add the foreign key of public.Conversations.AgentId, not validated yet
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE ""public"".""Conversations""
  ADD CONSTRAINT ""FK_Conversations_Agents_AgentId"" FOREIGN KEY (""AgentId"") REFERENCES ""public"".""Agents"" (""Id"") ON DELETE SET NULL NOT VALID;");
        // Add the foreign key of public.Messages.FromAgentId, not validated yet
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE ""public"".""Messages""
  ADD CONSTRAINT ""FK_Messages_Agents_FromAgentId"" FOREIGN KEY (""FromAgentId"") REFERENCES ""public"".""Agents"" (""Id"") ON DELETE SET NULL NOT VALID;");
        // Create publication lockstep
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
CREATE PUBLICATION ""lockstep"" FOR TABLE
  ""public"".""Personas"" (""Id""),
  ""public"".""Agents"" (""Id"", ""PersonaId""),
  ""public"".""Conversations"" (""Id"", ""PersonaId"", ""AgentId""),
  ""public"".""Messages"" (""Id"", ""FromPersonaId"", ""FromAgentId"", ""ConversationId"")
  WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);");
        // Create replication slot lockstep
        migrationBuilder.Sql(@"SET lock_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"SET statement_timeout = 60000;", suppressTransaction: true);
        migrationBuilder.Sql(@"SELECT pg_create_logical_replication_slot('lockstep', 'pgoutput', false, false, failover => true);", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET lock_timeout;", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET statement_timeout;", suppressTransaction: true);
        // Record where the stream begins
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
INSERT INTO ""lockstep"".position (lsn, system_id, timeline, commit_time)
SELECT confirmed_flush_lsn, (SELECT system_identifier FROM pg_control_system()),
       ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int, now()
  FROM pg_replication_slots WHERE slot_name = 'lockstep'
ON CONFLICT DO NOTHING;");
        // Plan the backfill of 2 tables
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
INSERT INTO ""lockstep"".scan (gap_id, table_schema, table_name, root_schema, root_name) VALUES
  (0, 'public', 'Conversations', 'public', 'Conversations'),
  (0, 'public', 'Messages', 'public', 'Messages')
ON CONFLICT DO NOTHING;");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        // Undo: Create replication slot lockstep
        migrationBuilder.Sql(@"SET lock_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"SET statement_timeout = 60000;", suppressTransaction: true);
        migrationBuilder.Sql(@"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'lockstep';", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET lock_timeout;", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET statement_timeout;", suppressTransaction: true);
        // Undo: Create publication lockstep
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
DROP PUBLICATION IF EXISTS ""lockstep"";");
        // Undo: Add the foreign key of public.Messages.FromAgentId, not validated yet
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE ""public"".""Messages"" DROP CONSTRAINT IF EXISTS ""FK_Messages_Agents_FromAgentId"";");
        // Undo: Add the foreign key of public.Conversations.AgentId, not validated yet
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE ""public"".""Conversations"" DROP CONSTRAINT IF EXISTS ""FK_Conversations_Agents_AgentId"";");
        // Undo: Add FromAgentId, ContentHash to public.Messages
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE ""public"".""Messages""
  DROP COLUMN ""FromAgentId"",
  DROP COLUMN ""ContentHash"";");
        // Undo: Add AgentId to public.Conversations
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE ""public"".""Conversations""
  DROP COLUMN ""AgentId"";");
        // Undo: Create table public.Agents
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
DROP TABLE ""public"".""Agents"";");
        // Undo: Install the control schema lockstep
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
DROP SCHEMA IF EXISTS ""lockstep"" CASCADE;");
    }
}
