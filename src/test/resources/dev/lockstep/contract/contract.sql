-- lockstep contract of lockstep
-- Holds what was left to do when it was printed. Run it with: psql -v ON_ERROR_STOP=1 -f FILE
-- When it stops half-way, what was done stays: print it again, or run `lockstep contract`.
-- It asks nothing of the gate: `lockstep contract` would refuse while something speaks against it.
-- `lockstep run` has to have ended before its slot is dropped; it does so once the phase is CONTRACTED.

-- 1. Forget an unfinished unique index of public.Agents
SET lock_timeout = 0;
SET statement_timeout = 0;
DROP INDEX CONCURRENTLY IF EXISTS "public"."AK_Agents_PersonaId";
RESET lock_timeout;
RESET statement_timeout;

-- 2. Build a unique index over public.Agents.PersonaId
SET lock_timeout = 0;
SET statement_timeout = 0;
CREATE UNIQUE INDEX CONCURRENTLY "AK_Agents_PersonaId" ON "public"."Agents" ("PersonaId");
RESET lock_timeout;
RESET statement_timeout;

-- 3. End the migration: nothing is kept in step any more, `lockstep run` ends; 1 foreign keys and 1 NOT NULLs of the persona columns go in public.Messages
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
UPDATE "lockstep".fence SET phase = 'CONTRACTED' WHERE phase = 'CUTOVER';
DO $$ BEGIN IF EXISTS (SELECT FROM "lockstep".fence WHERE phase <> 'CONTRACTED') THEN RAISE EXCEPTION 'the persona columns lead: run lockstep cutover first'; END IF; END $$;
ALTER TABLE "public"."Messages" DROP CONSTRAINT "FK_old";
ALTER TABLE "public"."Messages" ALTER COLUMN "FromPersonaId" DROP NOT NULL;
COMMIT;

-- 4. Drop slot lockstep, from which nothing may stream any more
SET lock_timeout = 0;
SET statement_timeout = 60000;
SELECT pg_drop_replication_slot('lockstep');
RESET lock_timeout;
RESET statement_timeout;

-- 5. Drop slot lockstep_sp_one, from which nothing may stream any more
SET lock_timeout = 0;
SET statement_timeout = 60000;
SELECT pg_drop_replication_slot('lockstep_sp_one');
RESET lock_timeout;
RESET statement_timeout;

-- 6. Drop publication lockstep
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
DROP PUBLICATION "lockstep";
COMMIT;

-- 7. Drop 2 replication origins
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
SELECT pg_replication_origin_drop('lockstep_0');
SELECT pg_replication_origin_drop('lockstep_1');
COMMIT;

-- 8. Drop index IX_old of public.Messages, which only reads by persona use
SET lock_timeout = 0;
SET statement_timeout = 0;
DROP INDEX CONCURRENTLY IF EXISTS "public"."IX_old";
RESET lock_timeout;
RESET statement_timeout;

-- 9. Drop index IX_of_partitions of public.Messages, which only reads by persona use
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
DROP INDEX "public"."IX_of_partitions";
COMMIT;

-- 10. Drop the persona columns of public.Messages
BEGIN;
SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
DO $$ BEGIN IF EXISTS (SELECT FROM "lockstep".fence WHERE phase <> 'CONTRACTED') THEN RAISE EXCEPTION 'the persona columns lead: run lockstep cutover first'; END IF; END $$;
ALTER TABLE "public"."Messages" DROP COLUMN "FromPersonaId";
COMMIT;
