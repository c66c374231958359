package dev.lockstep.check;

import dev.lockstep.config.StoreConfig;
import dev.lockstep.model.Finding;
import dev.lockstep.model.MappingSpec;
import dev.lockstep.model.PointFields;
import dev.lockstep.model.VectorMeaning;
import dev.lockstep.vector.Selection;
import dev.lockstep.vector.StoreClients;
import dev.lockstep.vector.StoreFailure;
import dev.lockstep.vector.VectorStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** Whether the vector stores outside the database answer. */
final class StoreChecks {

    private StoreChecks() {}

    /** @param names what the stores mean, in the same order */
    static List<Finding> all(List<StoreConfig> stores, List<MappingSpec.Store> names, StoreClients clients) {
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < stores.size(); i++) {
            findings.add(check(stores.get(i), names.get(i).fields(), clients));
        }
        return findings;
    }

    private static Finding check(StoreConfig store, PointFields fields, StoreClients clients) {
        try (VectorStore client = clients.open(store)) {
            String product = client.check();
            for (String field : fields.names()) { // a table has to have them
                client.count(new Selection.AnyOf(field, Set.of(VectorMeaning.LEGACY)));
            }
            return Finding.info("vector-store", "vectors " + store.name() + ": " + product, "");
        } catch (StoreFailure e) {
            return Finding.error(
                    "vector-store",
                    "vectors " + store.name() + ": " + Objects.toString(e.getMessage()),
                    "the database columns do not need it; mend it, or take it out of mapping.vectors for now");
        }
    }
}
