package dev.lockstep.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Hints are there once, are not lost when they are given again, and are bounded. */
class StoreHintsIT {

    private final TestDatabase db = TestPostgres.database();

    @Test
    void aHintThatIsGivenAgainIsNotForgottenWithTheFirst() throws Exception {
        with((hints, connection) -> {
            hints.add(connection, "s", StoreHints.Kind.MESSAGE, List.of("1", "2"), false);
            List<StoreHints.Hint> read = hints.due(connection, "s", 10);
            hints.add(connection, "s", StoreHints.Kind.MESSAGE, List.of("2"), true);
            hints.done(connection, "s", read);
            assertThat(hints.due(connection, "s", 10))
                    .containsExactly(new StoreHints.Hint(StoreHints.Kind.MESSAGE, "2", true, 1, 0));
        });
    }

    @Test
    void withMoreThanTheBoundNoneIsTakenUntilTheReset() throws Exception {
        with((hints, connection) -> {
            hints.add(connection, "s", StoreHints.Kind.MESSAGE, List.of("1", "2", "3"), false);
            assertThat(hints.overflow(connection, "s", 3)).isFalse();
            hints.add(connection, "s", StoreHints.Kind.MESSAGE, List.of("4"), false);
            assertThat(hints.overflow(connection, "s", 3)).isTrue();
            hints.add(connection, "s", StoreHints.Kind.MESSAGE, List.of("5"), false);
            assertThat(hints.due(connection, "s", 10)).hasSize(4);
            hints.reset(connection, "s");
            assertThat(hints.due(connection, "s", 10)).isEmpty();
            hints.add(connection, "s", StoreHints.Kind.MESSAGE, List.of("6"), false);
            assertThat(hints.due(connection, "s", 10)).hasSize(1);
        });
    }

    private interface Body {
        void run(StoreHints hints, Connection connection) throws Exception;
    }

    private void with(Body body) throws Exception {
        db.execute(LegacySchema.PASCAL.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.PASCAL.spec());
                Connection connection = db.connect()) {
            db.execute("INSERT INTO " + sidecar.name() + ".vector_store (store) VALUES ('s')");
            body.run(new StoreHints(sidecar.name()), connection);
        }
    }
}
