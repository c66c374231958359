package dev.lockstep.database;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
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

    /** Whether the address is one of this machine's own; what cannot be told is another's. */
    public boolean onThisMachine() {
        try {
            InetAddress address = InetAddress.getByName(host);
            return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (UnknownHostException | SocketException e) {
            return false;
        }
    }
}
