package dev.lockstep.expand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.catalog.PublicationReader;
import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.database.Database;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.sql.PublicationSpec;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Expand on a database where somebody altered or removed what an earlier expand made. */
class ExpandRepairTest {

    private static final MappingSpec SPEC = LegacySchema.PASCAL.spec();

    private Expansion expansion;
    private TestDatabase database;
    private String name;

    @BeforeEach
    void expandedDatabase() throws SQLException {
        expansion = Expansion.of(LegacySchema.PASCAL.ddl(), SPEC);
        expansion.expander().expand();
        database = expansion.database();
        name = expansion.name();
    }

    @AfterEach
    void drop() throws SQLException {
        expansion.close();
    }

    @Test
    void a_table_taken_out_of_the_publication_makes_a_new_slot_ahead_of_the_position() throws Exception {
        database.execute("ALTER PUBLICATION " + name + " DROP TABLE \"Messages\"");
        assertThat(differences()).containsExactly("it does not publish public.Messages");

        assertThat(expansion.expander().expand())
                .containsExactly(
                        "Drop slot " + name + ", whose publication left out changes",
                        "Alter publication " + name + ": it does not publish public.Messages",
                        "Create replication slot " + name);

        assertThat(differences()).isEmpty();
        assertThat(slotIsAhead()).isTrue();
        assertThat(expansion.expander().expand()).isEmpty();
    }

    @Test
    void a_dropped_publication_is_made_before_a_new_slot() throws Exception {
        database.execute("DROP PUBLICATION " + name);

        assertThat(expansion.expander().expand())
                .containsExactly(
                        "Drop slot " + name + ", whose publication left out changes",
                        "Create publication " + name,
                        "Create replication slot " + name);
        assertThat(slotIsAhead()).isTrue();
    }

    @Test
    void a_dropped_slot_is_made_anew_and_the_position_stays() throws Exception {
        String position = database.text("SELECT lsn FROM " + name + ".position");
        database.execute("SELECT pg_drop_replication_slot('" + name + "')");

        assertThat(expansion.expander().expand()).containsExactly("Create replication slot " + name);

        assertThat(database.text("SELECT lsn FROM " + name + ".position")).isEqualTo(position);
        assertThat(slotIsAhead()).isTrue();
    }

    @Test
    void what_was_published_too_much_is_taken_out_and_the_slot_stays() throws Exception {
        database.execute(
                "CREATE TABLE \"Orders\" (id int PRIMARY KEY); ALTER PUBLICATION " + name + " ADD TABLE \"Orders\"");

        assertThat(expansion.expander().expand())
                .containsExactly("Alter publication " + name + ": it publishes public.Orders, which is not mapped");
        assertThat(differences()).isEmpty();
        assertThat(slotIsAhead()).isFalse();
    }

    @Test
    void a_table_mapped_later_joins_the_publication_without_a_new_slot() throws Exception {
        MappingSpec fewer = new MappingSpec(
                SPEC.personas(), SPEC.agents(), null, SPEC.tables().subList(0, 1));
        try (Expansion first = Expansion.of(LegacySchema.PASCAL.ddl(), fewer)) {
            first.expander().expand();
            Expansion second = new Expansion(first.database(), first.name(), SPEC);

            List<String> done = second.expander().expand();

            assertThat(done)
                    .contains(
                            "Alter publication " + first.name() + ": it does not publish public.Messages",
                            "Plan the backfill of 1 table")
                    .doesNotContain("Create replication slot " + first.name());
            assertThat(second.expander().plan()).isEmpty();
        }
    }

    @Test
    void a_slot_of_another_plugin_is_left_alone() throws Exception {
        database.execute("SELECT pg_drop_replication_slot('" + name + "')");
        database.execute("SELECT pg_create_physical_replication_slot('" + name + "')");

        assertThatThrownBy(() -> expansion.expander().expand())
                .isInstanceOf(LockstepException.class)
                .hasMessageContaining("belongs to another database or another plugin");
    }

    @Test
    void a_missing_permission_names_the_grant() throws Exception {
        TestDatabase other = expansion.database();
        String role = "role_" + other.text("SELECT current_database()");
        other.execute(
                "CREATE ROLE " + role + " LOGIN PASSWORD 'secret'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO "
                        + role + "; DROP SCHEMA " + name + " CASCADE");
        DatabaseConfig config = new DatabaseConfig(other.config().url(), role, "secret", "public");
        Expander expander =
                new Expander(new Database(config, name), name, SPEC, Expansion.PATIENCE, time -> {}, new Random(1));

        assertThatThrownBy(expander::expand)
                .isInstanceOf(LockstepException.class)
                .hasMessageContaining("permission missing; it needs GRANT CREATE ON DATABASE")
                .hasMessageNotContaining("secret")
                .extracting(e -> ((LockstepException) e).kind())
                .isEqualTo(LockstepException.Kind.NOT_DONE);
    }

    private List<String> differences() throws SQLException {
        try (Connection connection = database.connect()) {
            var shapes = new CatalogReader().readWithLeaves(connection, SPEC);
            int major = connection.getMetaData().getDatabaseMajorVersion();
            PublicationSpec spec = PublicationSpec.of(name, MappingResolver.resolve(SPEC, shapes), shapes, major);
            return spec.differenceFrom(
                    new PublicationReader().read(connection, name).orElseThrow());
        }
    }

    /** What the guard of {@code run} takes for a gap. */
    private boolean slotIsAhead() throws SQLException {
        return "t"
                .equals(database.text("SELECT s.confirmed_flush_lsn > p.lsn FROM pg_replication_slots s, " + name
                        + ".position p WHERE s.slot_name = '" + name + "'"));
    }
}
