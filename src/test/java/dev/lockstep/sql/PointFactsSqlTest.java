package dev.lockstep.sql;

import dev.lockstep.model.Mapping;
import dev.lockstep.model.MappingResolver;
import dev.lockstep.model.VectorMeaning.OnDelete;
import dev.lockstep.testing.Golden;
import dev.lockstep.testing.LegacySchema;
import dev.lockstep.testing.StoreBench;
import dev.lockstep.testing.VectorSchema;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What is asked about points outside the database, compared whole; what it answers is held against the table of meanings. */
class PointFactsSqlTest {

    @Test
    void statementsOfAStore() throws IOException {
        StringBuilder text = new StringBuilder();
        for (boolean byId : new boolean[] {true, false}) {
            Mapping mapping = MappingResolver.resolve(
                    StoreBench.spec(VectorSchema.PASCAL, byId, OnDelete.MARK), LegacyShapes.of(LegacySchema.PASCAL));
            PointFactsSql sql = new PointFactsSql(mapping, mapping.stores().get(0));
            text.append("-- facts ")
                    .append(byId ? "by id" : "by payload or hash")
                    .append('\n')
                    .append(sql.facts())
                    .append("\n\n-- messages of conversations\n")
                    .append(sql.messagesOf())
                    .append("\n\n-- hashes of messages\n")
                    .append(sql.hashesOf())
                    .append("\n\n");
        }
        Golden.check("sql/point-facts.txt", text.toString());
    }
}
