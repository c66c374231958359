package dev.lockstep.verify;

import dev.lockstep.config.StoreConfig;
import dev.lockstep.derive.WriteSession;
import dev.lockstep.model.Mapping;
import dev.lockstep.model.RowKey;
import dev.lockstep.model.StopSignal;
import dev.lockstep.model.TableName;
import dev.lockstep.state.Lease;
import dev.lockstep.state.StoreSweeps;
import dev.lockstep.vector.StoreClients;
import dev.lockstep.vector.StoreSweeper;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mends rows, then the stores outside the database: by a sweep of this process, or, so that a point has one writer, by
 * one of the sidecar or the Connect task that runs.
 */
public final class StoreRepair implements Verifier.Repair {

    private static final Logger log = LoggerFactory.getLogger(StoreRepair.class);
    private static final Duration STEP = Duration.ofMillis(200);
    private static final Duration TELL_EVERY = Duration.ofSeconds(10);

    private final Verifier.Repair rows;
    private final WriteSession session;
    private final String name;
    private final Mapping mapping;
    private final List<StoreConfig> stores;
    private final StoreClients clients;
    private final long epoch;
    private final StopSignal stop;

    /**
     * @param rows mends the database
     * @param session the caller closes it
     * @param stores how those of the mapping are reached, in the same order
     */
    public StoreRepair(
            Verifier.Repair rows,
            WriteSession session,
            String name,
            Mapping mapping,
            List<StoreConfig> stores,
            StoreClients clients,
            long epoch,
            StopSignal stop) {
        this.rows = rows;
        this.session = session;
        this.name = name;
        this.mapping = mapping;
        this.stores = List.copyOf(stores);
        this.clients = clients;
        this.epoch = epoch;
        this.stop = stop;
    }

    @Override
    public long mend(Map<TableName, List<RowKey>> wrong) throws SQLException, InterruptedException {
        return rows.mend(wrong);
    }

    @Override
    public long mend(String store) throws SQLException, InterruptedException {
        StoreSweeps sweeps = new StoreSweeps(name);
        session.begin();
        session.tell(handle -> {
            sweeps.add(handle, store);
            sweeps.want(handle, store);
        });
        StoreSweeps.Sweep before = read(sweeps, store);
        boolean live = kept();
        session.commit();
        if (live) {
            log.info("{}: whoever keeps it in step sweeps it", store);
            await(sweeps, before);
        } else {
            for (int i = 0; i < stores.size(); i++) {
                Mapping.Store link = mapping.stores().get(i);
                StoreConfig access = stores.get(i);
                if (link.name().equals(store)) {
                    StoreSweeper.sweep(name, mapping, link, () -> clients.open(access), session, epoch, stop);
                }
            }
        }
        session.begin();
        long written = read(sweeps, store).stamped() - before.stamped();
        session.commit();
        return written;
    }

    private void await(StoreSweeps sweeps, StoreSweeps.Sweep before) throws SQLException, InterruptedException {
        long toldAt = System.nanoTime();
        while (true) {
            session.begin();
            StoreSweeps.Sweep now = read(sweeps, before.store());
            boolean live = kept();
            session.commit();
            if (now.served() >= before.wanted() || !live || !now.trouble().isEmpty()) {
                return;
            }
            if (System.nanoTime() - toldAt > TELL_EVERY.toNanos()) {
                toldAt = System.nanoTime();
                log.info(
                        now.passRuns()
                                ? "{}: {} points swept so far"
                                : "{}: it was swept just now and is swept again in a while; {} points last time",
                        before.store(),
                        now.passRuns() ? now.passPoints() : now.points());
            }
            if (stop.pause(STEP)) {
                throw new InterruptedException("stopped");
            }
        }
    }

    /** By {@code run}, or by a task of the sink. */
    private boolean kept() throws SQLException {
        return session.ask(new Lease(name)::read).live()
                || session.ask(
                        handle -> handle.createQuery("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname ="
                                        + " current_database() AND starts_with(application_name, :keepers))")
                                .bind("keepers", name + "/connect-store-")
                                .mapTo(Boolean.class)
                                .one());
    }

    private StoreSweeps.Sweep read(StoreSweeps sweeps, String store) throws SQLException {
        return session.ask(handle -> sweeps.read(handle, store)).orElseThrow();
    }
}
