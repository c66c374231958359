package dev.lockstep.rehearse;

import dev.lockstep.config.DatabaseConfig;
import dev.lockstep.model.LockstepException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.postgresql.Driver;

/** Finds PostgreSQL's own programs, and tells them where a database is: by the environment, which other users do not see. */
final class PgTools {

    private static final Pattern VERSION = Pattern.compile(".* (\\d+)[.a-z].*", Pattern.DOTALL);

    /** pgjdbc's parameters and libpq's variables that mean the same. */
    private static final Map<String, String> PASSED = Map.of(
            "PGHOST", "PGHOST",
            "PGPORT", "PGPORT",
            "PGDBNAME", "PGDATABASE",
            "sslmode", "PGSSLMODE",
            "sslrootcert", "PGSSLROOTCERT",
            "sslcert", "PGSSLCERT",
            "sslkey", "PGSSLKEY");

    /** Since this version pg_restore sets transaction_timeout, which older servers refuse. */
    private static final int ASKS_FOR_MORE = 17;

    private final Path folder;

    private PgTools(Path folder) {
        this.folder = folder;
    }

    /**
     * The oldest that know both servers: newer ones ask for settings that an older server does not have.
     *
     * @param from major version of the server that is copied
     * @param into of the one that takes the copy
     * @throws LockstepException when there are none
     */
    static PgTools find(int from, int into) {
        if (into < from) {
            throw LockstepException.wrongInput("the copy's server is PostgreSQL " + into + ", older than the " + from
                    + " that is copied; rehearse on one of the same version");
        }
        NavigableMap<Integer, Path> found = new TreeMap<>();
        for (Path candidate : candidates()) {
            found.putIfAbsent(version(candidate.resolve("pg_dump")), candidate);
        }
        Map.Entry<Integer, Path> fit = found.ceilingEntry(from);
        if (fit != null && (fit.getKey() < ASKS_FOR_MORE || into >= ASKS_FOR_MORE)) {
            return new PgTools(fit.getValue());
        }
        found.remove(0);
        throw LockstepException.wrongInput("--copy-from needs pg_dump and pg_restore of PostgreSQL " + from + " in PATH"
                + (found.isEmpty() ? "" : " (there are " + found + ")") + "; install postgresql-client-" + from
                + ", or make the copy yourself and leave --copy-from out; nothing was touched");
    }

    private static List<Path> candidates() {
        List<Path> all = new ArrayList<>();
        String path = System.getenv("PATH");
        for (String folder : (path == null ? "" : path).split(File.pathSeparator, -1)) {
            if (!folder.isEmpty()) {
                all.add(Path.of(folder));
            }
        }
        Path debian = Path.of("/usr/lib/postgresql");
        if (Files.isDirectory(debian)) {
            try (DirectoryStream<Path> versions = Files.newDirectoryStream(debian)) {
                versions.forEach(version -> all.add(version.resolve("bin")));
            } catch (IOException e) {
                return all; // then there are those of PATH
            }
        }
        return all;
    }

    /** The major version; 0 when it is not there. */
    private static int version(Path program) {
        if (!Files.isExecutable(program)) {
            return 0;
        }
        try {
            Process process = new ProcessBuilder(program.toString(), "--version")
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            Matcher matcher = VERSION.matcher(said);
            return matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
        } catch (IOException e) {
            return 0;
        }
    }

    /** A call of {@code program}, not started, for the database of {@code config}. */
    ProcessBuilder call(String program, DatabaseConfig config, List<String> arguments) {
        List<String> command = Stream.concat(Stream.of(folder.resolve(program).toString()), arguments.stream())
                .toList();
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(key -> key.startsWith("PG"));
        builder.environment().putAll(environment(config));
        return builder;
    }

    private static Map<String, String> environment(DatabaseConfig config) {
        Properties properties = Driver.parseURL(config.url(), new Properties());
        Map<String, String> all = new TreeMap<>();
        if (properties != null) {
            PASSED.forEach((ours, libpq) -> {
                String value = properties.getProperty(ours);
                if (value != null) {
                    all.put(libpq, value);
                }
            });
            String ssl = properties.getProperty("ssl"); // pgjdbc takes it for verify-full, libpq does not know it
            if (ssl != null && !ssl.equals("false")) {
                all.putIfAbsent("PGSSLMODE", "verify-full");
            }
        }
        all.put("PGUSER", config.user());
        all.put("PGPASSWORD", config.password());
        return all;
    }
}
