package dev.lockstep.savepoint;

import dev.lockstep.config.SavepointsConfig;
import dev.lockstep.model.LockstepException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes savepoints by the clock, and drops those that are too many or hold too much WAL. Not thread-safe. */
public final class SavepointKeeper {

    private static final Logger log = LoggerFactory.getLogger(SavepointKeeper.class);

    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("'auto_'yyMMddHHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** Where the server sets no limit, a savepoint may hold so many times max_wal_size. */
    private static final int TIMES_WAL_SIZE = 4;

    /** After a failure it is quiet for so long. */
    private static final Duration QUIET = Duration.ofMinutes(10);

    private final SavepointsConfig config;
    private final Savepoints savepoints;
    private Instant quietUntil = Instant.EPOCH;

    public SavepointKeeper(String name, SavepointsConfig config) {
        this.config = config;
        this.savepoints = new Savepoints(name);
    }

    /** Does what is due. */
    public void tend(Connection connection) throws SQLException {
        List<Savepoint> automatic = new ArrayList<>();
        long budget = budget(connection);
        for (Savepoint savepoint : savepoints.list(connection)) {
            String why = whyGivenUp(savepoint, budget);
            if (!why.isEmpty()) {
                savepoints.drop(connection, savepoint.name());
                log.warn("savepoint {} of {} was dropped: {}", savepoint.name(), savepoint.at(), why);
            } else if (savepoint.automatic()) {
                automatic.add(savepoint);
            }
        }
        Instant now = now(connection);
        String name = NAME.format(now);
        if (config.keep() > 0
                && automatic.stream().noneMatch(s -> s.name().equals(name))
                && now.isAfter(quietUntil)
                && automatic.stream().noneMatch(s -> s.at().plus(config.every()).isAfter(now))
                && savepoints.slotIsThere(connection)) {
            for (int i = 0; i <= automatic.size() - config.keep(); i++) {
                savepoints.drop(connection, automatic.get(i).name());
            }
            take(connection, name, now);
        }
    }

    private void take(Connection connection, String name, Instant now) throws SQLException {
        try {
            Savepoint taken = savepoints.create(connection, name, true);
            log.info("savepoint {} taken at {}", taken.name(), taken.lsn());
        } catch (LockstepException e) {
            quietUntil = now.plus(QUIET);
            log.warn("no savepoint taken: {}", e.getMessage());
        }
    }

    /** Empty when it is kept. */
    private static String whyGivenUp(Savepoint savepoint, long budget) {
        if (!savepoint.usable()) {
            return "the server has removed the WAL it held (max_slot_wal_keep_size)";
        }
        Long safe = savepoint.safeBytes();
        if (safe != null && safe < savepoint.retainedBytes()) { // half of its budget is used up
            return "it holds " + megabytes(savepoint.retainedBytes()) + " of WAL, and " + megabytes(safe)
                    + " are left before max_slot_wal_keep_size";
        }
        return safe == null && savepoint.retainedBytes() > budget
                ? "it holds " + megabytes(savepoint.retainedBytes()) + " of WAL, more than " + TIMES_WAL_SIZE
                        + " times max_wal_size, and max_slot_wal_keep_size is not set"
                : "";
    }

    private static String megabytes(long bytes) {
        return bytes / (1 << 20) + " MB";
    }

    private static long budget(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT setting::int8 * 1048576 FROM pg_settings WHERE name = 'max_wal_size'")) {
            row.next();
            return row.getLong(1) * TIMES_WAL_SIZE;
        }
    }

    private static Instant now(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT clock_timestamp()")) {
            row.next();
            return row.getTimestamp(1).toInstant();
        }
    }
}
