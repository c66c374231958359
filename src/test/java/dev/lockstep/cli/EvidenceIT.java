package dev.lockstep.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.catalog.CatalogReader;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.StopSignal;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.SidecarHarness;
import dev.lockstep.testing.TestDatabase;
import dev.lockstep.testing.TestPostgres;
import dev.lockstep.verify.Verifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged {@code evidence}: what was tampered with shows, in the database and in the file. */
class EvidenceIT {

    @TempDir
    Path folder;

    private final TestDatabase db = TestPostgres.database();

    @Test
    void anEditedRowAndAMissingOneShow() throws Exception {
        db.execute(LegacySchema.SNAKE.ddl());
        try (SidecarHarness sidecar = SidecarHarness.expanded(db, LegacySchema.SNAKE.spec())) {
            Mapping mapping;
            try (Connection connection = db.connect()) {
                mapping = MappingResolver.resolve(
                        sidecar.config().mapping(),
                        new CatalogReader().read(connection, sidecar.config().mapping()));
            }
            for (int i = 0; i < 3; i++) {
                new Verifier(sidecar.lockstep(), sidecar.name(), mapping, 1, new StopSignal())
                        .run(Verifier.Repair.NONE);
            }
            Files.writeString(
                    folder.resolve("lockstep.yaml"),
                    """
                    name: %s
                    database: {url: "%s", user: postgres, password: postgres}
                    """.formatted(sidecar.name(), db.config().url()) + LegacySchema.SNAKE.yaml());
            Distribution.Ended exported = evidence("-c", "lockstep.yaml", "--export", "evidence.json");
            assertThat(exported.exitCode()).as(exported.out() + exported.err()).isZero();
            assertThat(exported.out()).contains("4 rows, each follows", "postgres@127.0.0.1");
            Distribution.Ended checked = evidence("--check", "evidence.json");
            assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();

            String file = Files.readString(folder.resolve("evidence.json"));
            Files.writeString(
                    folder.resolve("edited.json"), file.replaceFirst("\"clean\" : true", "\"clean\" : false"));
            Distribution.Ended edited = evidence("--check", "edited.json");
            assertThat(edited.exitCode()).isEqualTo(1);
            assertThat(edited.out()).contains("row 1 was changed");
            Files.writeString(folder.resolve("half.json"), file.substring(0, file.length() / 2));
            Distribution.Ended half = evidence("--check", "half.json");
            assertThat(half.exitCode()).isEqualTo(2);
            assertThat(half.err()).contains("half.json is not what").hasLineCount(1);

            String table = sidecar.name() + ".evidence";
            db.execute("UPDATE " + table + " SET clean = false WHERE id = 2");
            Distribution.Ended changed = evidence("-c", "lockstep.yaml");
            assertThat(changed.exitCode()).isEqualTo(1);
            assertThat(changed.out()).contains("row 2 was changed").doesNotContain("row 1 was", "row 3 was");
            db.execute("DELETE FROM " + table + " WHERE id = 2");
            assertThat(evidence("-c", "lockstep.yaml").out()).contains("a row before row 3 is missing");
        }
    }

    private Distribution.Ended evidence(String... options) throws Exception {
        String[] all = new String[options.length + 1];
        all[0] = "evidence";
        System.arraycopy(options, 0, all, 1, options.length);
        return Distribution.built().run(folder, all);
    }
}
