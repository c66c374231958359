package dev.lockstep.replay;

import dev.lockstep.model.LockstepException;
import dev.lockstep.model.Lsn;
import dev.lockstep.savepoint.Savepoint;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Which savepoint a replay begins at: the latest at or before what is asked for. Pure. */
final class ReplayStart {

    private static final String SCAN = "`lockstep verify --repair` looks at every row instead";

    private ReplayStart() {}

    /**
     * @param savepoints those that are there, oldest first
     * @throws LockstepException when nothing that far back is kept; it names the earliest that is
     */
    static Savepoint choose(ReplayRequest.From from, List<Savepoint> savepoints) {
        return find(from, savepoints).orElseThrow(() -> refusal(from, savepoints));
    }

    /** Empty when nothing that far back is kept by a savepoint. */
    static Optional<Savepoint> find(ReplayRequest.From from, List<Savepoint> savepoints) {
        return savepoints.stream()
                .filter(Savepoint::usable)
                .filter(s -> covers(s, from))
                .max(Comparator.comparing(s -> Objects.requireNonNull(s.lsn())));
    }

    private static LockstepException refusal(ReplayRequest.From from, List<Savepoint> savepoints) {
        List<Savepoint> usable = savepoints.stream().filter(Savepoint::usable).toList();
        return LockstepException.wrongInput((from instanceof ReplayRequest.FromSavepoint named
                        ? "there is no savepoint " + named.name()
                        : "the changes from " + text(from) + " on are not kept")
                + "; " + kept(usable));
    }

    private static boolean covers(Savepoint savepoint, ReplayRequest.From from) {
        if (from instanceof ReplayRequest.FromLsn at) {
            Lsn lsn = savepoint.lsn();
            return lsn != null && at.lsn().isAtLeast(lsn);
        }
        if (from instanceof ReplayRequest.FromSavepoint named) {
            return savepoint.name().equals(named.name());
        }
        return from instanceof ReplayRequest.FromTime at && !savepoint.at().isAfter(at.time());
    }

    private static String text(ReplayRequest.From from) {
        if (from instanceof ReplayRequest.FromLsn at) {
            return at.lsn().toString();
        }
        return from instanceof ReplayRequest.FromTime at ? at.time().toString() : from.toString();
    }

    private static String kept(List<Savepoint> usable) {
        return usable.isEmpty()
                ? "there is no savepoint to go back to; " + SCAN
                : "the earliest is savepoint " + usable.get(0).name() + ", from "
                        + usable.get(0).lsn() + " (" + usable.get(0).at() + ") on; " + SCAN;
    }
}
