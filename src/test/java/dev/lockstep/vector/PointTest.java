package dev.lockstep.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class PointTest {

    /** What Python's data frames make of keys that may be missing; a column of fractions would be stamped for ever. */
    @Test
    void aWholeNumberIsOneHoweverTheStoreHasIt() {
        assertThat(text(12.0)).isEqualTo("12");
        assertThat(text(12L)).isEqualTo("12");
        assertThat(text(-3.0)).isEqualTo("-3");
        assertThat(text(12345678.0)).isEqualTo("12345678");
        assertThat(text(12.5)).isEqualTo("12.5");
        assertThat(text(1e300)).isEqualTo("1.0E300");
        assertThat(text(Double.NaN)).isEqualTo("NaN");
        assertThat(text(true)).isEqualTo("true");
        assertThat(new Point("a", Map.of()).text("f")).isNull();
    }

    private static String text(Object value) {
        return new Point("a", Map.of("f", value)).text("f");
    }
}
