package dev.lockstep.vector;

import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.StopSignal;
import java.sql.SQLException;
import java.util.function.Supplier;

/** One sweep of a store, apart from any sidecar. Stateless. */
public final class StoreSweeper {

    private StoreSweeper() {}

    /**
     * Sweeps a store once, if a sweep is wanted. Only while nobody else keeps it in step.
     *
     * @throws StoreFailure when the store is away; what was swept stays so
     * @throws InterruptedException when stopped
     */
    public static void sweep(
            String name,
            Mapping mapping,
            Mapping.Store link,
            Supplier<VectorStore> stores,
            WriteSession session,
            long epoch,
            StopSignal stop)
            throws SQLException, InterruptedException {
        try (VectorStore store = stores.get();
                PageAhead pages = new PageAhead(stores.get(), link.name())) {
            Stamper stamper = new Stamper(mapping, link, store, session);
            SweepStep sweep = new SweepStep(name, link, session, stamper, pages, new Ledger(name, link.name()), epoch);
            while (sweep.run(false)) {
                if (stop.requested()) {
                    throw new InterruptedException("stopped");
                }
            }
        }
    }
}
