package dev.lockstep.state;

import dev.lockstep.model.LockstepException;
import dev.lockstep.sql.Sql;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.OptionalInt;

/** The schema that holds lockstep's state: its DDL and its version. Named like the configured {@code name}. */
public final class ControlSchema {

    /** The version this build reads and writes. */
    public static final int VERSION = 3;

    /** In it {@code {schema}} stands for the quoted schema name. */
    private static final String RESOURCE = "control-schema.sql";

    private ControlSchema() {}

    /** The idempotent script that installs the schema; several statements, to be run in one transaction. */
    public static String installSql(String name) {
        try (InputStream in = ControlSchema.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(RESOURCE + " is not in the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("{schema}", Sql.quote(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The installed version; empty when {@code expand} has not made the schema yet.
     *
     * @throws LockstepException when a newer lockstep installed it
     */
    public static OptionalInt installedVersion(Connection connection, String name) throws SQLException {
        try (PreparedStatement exists = connection.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
            exists.setString(1, Sql.quote(name) + ".schema_version");
            try (ResultSet row = exists.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    return OptionalInt.empty();
                }
            }
        }
        try (PreparedStatement version =
                        connection.prepareStatement("SELECT version FROM " + Sql.quote(name) + ".schema_version");
                ResultSet row = version.executeQuery()) {
            if (!row.next()) {
                return OptionalInt.empty();
            }
            int found = row.getInt(1);
            if (found > VERSION) {
                throw LockstepException.wrongInput("schema " + name + " was made by a newer lockstep (version " + found
                        + ", this one knows " + VERSION + "); use that release");
            }
            return OptionalInt.of(found);
        }
    }

    /**
     * Refuses to go on without the schema.
     *
     * @throws LockstepException when it is missing, older or newer
     */
    public static void require(Connection connection, String name) throws SQLException {
        if (!isThere(connection, name)) {
            throw LockstepException.wrongInput(
                    "the control schema " + name + " is not there; run `lockstep expand` first");
        }
    }

    /**
     * Whether {@code expand} has made the schema.
     *
     * @throws LockstepException when it is older or newer
     */
    public static boolean isThere(Connection connection, String name) throws SQLException {
        OptionalInt installed = installedVersion(connection, name);
        if (installed.isPresent() && installed.getAsInt() < VERSION) {
            throw LockstepException.wrongInput("the control schema " + name + " was made by an older lockstep (version "
                    + installed.getAsInt() + ", this one needs " + VERSION
                    + "); run `lockstep expand` once more: it adds what is new and changes nothing else");
        }
        return installed.isPresent();
    }
}
