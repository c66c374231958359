package dev.lockstep.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.dist.PromQl.Selector;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PromQlTest {

    @Test
    void aggregationsFunctionsRangesAndGroupings() {
        PromQl query = PromQl.parse(
                "histogram_quantile(0.99, sum by (le, table) (rate(a_seconds_bucket{job=\"$job\", op!=\"x, }\"}[$__rate_interval])))");
        assertThat(query.selectors())
                .containsExactly(new Selector("a_seconds_bucket", Map.of("job", "=\"$job\"", "op", "!=\"x, }\"")));
        assertThat(query.grouping()).containsExactlyInAnyOrder("le", "table");
    }

    @Test
    void operatorsBetweenMetrics() {
        PromQl query = PromQl.parse(
                "(max by (job) (a > 10e9) unless on (job) max(b{c=~\"d.*\"}) == bool 1) and max_over_time(e[1w] offset 5m) < 3 / sum(f)");
        assertThat(query.selectors()).extracting(Selector::metric).containsExactly("a", "b", "e", "f");
        assertThat(query.grouping()).containsExactly("job");
    }
}
