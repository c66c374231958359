package dev.lockstep.run;

import dev.lockstep.database.Handles;
import dev.lockstep.sql.Sql;
import dev.lockstep.state.Observed;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** Notes when the lag was last beyond what a cutover bears, or nobody looked. One thread calls it. */
final class LagWatch {

    private final Observed observed;
    private final String sql;
    private boolean looked;

    /**
     * @param name the configured name
     * @param most lag that a cutover bears, beyond {@code heartbeat}: how long a quiet stream is allowed to say nothing
     */
    LagWatch(String name, Duration most, Duration heartbeat) {
        this.observed = new Observed(name);
        this.sql = "SELECT extract(epoch FROM clock_timestamp() - commit_time)::float8 > "
                + (most.plus(heartbeat).toMillis() / 1000.0) + " FROM " + Sql.quote(name) + ".position";
    }

    void look(Connection connection) throws SQLException {
        boolean beyond = Handles.ask(
                connection,
                handle -> handle.createQuery(sql).mapTo(Boolean.class).findOne().orElse(true));
        if (beyond || !looked) {
            Handles.tell(connection, observed::lagBeyond);
        }
        looked = true;
    }
}
