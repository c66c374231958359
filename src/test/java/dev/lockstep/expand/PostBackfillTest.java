package dev.lockstep.expand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.model.LockstepException;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PostBackfillTest {

    private Expansion expansion;
    private TestDatabase database;

    @BeforeEach
    void expandedDatabase() throws SQLException {
        expansion = Expansion.of(LegacySchema.PASCAL.ddl(), LegacySchema.PASCAL.spec());
        expansion.expander().expand();
        database = expansion.database();
    }

    @AfterEach
    void drop() throws SQLException {
        expansion.close();
    }

    @Test
    void an_invalid_leftover_of_our_index_is_dropped_and_rebuilt() throws Exception {
        // An interrupted build leaves an index of our name and definition that is not valid.
        database.execute("CREATE INDEX \"IX_Messages_FromAgentId\" ON \"Messages\" (\"FromAgentId\");"
                + " UPDATE pg_index SET indisvalid = false WHERE indexrelid = '\"IX_Messages_FromAgentId\"'::regclass");

        assertThat(expansion.postBackfill().finish())
                .containsSubsequence(
                        "Drop the unfinished index IX_Messages_FromAgentId of public.Messages",
                        "Build index IX_Messages_FromAgentId of public.Messages");

        assertThat(database.number("SELECT count(*) FROM pg_index WHERE NOT indisvalid"))
                .isZero();
        assertThat(expansion.postBackfill().finish()).isEmpty();
    }

    @Test
    void an_index_that_leads_with_the_column_is_enough() throws Exception {
        database.execute("CREATE INDEX mine ON \"Messages\" (\"FromAgentId\", \"UpdatedAt\")");

        assertThat(expansion.postBackfill().finish())
                .doesNotContain("Build index IX_Messages_FromAgentId of public.Messages");
    }

    @Test
    void a_row_that_refers_to_no_agent_stops_the_validation_without_naming_it() throws Exception {
        database.execute("SET session_replication_role = replica; INSERT INTO \"Messages\" (\"FromAgentId\")"
                + " VALUES ('00000000-0000-0000-0000-00000000000a')");

        assertThatThrownBy(() -> expansion.postBackfill().finish())
                .isInstanceOf(LockstepException.class)
                .hasMessageContaining("a row refers to an agent that does not exist")
                .hasMessageNotContaining("0000000a");

        database.execute("DELETE FROM \"Messages\"");
        assertThat(expansion.postBackfill().finish())
                .containsExactly("Validate the foreign key FK_Messages_Agents_FromAgentId of public.Messages");
    }
}
