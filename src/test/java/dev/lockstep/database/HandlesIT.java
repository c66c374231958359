package dev.lockstep.database;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lockstep.testing.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

class HandlesIT {

    /** It may be abandoned by another thread; that this is no SQLException once ended the process. */
    @Test
    void aConnectionThatWasClosedIsAnErrorOfTheDriver() throws Exception {
        Connection connection = TestPostgres.database().connect();
        connection.close();
        assertThatThrownBy(() -> Handles.ask(connection, handle -> 1)).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> Handles.tell(connection, handle -> {})).isInstanceOf(SQLException.class);
    }
}
