package dev.lockstep.replay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.TableName;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReplayRequestTest {

    private static final TableName A = new TableName("public", "a");
    private static final TableName B = new TableName("public", "b");

    /** A replay that was broken off is known again by its text, in another process, in whatever order tables were named. */
    @Test
    void theTextDoesNotDependOnTheOrderOfTables() {
        assertThat(of(List.of(B, A)))
                .hasToString(of(List.of(A, B)).toString())
                .asString()
                .containsSubsequence("public.a", "public.b");
    }

    private static ReplayRequest of(List<TableName> tables) {
        Set<TableName> named = new LinkedHashSet<>(tables);
        return new ReplayRequest(new ReplayRequest.FromSavepoint("s"), null, null, named);
    }
}
