package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.Direction;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.NullPersona;
import dev.lockstep.model.TableName;
import dev.lockstep.testing.Golden;
import dev.lockstep.testing.LegacySchema;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every statement that reads or writes rows, compared whole. */
class DeriveSqlTest {

    @ParameterizedTest
    @EnumSource(LegacySchema.class)
    void statementsOfALegacySchema(LegacySchema legacy) throws IOException {
        Mapping mapping = MappingResolver.resolve(legacy.spec(), LegacyShapes.of(legacy));
        Golden.check("sql/derive-" + legacy.name().toLowerCase(Locale.ROOT) + ".txt", text(mapping));
    }

    @Test
    void aClearedAgentIsPartOfThePredicate() {
        MappingSpec pascal = LegacySchema.PASCAL.spec();
        MappingSpec.Scoped conversations = pascal.tables().get(0);
        MappingSpec clearing = new MappingSpec(
                pascal.personas(),
                pascal.agents(),
                null,
                List.of(new MappingSpec.Scoped(
                        conversations.table(),
                        conversations.persona(),
                        conversations.agent(),
                        null,
                        null,
                        null,
                        NullPersona.CLEAR)));
        Mapping mapping = MappingResolver.resolve(clearing, LegacyShapes.of(LegacySchema.PASCAL));
        Mapping.Scoped table = mapping.tables().get(0);
        assertThat(new DeriveSql(mapping, table, Direction.PERSONA_LEADS).updateWithoutPersonaByKey())
                .contains("UPDATE \"public\".\"Conversations\" t SET \"AgentId\" = NULL"
                        + " FROM unnest(?::uuid[]) AS k(\"Id\") WHERE t.\"Id\" = k.\"Id\""
                        + " AND t.\"PersonaId\" IS NULL AND t.\"AgentId\" IS NOT NULL");
        assertThat(new DriftSql(mapping, table, Direction.PERSONA_LEADS).countByRange(table.table()))
                .contains("OR t.\"PersonaId\" IS NULL AND t.\"AgentId\" IS NOT NULL");
    }

    @Test
    void aTableWithoutHashHasNothingToDoForANullPersona() {
        Mapping mapping = MappingResolver.resolve(LegacySchema.PASCAL.spec(), LegacyShapes.of(LegacySchema.PASCAL));
        DeriveSql conversations = new DeriveSql(mapping, mapping.tables().get(0), Direction.PERSONA_LEADS);
        assertThat(conversations.updateWithoutPersonaByKey()).isEmpty();
        assertThat(conversations.updateWithoutPersonaByRange(new TableName("public", "Conversations")))
                .isEmpty();
    }

    private static String text(Mapping mapping) {
        List<String> lines = new ArrayList<>();
        for (Mapping.Scoped table : mapping.tables()) {
            DeriveSql derive = new DeriveSql(mapping, table, Direction.PERSONA_LEADS);
            DriftSql drift = new DriftSql(mapping, table, Direction.PERSONA_LEADS);
            lines.add("-- " + table.table());
            lines.add("update by key: " + derive.updateByKey());
            lines.add("update without persona by key: "
                    + derive.updateWithoutPersonaByKey().orElse("none"));
            lines.add("update by range: " + derive.updateByRange(table.table()));
            lines.add("update without persona by range: "
                    + derive.updateWithoutPersonaByRange(table.table()).orElse("none"));
            lines.add("lock by key: " + derive.lockByKey());
            lines.add("existing by key: " + derive.existingByKey());
            lines.add("rows without agent by key: " + derive.rowsWithoutAgentByKey());
            lines.add("personas without agent by key: " + derive.personasWithoutAgentByKey());
            lines.add("personas without agent by range: " + derive.personasWithoutAgentByRange(table.table()));
            lines.add("out by range: " + drift.outByRange(table.table()));
            lines.add("count by range: " + drift.countByRange(table.table()));
            lines.add("rows by range: " + drift.rowsByRange(table.table()));
            lines.add("rows by key: " + drift.rowsByKey());
            lines.add("rows by agents: " + drift.rowsByAgents());
        }
        AgentSql agents = new AgentSql(mapping);
        AgentDriftSql agentDrift = new AgentDriftSql(mapping);
        lines.add("-- agents");
        lines.add("find: " + agents.find());
        lines.add("personas without agent: " + agents.personasWithoutAgent().orElse("none"));
        lines.add("insert: " + agents.insert());
        lines.add("insert roots: " + agents.insertRoots().orElse("none"));
        lines.add("personas without agent, for verify: " + agentDrift.personasWithoutAgent(10));
        lines.add("duplicates: " + agentDrift.countDuplicates());
        lines.add("without memory root: " + agentDrift.countWithoutMemoryRoot());
        return String.join("\n", lines) + "\n";
    }
}
