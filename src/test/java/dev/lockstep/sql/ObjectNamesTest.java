package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ObjectNamesTest {

    @Test
    void names_are_those_of_ef_core_in_the_case_of_the_table() {
        assertThat(ObjectNames.foreignKey("Messages", "Agents", "FromAgentId"))
                .isEqualTo("FK_Messages_Agents_FromAgentId");
        assertThat(ObjectNames.index("messages", "from_agent_id")).isEqualTo("ix_messages_from_agent_id");
    }

    @Test
    void a_long_name_keeps_its_beginning_and_stays_unlike_its_neighbour() {
        String long1 = ObjectNames.index("T".repeat(60), "AgentId");
        String long2 = ObjectNames.index("T".repeat(60), "OtherAgentId");

        assertThat(long1).hasSize(63).startsWith("IX_TTTT").isNotEqualTo(long2);
    }

    @Test
    void the_limit_counts_bytes_and_never_cuts_a_character() {
        String name = ObjectNames.index("Ünïcödé😀".repeat(6), "AgentId");

        assertThat(name.getBytes(StandardCharsets.UTF_8)).hasSizeLessThanOrEqualTo(63);
        assertThat(new String(name.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8))
                .isEqualTo(name);
    }
}
