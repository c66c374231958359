package dev.lockstep.sql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.expand.EfCoreMigration;
import dev.lockstep.expand.ExpandScript;
import dev.lockstep.expand.Patience;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.Phase;
import dev.lockstep.model.TableName;
import dev.lockstep.testing.Golden;
import dev.lockstep.testing.LegacySchema;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContractSqlTest {

    private static final TableName MESSAGES = new TableName("public", "Messages");
    private static final ContractFacts EVERYTHING = new ContractFacts(
            Phase.CUTOVER,
            false,
            List.of(new ContractFacts.ForeignKey(MESSAGES, "FK_old", new TableName("public", "Personas"))),
            List.of(MESSAGES),
            List.of(
                    new ContractFacts.OldIndex(MESSAGES, "IX_old", false, 1, 8192),
                    new ContractFacts.OldIndex(MESSAGES, "IX_of_partitions", true, 1, 8192)),
            List.of(MESSAGES),
            List.of("lockstep", "lockstep_sp_one"),
            true,
            List.of("lockstep_0", "lockstep_1"));

    private static final ContractFacts NOTHING = new ContractFacts(
            Phase.CONTRACTED, true, List.of(), List.of(), List.of(), List.of(), List.of(), false, List.of());

    @Test
    void everything() throws Exception {
        List<ExpandStep> steps = new ArrayList<>(sql().close(EVERYTHING));
        steps.addAll(sql().clear(EVERYTHING, true));
        Golden.check("contract/contract.sql", ExpandScript.contract("lockstep", steps, Patience.DEFAULT));
        Golden.check("contract/LockstepContract.cs", EfCoreMigration.contract("lockstep", steps, Patience.DEFAULT));
    }

    @Test
    void columnsStayUnlessTheyAreToGo() {
        assertThat(sql().clear(EVERYTHING, false))
                .flatExtracting(ExpandStep::sql)
                .noneMatch(statement -> statement.contains("DROP COLUMN"));
    }

    @Test
    void whatIsDoneIsNotDoneAgain() {
        assertThat(sql().close(NOTHING)).isEmpty();
        assertThat(sql().clear(NOTHING, true)).isEmpty();
    }

    private static ContractSql sql() {
        Mapping mapping = MappingResolver.resolve(LegacySchema.PASCAL.spec(), LegacyShapes.of(LegacySchema.PASCAL));
        return new ContractSql("lockstep", mapping);
    }
}
