package dev.lockstep.cutover;

import dev.lockstep.model.Cost;
import dev.lockstep.model.Phase;
import dev.lockstep.verify.VerifyReport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of turning.
 *
 * @param turned whether the new direction is in force, and everything in step with it
 * @param phase as it is now, as `status` calls it
 * @param blockers what kept it from being turned; empty when it was
 * @param notes what the operator should know; nothing of it stops anything
 * @param steps what was done, or, of a dry run, would be
 * @param verification of the new direction; null when it did not come to that
 * @param cost what it took; null of a dry run
 */
public record TurnReport(
        boolean turned,
        String phase,
        List<Gate.Blocker> blockers,
        List<String> notes,
        List<String> steps,
        @Nullable VerifyReport verification,
        @Nullable Cost cost) {

    public TurnReport {
        blockers = List.copyOf(blockers);
        notes = List.copyOf(notes);
        steps = List.copyOf(steps);
    }

    static TurnReport of(
            boolean turned,
            Phase phase,
            List<Gate.Blocker> blockers,
            List<String> notes,
            List<String> steps,
            @Nullable VerifyReport verification) {
        String name = phase == Phase.SYNC ? "SYNCING" : phase.name();
        return new TurnReport(turned, name, blockers, notes, steps, verification, null);
    }

    TurnReport withCost(Cost took) {
        return new TurnReport(turned, phase, blockers, notes, steps, verification, took);
    }

    static TurnReport shut(Phase phase, List<Gate.Blocker> blockers, List<String> notes) {
        return of(false, phase, blockers, notes, List.of(), null);
    }
}
