package dev.lockstep.testing;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Makes the archive of loaded classes (JDK's class data sharing) with which the packaged program starts in two thirds of the
 * time: the tests start it some hundred times. Without it, or with one of another build, it starts as it always does.
 */
public final class ClassArchive {

    private ClassArchive() {}

    static Path of(Path home) {
        return home.resolveSibling("lockstep.jsa");
    }

    /** Run by the build before the integration tests. */
    public static void main(String[] args) throws Exception {
        Path archive = of(Distribution.built().home());
        Files.deleteIfExists(archive);
        Distribution built = Distribution.built();
        Path folder = Files.createTempDirectory("class-archive");
        TestDatabase db = TestPostgres.database();
        db.execute(LegacySchema.PASCAL.ddl());
        Files.writeString(
                folder.resolve("lockstep.yaml"), """
                name: class_archive
                database: {url: "%s", user: postgres, password: postgres}
                http: {port: 0}
                """.formatted(db.config().url()) + LegacySchema.PASCAL.yaml());
        done(built, folder, "expand");
        done(built.with("-XX:ArchiveClassesAtExit=" + archive), folder, "run", "--until-caught-up");
        System.exit(0); // the server ends with the process
    }

    private static void done(Distribution lockstep, Path folder, String... command) throws Exception {
        Distribution.Ended ended = lockstep.run(folder, command);
        if (ended.exitCode() != 0) {
            throw new IllegalStateException(String.join(" ", command) + ": " + ended.out() + ended.err());
        }
    }
}
