-- lockstep expand of lockstep
-- Holds what was missing when it was printed. Run it with: psql -v ON_ERROR_STOP=1 -f FILE
-- When it stops half-way, what was done stays: print it again, or run `lockstep expand`.
-- Indexes and the validation of the foreign keys come after the backfill; `lockstep run` does them.

-- 1. Install the control schema lockstep
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
CREATE SCHEMA "lockstep";
COMMIT;

-- 2. Create table public.Agents
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
CREATE TABLE "public"."Agents" (
  "Id" uuid CONSTRAINT "PK_Agents" PRIMARY KEY,
  -- No foreign key to the personas: deleting a persona must not start to fail.
  "PersonaId" uuid NOT NULL CONSTRAINT "AK_Agents_PersonaId" UNIQUE,
  "Name" text,
  "IsActive" boolean NOT NULL DEFAULT true,
  "MemoryRootId" uuid NOT NULL,
  "ToolProfileId" uuid,
  "ModelProfileId" uuid,
  "SafetyProfileId" uuid);
COMMIT;

-- 3. Add AgentId to public.Conversations
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE "public"."Conversations"
  ADD COLUMN "AgentId" uuid;
COMMIT;

-- 4. Add FromAgentId, ContentHash to public.Messages
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE "public"."Messages"
  ADD COLUMN "FromAgentId" uuid,
  ADD COLUMN "ContentHash" text;
COMMIT;

-- 5. Add the foreign key of public.Conversations.AgentId, not validated yet
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE "public"."Conversations"
  ADD CONSTRAINT "FK_Conversations_Agents_AgentId" FOREIGN KEY ("AgentId") REFERENCES "public"."Agents" ("Id") ON DELETE SET NULL NOT VALID;
COMMIT;

-- 6. Add the foreign key of public.Messages.FromAgentId, not validated yet
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
ALTER TABLE "public"."Messages"
  ADD CONSTRAINT "FK_Messages_Agents_FromAgentId" FOREIGN KEY ("FromAgentId") REFERENCES "public"."Agents" ("Id") ON DELETE SET NULL NOT VALID;
COMMIT;

-- 7. Create publication lockstep
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
CREATE PUBLICATION "lockstep" FOR TABLE
  "public"."Personas" ("Id"),
  "public"."Agents" ("Id", "PersonaId"),
  "public"."Conversations" ("Id", "PersonaId", "AgentId"),
  "public"."Messages" ("Id", "FromPersonaId", "FromAgentId", "ConversationId")
  WITH (publish = 'insert, update, delete, truncate', publish_via_partition_root = true);
COMMIT;

-- 8. Create replication slot lockstep
SET lock_timeout = 0;
SET statement_timeout = 60000;
SELECT pg_create_logical_replication_slot('lockstep', 'pgoutput', false, false, failover => true);
RESET lock_timeout;
RESET statement_timeout;

-- 9. Record where the stream begins
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
INSERT INTO "lockstep".position (lsn, system_id, timeline, commit_time)
SELECT confirmed_flush_lsn, (SELECT system_identifier FROM pg_control_system()),
       ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int, now()
  FROM pg_replication_slots WHERE slot_name = 'lockstep'
ON CONFLICT DO NOTHING;
COMMIT;

-- 10. Plan the backfill of 2 tables
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
INSERT INTO "lockstep".scan (gap_id, table_schema, table_name, root_schema, root_name) VALUES
  (0, 'public', 'Conversations', 'public', 'Conversations'),
  (0, 'public', 'Messages', 'public', 'Messages')
ON CONFLICT DO NOTHING;
COMMIT;
