package dev.lockstep.database;

import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.util.HostSpec;

/** Which of the URL's hosts a connection has reached. */
public record ServerAddress(String host, int port) {

    public static ServerAddress of(Connection connection) throws SQLException {
        HostSpec reached =
                connection.unwrap(PgConnection.class).getQueryExecutor().getHostSpec();
        return new ServerAddress(reached.getHost(), reached.getPort());
    }
}
