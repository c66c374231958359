package dev.lockstep.derive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.LockstepException;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorPolicyTest {

    @ParameterizedTest
    @CsvSource({
        "55P03, GIVE_WAY", // a lock not to be had
        "57014, GIVE_WAY", // cancelled
        "40P01, GIVE_WAY", // deadlock: we are the victim
        "40001, RETRY",
        "57P01, RETRY", // the server shuts down
        "08006, RETRY",
        "53100, RETRY", // the disk is full
        "55006, RETRY", // our origin is still held by a session that ends
        "23503, SET_ASIDE", // a foreign key
        "23514, SET_ASIDE", // a check
        "22P02, SET_ASIDE",
        "P0001, SET_ASIDE", // a trigger raised
        "42703, STOP", // a column is gone
        "42501, STOP", // a right is gone
        "XX000, STOP",
    })
    void oneTable(String state, ErrorPolicy policy) {
        assertThat(ErrorPolicy.of(new SQLException("content of a row", state))).isEqualTo(policy);
    }

    @Test
    void aLostConnectionHasNoState() {
        assertThat(ErrorPolicy.of(new SQLException("gone"))).isEqualTo(ErrorPolicy.RETRY);
    }

    @Test
    void theLineNeverRepeatsTheServersMessage() {
        assertThat(ErrorPolicy.describe(new SQLException("Key (email)=(a@b.c) exists", "23505")))
                .isEqualTo("SQLSTATE 23505");
    }

    @Test
    void onlyWhatTheServerMayGetOverPasses() {
        SQLException away = new SQLException("refused", "08001");
        assertThat(ErrorPolicy.passes(LockstepException.notDone("away", away))).isTrue();
        assertThat(ErrorPolicy.passes(new Refused("x", new SQLException("no", "42501"))))
                .isFalse();
        assertThat(ErrorPolicy.passes(LockstepException.notDone("slot in use", null)))
                .isFalse();
        assertThat(ErrorPolicy.passes(new Superseded(1, 2))).isFalse();
    }
}
