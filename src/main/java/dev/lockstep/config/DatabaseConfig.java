package dev.lockstep.config;

/**
 * Where the application's database is. {@link #toString} leaves passwords out.
 *
 * @param url a {@code jdbc:postgresql:} URL
 * @param schema the schema of tables named without one
 */
public record DatabaseConfig(String url, String user, String password, String schema) {

    /** Whether it looks like one, without a user or password before the host, where pgjdbc would take them for its name. */
    public static boolean isUrl(String url) {
        return ConfigSections.URL.matcher(url).matches();
    }

    /** The URL without its parameters, fit to be shown: a password may be among them. */
    public String address() {
        int question = url.indexOf('?');
        return question < 0 ? url : url.substring(0, question);
    }

    @Override
    public String toString() {
        return "DatabaseConfig[url=" + address() + ", user=" + user + ", schema=" + schema + "]";
    }
}
