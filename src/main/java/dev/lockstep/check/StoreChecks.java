package dev.lockstep.check;

import dev.lockstep.config.StoreConfig;
import dev.lockstep.model.Finding;
import dev.lockstep.vector.StoreClients;
import dev.lockstep.vector.StoreFailure;
import dev.lockstep.vector.VectorStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Whether the vector stores outside the database answer. */
final class StoreChecks {

    private StoreChecks() {}

    static List<Finding> all(List<StoreConfig> stores, StoreClients clients) {
        List<Finding> findings = new ArrayList<>();
        for (StoreConfig store : stores) {
            findings.add(check(store, clients));
        }
        return findings;
    }

    private static Finding check(StoreConfig store, StoreClients clients) {
        try (VectorStore client = clients.open(store)) {
            return Finding.info("vector-store", "vectors " + store.name() + ": " + client.check(), "");
        } catch (StoreFailure e) {
            return Finding.error(
                    "vector-store",
                    "vectors " + store.name() + ": " + Objects.toString(e.getMessage()),
                    "the database columns do not need it; mend it, or take it out of mapping.vectors for now");
        }
    }
}
