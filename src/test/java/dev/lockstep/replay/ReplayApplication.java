package dev.lockstep.replay;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.StopSignal;
import dev.lockstep.state.Fence;
import dev.lockstep.testing.Judge;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;

/** Its rows are messages and conversations from one number to another. */
@SuppressWarnings("ImmutableEnumChecker") // Judge is immutable; it only lacks the annotation
enum ReplayApplication {
    PASCAL(LegacySchema.PASCAL, Judge.PASCAL, "public.Messages", """
            INSERT INTO "Personas" SELECT md5('p' || i)::uuid, 'p' || i FROM generate_series(0, 4) i ON CONFLICT DO NOTHING;
            INSERT INTO "Conversations" ("Id", "PersonaId") SELECT md5('c' || i)::uuid, md5('p' || i %% 5)::uuid
              FROM generate_series(%1$d, %2$d) i;
            INSERT INTO "Messages" ("Id", "FromPersonaId", "Content") SELECT md5('m' || i)::uuid,
              CASE WHEN i %% 7 > 0 THEN md5('p' || i %% 5)::uuid END, 'text ' || i FROM generate_series(%1$d, %2$d) i;
            """, """
            UPDATE "Messages" SET "FromAgentId" = NULL WHERE "Content" IN ('text 3', 'text 51');
            UPDATE "Messages" SET "ContentHash" = 'x' WHERE "Content" IN ('text 4', 'text 52', 'text 53');
            UPDATE "Conversations" SET "AgentId" = (SELECT "Id" FROM "Agents" WHERE "PersonaId" = md5('p0')::uuid)
              WHERE "Id" = md5('c54')::uuid;
            """),
    SNAKE(LegacySchema.SNAKE, Judge.SNAKE, "app.messages", """
            INSERT INTO app.personas (persona_id, display_name) OVERRIDING SYSTEM VALUE
              SELECT i, 'p' || i FROM generate_series(0, 4) i ON CONFLICT DO NOTHING;
            INSERT INTO app.conversations (tenant, conversation_no, persona_id) SELECT 1, i, i %% 5
              FROM generate_series(%1$d, %2$d) i;
            INSERT INTO app.messages (from_persona_id, body) SELECT CASE WHEN i %% 7 > 0 THEN i %% 5 END, 'text ' || i
              FROM generate_series(%1$d, %2$d) i;
            """, """
            UPDATE app.messages SET from_agent_id = NULL WHERE body IN ('text 3', 'text 51');
            UPDATE app.messages SET content_hash = '' WHERE body IN ('text 4', 'text 52', 'text 53');
            UPDATE app.conversations SET agent_id = (SELECT agent_id FROM app.agents WHERE persona_id = 0)
              WHERE conversation_no = 54;
            """);

    private static final int SEAT = 30;

    private final LegacySchema schema;
    private final Judge judge;
    private final String messages;
    private final String rows;
    private final String drift;

    ReplayApplication(LegacySchema schema, Judge judge, String messages, String rows, String drift) {
        this.schema = schema;
        this.judge = judge;
        this.messages = messages;
        this.rows = rows;
        this.drift = drift;
    }

    LegacySchema schema() {
        return schema;
    }

    Judge judge() {
        return judge;
    }

    String messages() {
        return messages;
    }

    /** The statements that insert them. */
    String rows(int from, int to) {
        return rows.formatted(from, to);
    }

    /** Drift, by somebody of ours, so that the stream does not see it: text 3, 4 and 51 to 54. */
    void plant(TestDatabase db, SidecarHarness sidecar) throws Exception {
        try (Connection connection = db.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("SELECT pg_replication_origin_create('" + sidecar.name() + "_99')");
            statement.execute("SELECT pg_replication_origin_session_setup('" + sidecar.name() + "_99')");
            statement.execute(drift);
        }
    }

    /** What changes when anything is written. */
    String versions(TestDatabase db) throws Exception {
        StringBuilder versions = new StringBuilder();
        for (Judge.Table table : judge.tables()) {
            versions.append(db.text("SELECT string_agg(xmin::text, ',' ORDER BY ctid) FROM " + table.name()));
        }
        return versions.toString();
    }

    long outOfStep(ReplayReport report) {
        return report.tables().values().stream()
                .mapToLong(ReplayReport.Table::outOfStep)
                .sum();
    }

    Replay replay(SidecarHarness sidecar) throws Exception {
        return replay(sidecar, new StopSignal());
    }

    Replay replay(SidecarHarness sidecar, StopSignal stop) throws Exception {
        try (Connection connection = sidecar.lockstep().open("test")) {
            Mapping mapping = MappingResolver.resolve(
                    sidecar.config().mapping(),
                    new CatalogReader().read(connection, sidecar.config().mapping()));
            long epoch = new Fence(sidecar.name()).read(connection).epoch();
            return new Replay(sidecar.config(), sidecar.lockstep(), mapping, epoch, SEAT, stop);
        }
    }
}
