package dev.lockstep.capture.debezium;

import dev.lockstep.config.LockstepConfig;
import dev.lockstep.database.ServerAddress;
import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.TableName;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/** What the engine is told. Pure. */
final class EngineProperties {

    /**
     * Parameters of the URL that say how the server is reached. Not {@code socketTimeout}, which is
     * ours.
     */
    private static final List<String> PASSED_ON = List.of(
            "sslmode",
            "sslNegotiation",
            "sslrootcert",
            "sslcert",
            "sslkey",
            "sslpassword",
            "sslpasswordcallback",
            "sslfactory",
            "sslfactoryarg",
            "sslhostnameverifier",
            "channelBinding",
            "requireAuth",
            "gssEncMode",
            "gsslib",
            "jaasApplicationName",
            "jaasLogin",
            "kerberosServerName",
            "useSpnego",
            "sspiServiceClass",
            "authenticationPluginClassName",
            "connectTimeout",
            "loginTimeout",
            "socketFactory",
            "socketFactoryArg",
            "localSocketAddress",
            "options");

    private EngineProperties() {}

    /**
     * @param server which of the hosts of {@code database.url} to stream from; the engine knows one only
     * @param prefix unique in the JVM: two engines with one prefix collide in JMX
     * @param slot what is streamed from
     * @param originNone whether the server is asked to leave out commits that carry an origin
     */
    static Properties of(
            LockstepConfig config,
            ServerAddress server,
            Mapping mapping,
            Lsn from,
            String prefix,
            String slot,
            boolean originNone) {
        Properties p = new Properties();
        p.setProperty("name", prefix);
        p.setProperty("topic.prefix", prefix);
        p.setProperty("connector.class", UnmeteredConnector.class.getName());
        connection(config, server, slot, p);
        sockets(p, prefix);
        p.setProperty("plugin.name", "pgoutput");
        p.setProperty("slot.name", slot);
        p.setProperty("slot.drop.on.stop", "false");
        p.setProperty("slot.max.retries", "0");
        p.setProperty("publication.name", config.name());
        p.setProperty("publication.autocreate.mode", "disabled");
        p.setProperty("snapshot.mode", "no_data");
        p.setProperty(
                "table.include.list",
                mapping.captured().stream().map(EngineProperties::regex).collect(Collectors.joining(",")));
        p.setProperty("message.prefix.include.list", Pattern.quote(config.name()));
        p.setProperty("skipped.operations", "none");
        p.setProperty("tombstones.on.delete", "false");
        p.setProperty("provide.transaction.metadata", "true");
        p.setProperty("include.unknown.datatypes", "false");
        p.setProperty("decimal.handling.mode", "string");
        p.setProperty("schema.refresh.mode", "columns_diff");
        p.setProperty("slot.stream.params", originNone ? "origin=none" : "");
        p.setProperty("poll.interval.ms", Long.toString(pollMillis(config.run().poll())));
        p.setProperty("max.batch.size", Integer.toString(config.run().batchRows()));
        p.setProperty(
                "max.queue.size", Integer.toString(Math.max(8192, config.run().batchRows() * 2)));
        p.setProperty("max.queue.size.in.bytes", Long.toString(32L << 20));
        p.setProperty("record.processing.threads", "2");
        p.setProperty("heartbeat.interval.ms", "0");
        p.setProperty("status.update.interval.ms", "2000");
        p.setProperty("errors.max.retries", "0");
        p.setProperty("retriable.restart.connector.wait.ms", "500"); // it cannot be closed meanwhile
        p.setProperty("offset.storage", PositionOffsetStore.class.getName());
        p.setProperty(PositionOffsetStore.START, Long.toString(from.value()));
        p.setProperty("offset.flush.interval.ms", "500");
        p.setProperty("offset.flush.timeout.ms", "60000");
        return p;
    }

    /**
     * A change waits for this interval twice: the reader of the stream sleeps for it when there was nothing to read, and
     * the poll of the reader's queue always lasts so long. So each may take half of the time.
     */
    private static long pollMillis(Duration longest) {
        return Math.max(1, longest.toMillis() / 2);
    }

    private static void connection(LockstepConfig config, ServerAddress server, String slot, Properties p) {
        Properties url = Driver.parseURL(config.database().url(), new Properties());
        if (url == null) {
            throw LockstepException.wrongInput("database.url is not a jdbc:postgresql: URL");
        }
        p.setProperty("database.hostname", server.host());
        p.setProperty("database.port", Integer.toString(server.port()));
        p.setProperty("database.dbname", PGProperty.PG_DBNAME.getOrDefault(url));
        p.setProperty("database.user", config.database().user());
        p.setProperty("database.password", config.database().password());
        p.setProperty("database.tcpKeepAlive", "true");
        // The stream is read without waiting, so this does not end a quiet one; but an engine whose connections lead
        // nowhere any more cannot be closed without it: it waits for the server's goodbye.
        p.setProperty("database.socketTimeout", "20");
        if (server.onThisMachine()) {
            // the server's sender fills what the network holds at one go, by a processor that writers want, too
            p.setProperty("database.receiveBufferSize", Integer.toString(64 << 10));
        }
        p.setProperty("database.initial.statements", "SET application_name = '" + slot + "/capture'");
        PASSED_ON.forEach(parameter -> {
            String value = url.getProperty(parameter);
            if (value != null) {
                p.setProperty("database." + parameter, value);
            }
        });
    }

    /** Unless the URL names those of its own, such as go through a tunnel. */
    private static void sockets(Properties p, String engine) {
        if (p.getProperty("database.socketFactory") == null) {
            p.setProperty("database.socketFactory", EngineSockets.class.getName());
            p.setProperty("database.socketFactoryArg", engine);
        }
    }

    /** To the letter, and without a comma, a quote or a backslash of the name's own: the engine splits its list at commas. */
    static String regex(TableName table) {
        return literally(table.schema()) + "\\." + literally(table.name());
    }

    private static String literally(String name) {
        StringBuilder regex = new StringBuilder();
        name.codePoints()
                .forEach(c -> regex.append(
                        c == '_' || (c < 128 && Character.isLetterOrDigit(c))
                                ? Character.toString(c)
                                : "\\x{" + Integer.toHexString(c) + "}"));
        return regex.toString();
    }
}
