package dev.lockstep.config;

/**
 * Where the application's database is. {@link #toString} leaves the password out.
 *
 * @param url a {@code jdbc:postgresql:} URL
 * @param schema the schema of tables named without one
 */
public record DatabaseConfig(String url, String user, String password, String schema) {

    @Override
    public String toString() {
        return "DatabaseConfig[url=" + url + ", user=" + user + ", schema=" + schema + "]";
    }
}
