package dev.lockstep.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class AgentIdsTest {

    /** RFC 9562, appendix A.4: version 5 of www.example.com in the DNS namespace. */
    @Test
    void followsTheStandard() {
        UUID dns = UUID.fromString("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        assertThat(AgentIds.nameBased(dns, "www.example.com"))
                .isEqualTo(UUID.fromString("2ed6657d-e927-568b-95e1-2665a8aea6a2"));
    }

    /** Two runs on two copies must agree, also between releases. */
    @Test
    void neverChanges() {
        assertThat(AgentIds.agent("42")).hasToString("656a46b7-ad11-5fef-99c7-79ec4c8d082d");
        assertThat(AgentIds.memoryRoot("42")).hasToString("e8507c07-88b9-556c-910a-40e415711f71");
    }
}
