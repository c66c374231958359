package dev.lockstep.database;

import java.io.FileNotFoundException;
import java.nio.file.NoSuchFileException;
import java.security.GeneralSecurityException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/** Why a TLS connection did not come about, as one line with the remedy. Pure. */
final class TlsFailure {

    private TlsFailure() {}

    /** Empty when it is not about TLS. */
    static Optional<String> explain(String target, SQLException e) {
        String message = String.valueOf(e.getMessage());
        if (message.contains("HostnameVerifier")) {
            return Optional.of("the TLS certificate of the server at " + target
                    + " is for another host; write in database.url a host name that the certificate has");
        }
        if (has(e, FileNotFoundException.class) || has(e, NoSuchFileException.class)) {
            return Optional.of("a file named by sslrootcert, sslcert or sslkey in database.url cannot be read (for "
                    + target + "); correct the path, or its permissions");
        }
        if (has(e, SSLException.class) || has(e, GeneralSecurityException.class)) {
            return Optional.of(
                    "no TLS connection to " + target + ": the server's certificate is not of a CA that we trust, or"
                            + " it refused ours; point sslrootcert in database.url to the certificate of the server's CA");
        }
        return "08004".equals(e.getSQLState()) && message.contains("SSL")
                ? Optional.of("the server at " + target
                        + " takes no TLS connections; turn ssl on there, or write another sslmode in database.url")
                : Optional.empty();
    }

    private static boolean has(Throwable thrown, Class<? extends Throwable> type) {
        return Stream.iterate(thrown, e -> e != null, Throwable::getCause)
                .limit(20)
                .anyMatch(type::isInstance);
    }
}
