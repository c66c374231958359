package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.database.Database;
import dev.lockstep.expand.Expander;
import dev.lockstep.expand.Patience;
import dev.lockstep.expand.Sleeper;
import dev.lockstep.model.Direction;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.model.VectorMeaning.Stamp;
import dev.lockstep.testing.TestConfig;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.testing.VectorCase;
import dev.lockstep.testing.VectorRows;
import dev.lockstep.testing.VectorSchema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The SQL for vectors in the database, on a real server, against the table of meanings. */
class VectorSqlTest {

    @ParameterizedTest
    @EnumSource(VectorSchema.class)
    void saysWhatTheTableOfMeaningsSays(VectorSchema schema) throws Exception {
        TestDatabase db = TestPostgres.database();
        db.execute(schema.ddl());
        MappingSpec spec = schema.spec(OnDelete.MARK);
        var config = TestConfig.of(db, spec);
        new Expander(
                        new Database(config.database(), config.name()),
                        config.name(),
                        spec,
                        Patience.DEFAULT,
                        Sleeper.real(),
                        new Random(1))
                .expand();
        try {
            try (Connection connection = db.connect()) {
                for (VectorCase row : VectorCase.ALL) {
                    Mapping mapping = MappingResolver.resolve(
                            schema.spec(row.onDelete()), new CatalogReader().read(connection, spec));
                    check(db, connection, schema, mapping, row);
                }
            }
        } finally {
            db.execute("SELECT pg_drop_replication_slot('" + config.name() + "')");
        }
    }

    private static void check(
            TestDatabase db, Connection connection, VectorSchema schema, Mapping mapping, VectorCase row)
            throws Exception {
        arrange(db, schema, row);
        Mapping.Scoped vectors = mapping.vectors().get(0);
        DriftSql drift = new DriftSql(mapping, vectors, Direction.PERSONA_LEADS);
        boolean right = row.now().equals(row.want());
        long out = 0;
        for (var leaf : vectors.leaves()) {
            out += ranged(connection, drift.outByRange(leaf), 2);
        }
        // the hash is not filled, so the stamp alone is asked: the row is written in any case the first time
        assertThat(out).as(row + ": out of step").isEqualTo(1);
        long written = 0;
        for (var leaf : vectors.leaves()) {
            written += update(connection, new DeriveSql(mapping, vectors, Direction.PERSONA_LEADS).updateByRange(leaf));
        }
        assertThat(written).as(row + ": written").isEqualTo(1);
        assertThat(stamp(db, schema)).as(row + (right ? ", as it was" : "")).isEqualTo(symbols(schema, row.want()));
        for (var leaf : vectors.leaves()) {
            assertThat(ranged(connection, drift.outByRange(leaf), 2))
                    .as(row + ": out of step then")
                    .isZero();
            assertThat(update(connection, new DeriveSql(mapping, vectors, Direction.PERSONA_LEADS).updateByRange(leaf)))
                    .as(row + ": written again")
                    .isZero();
        }
    }

    private static void arrange(TestDatabase db, VectorSchema schema, VectorCase row) throws Exception {
        StringBuilder sql = new StringBuilder("DELETE FROM " + schema.table() + "; ");
        List<String> v = schema.legacy();
        List<String> d = schema.derived();
        sql.append("INSERT INTO ")
                .append(schema.table())
                .append(" (")
                .append(String.join(", ", v))
                .append(", ")
                .append(String.join(", ", d.subList(0, 3)))
                .append(") VALUES (")
                .append(String.join(
                        ", ",
                        schema.sql("v1"),
                        schema.sql(row.persona()),
                        schema.sql(row.names()),
                        "'the same'",
                        schema.sql(row.now().agent()),
                        schema.sql(row.now().conversation()),
                        row.now().source() == null ? "NULL" : "'" + row.now().source() + "'"))
                .append("); ");
        db.execute(VectorRows.of(schema, row) + sql);
    }

    private static List<String> stamp(TestDatabase db, VectorSchema schema) throws Exception {
        return db.rows("SELECT " + String.join(", ", schema.derived().subList(0, 3)) + " FROM " + schema.table())
                .get(0);
    }

    private static List<String> symbols(VectorSchema schema, Stamp stamp) {
        return Arrays.asList(
                stamp.agent() == null ? null : schema.id(stamp.agent()),
                stamp.conversation() == null ? null : schema.id(stamp.conversation()),
                Objects.requireNonNullElse(stamp.source(), "NULL").equals("NULL") ? null : stamp.source());
    }

    private static long ranged(Connection connection, String sql, int column) throws Exception {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, "(0,0)");
            statement.setString(2, "(100000,0)");
            try (var row = statement.executeQuery()) {
                row.next();
                return row.getLong(column);
            }
        }
    }

    private static long update(Connection connection, String sql) throws Exception {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, "(0,0)");
            statement.setString(2, "(100000,0)");
            return statement.executeUpdate();
        }
    }
}
