package dev.lockstep.expand;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.sql.Sql;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.TestDatabase;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ExpanderTest {

    @ParameterizedTest
    @EnumSource
    void a_legacy_database_gets_all_that_run_needs(LegacySchema legacy) throws Exception {
        try (Expansion expansion = Expansion.of(legacy.ddl(), legacy.spec())) {

            List<String> done = expansion.expander().expand();

            assertThat(done).isNotEmpty();
            TestDatabase database = expansion.database();
            String name = expansion.name();
            assertThat(database.number("SELECT count(*) FROM pg_publication WHERE pubname = '" + name + "'"))
                    .isOne();
            assertThat(
                            database.number(
                                    "SELECT count(*) FROM " + name + ".position p JOIN pg_replication_slots s"
                                            + " ON s.slot_name = '" + name + "' AND s.confirmed_flush_lsn = p.lsn"
                                            + " WHERE p.system_id = (SELECT system_identifier FROM pg_control_system()) AND p.timeline = 1"))
                    .isOne();
            assertThat(database.number("SELECT count(*) FROM " + name + ".scan WHERE gap_id = 0 AND end_block IS NULL"))
                    .isEqualTo(2);
            assertThat(database.number("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated"))
                    .isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_second_run_plans_nothing_and_waits_for_nobody(LegacySchema legacy) throws Exception {
        try (Expansion expansion = Expansion.of(legacy.ddl(), legacy.spec())) {
            expansion.expander().expand();
            String catalog =
                    "SELECT c.oid, c.xmin, c.relfilenode FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                            + " WHERE n.nspname IN ('public', 'app') ORDER BY 1";
            List<List<String>> before = expansion.database().rows(catalog);

            try (var reader = expansion.database().connect();
                    var statement = reader.createStatement()) {
                reader.setAutoCommit(false);
                for (var table : legacy.spec().tables()) {
                    statement.execute("LOCK TABLE " + Sql.quote(table.table()) + " IN ROW EXCLUSIVE MODE");
                }
                assertThat(expansion.expander().plan()).isEmpty();
                assertThat(expansion.expander().expand()).isEmpty();
            }

            assertThat(expansion.database().rows(catalog)).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @EnumSource
    void after_the_backfill_indexes_are_valid_and_foreign_keys_validated(LegacySchema legacy) throws Exception {
        try (Expansion expansion = Expansion.of(legacy.ddl(), legacy.spec())) {
            expansion.expander().expand();

            assertThat(expansion.postBackfill().finish()).hasSize(5);
            assertThat(expansion.postBackfill().finish()).isEmpty();

            assertThat(expansion.database().number("SELECT count(*) FROM pg_constraint WHERE NOT convalidated"))
                    .isZero();
            assertThat(expansion
                            .database()
                            .number("SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
                                    + " WHERE i.indisvalid AND c.relname ILIKE 'ix\\_%'"))
                    .isEqualTo(3);
            assertThat(expansion.expander().plan()).isEmpty();
        }
    }
}
