package dev.lockstep.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyTextTest {

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "UUID, 018F4E6E-7b1a-7c3d-8e4f-5a6b7c8d9e0f, 018f4e6e-7b1a-7c3d-8e4f-5a6b7c8d9e0f",
                "UUID, 018f4e6e7b1a7c3d8e4f5a6b7c8d9e0f, -",
                "UUID, '', -",
                "INT, 007, 7",
                "INT, -5, -5",
                "INT, 2147483648, -",
                "BIGINT, 2147483648, 2147483648",
                "BIGINT, 9223372036854775808, -",
                "BIGINT, 1.0, -",
                "INT, ' 1', -",
                "TEXT, ' any text ', ' any text '",
                "TEXT, '', ''",
                "BYTEA, x, -"
            })
    void isTheServersOwnFormOrNothing(ColumnType type, String text, String expected) {
        assertThat(KeyText.of(type, text).orElse(null)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"abc, false", "ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789, false"})
    void aHashIsLowerCaseHex(String text, boolean hash) {
        assertThat(KeyText.hash(text).isPresent()).isEqualTo(hash);
        assertThat(KeyText.hash("abcdef0123456789".repeat(4))).isPresent();
    }
}
