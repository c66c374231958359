using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

// Made by `lockstep contract --print --format efcore` for lockstep. It holds what was left to do then.
//
// How to use it:
// 1. Take the persona's foreign keys (and, with --drop-columns, the persona properties) out of your model.
// 2. Run `dotnet ef migrations add LockstepContract`. That writes the model snapshot and the designer file.
// 3. Replace the generated Up and Down by these two; keep the namespace of the generated file.
// It asks nothing of the gate: run `lockstep contract --confirm` without --print where it is open, or see to it
// yourself that `lockstep status` names nothing. `lockstep run` ends once the phase is CONTRACTED, and has to
// have ended before the slot can be dropped.
// There is no way back: Down does nothing, and what is dropped is gone.
// EF Core commits what it has before a step with suppressTransaction. When the migration stops at such a
// step, run `lockstep contract`, which does only what is left, and record the migration as applied.
public partial class LockstepContract : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        // Forget an unfinished unique index of public.Agents
        migrationBuilder.Sql(@"SET lock_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"SET statement_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"DROP INDEX CONCURRENTLY IF EXISTS ""public"".""AK_Agents_PersonaId"";", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET lock_timeout;", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET statement_timeout;", suppressTransaction: true);
        // Build a unique index over public.Agents.PersonaId
        migrationBuilder.Sql(@"SET lock_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"SET statement_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"CREATE UNIQUE INDEX CONCURRENTLY ""AK_Agents_PersonaId"" ON ""public"".""Agents"" (""PersonaId"");", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET lock_timeout;", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET statement_timeout;", suppressTransaction: true);
        // End the migration: nothing is kept in step any more, `lockstep run` ends; 1 foreign keys and 1 NOT NULLs of the persona columns go in public.Messages
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
UPDATE ""lockstep"".fence SET phase = 'CONTRACTED' WHERE phase = 'CUTOVER';
DO $$ BEGIN IF EXISTS (SELECT FROM ""lockstep"".fence WHERE phase <> 'CONTRACTED') THEN RAISE EXCEPTION 'the persona columns lead: run lockstep cutover first'; END IF; END $$;
ALTER TABLE ""public"".""Messages"" DROP CONSTRAINT ""FK_old"";
ALTER TABLE ""public"".""Messages"" ALTER COLUMN ""FromPersonaId"" DROP NOT NULL;");
        // Drop slot lockstep, from which nothing may stream any more
        migrationBuilder.Sql(@"SET lock_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"SET statement_timeout = 60000;", suppressTransaction: true);
        migrationBuilder.Sql(@"SELECT pg_drop_replication_slot('lockstep');", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET lock_timeout;", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET statement_timeout;", suppressTransaction: true);
        // Drop slot lockstep_sp_one, from which nothing may stream any more
        migrationBuilder.Sql(@"SET lock_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"SET statement_timeout = 60000;", suppressTransaction: true);
        migrationBuilder.Sql(@"SELECT pg_drop_replication_slot('lockstep_sp_one');", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET lock_timeout;", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET statement_timeout;", suppressTransaction: true);
        // Drop publication lockstep
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
DROP PUBLICATION ""lockstep"";");
        // Drop 2 replication origins
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
SELECT pg_replication_origin_drop('lockstep_0');
SELECT pg_replication_origin_drop('lockstep_1');");
        // Drop index IX_old of public.Messages, which only reads by persona use
        migrationBuilder.Sql(@"SET lock_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"SET statement_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"DROP INDEX CONCURRENTLY IF EXISTS ""public"".""IX_old"";", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET lock_timeout;", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET statement_timeout;", suppressTransaction: true);
        // Drop index IX_of_partitions of public.Messages, which only reads by persona use
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
DROP INDEX ""public"".""IX_of_partitions"";");
        // Drop the persona columns of public.Messages
        migrationBuilder.Sql(@"SET LOCAL lock_timeout = 500;
SET LOCAL statement_timeout = 0;
DO $$ BEGIN IF EXISTS (SELECT FROM ""lockstep"".fence WHERE phase <> 'CONTRACTED') THEN RAISE EXCEPTION 'the persona columns lead: run lockstep cutover first'; END IF; END $$;
ALTER TABLE ""public"".""Messages"" DROP COLUMN ""FromPersonaId"";");
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        // Undo: Build a unique index over public.Agents.PersonaId
        migrationBuilder.Sql(@"SET lock_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"SET statement_timeout = 0;", suppressTransaction: true);
        migrationBuilder.Sql(@"DROP INDEX IF EXISTS ""public"".""AK_Agents_PersonaId"";", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET lock_timeout;", suppressTransaction: true);
        migrationBuilder.Sql(@"RESET statement_timeout;", suppressTransaction: true);
    }
}
