package dev.lockstep.cutover;

import dev.lockstep.config.CutoverConfig;
import dev.lockstep.model.Phase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decides whether the direction may be turned. Pure: the same facts give the same answer. */
public final class Gate {

    /** So many rows of each table are read both ways where nobody says otherwise. */
    public static final int READ_KEYS = 100;

    private final CutoverConfig config;

    public Gate(CutoverConfig config) {
        this.config = config;
    }

    /**
     * What keeps the gate shut.
     *
     * @param fact which of the facts
     * @param text what is wrong, with a number
     * @param remedy what to do
     */
    public record Blocker(String fact, String text, String remedy) {

        /** On one line. */
        public String line() {
            return text + ": " + remedy;
        }
    }

    /** Nothing when it is open. */
    public List<Blocker> blockers(GateFacts facts) {
        List<Blocker> all = new ArrayList<>(apartFromEvidence(facts));
        evidence(facts.evidence(), all);
        reads(facts.reads(), all);
        return all;
    }

    private void evidence(GateFacts.@Nullable Evidence evidence, List<Blocker> all) {
        if (evidence == null) {
            all.add(new Blocker("evidence", "nothing was verified yet (0 verifications)", "run `lockstep verify`"));
            return;
        }
        if (!evidence.clean()) {
            all.add(new Blocker(
                    "clean",
                    "the last verification (1 of 1) found rows out of step",
                    "run `lockstep verify --repair`; what it cannot mend, such as a dead letter, it names"));
        }
        if (evidence.age().compareTo(config.evidenceMaxAge()) > 0) {
            all.add(new Blocker(
                    "evidenceAge",
                    "the last verification is " + seconds(evidence.age()) + " old, cutover.evidenceMaxAge is "
                            + seconds(config.evidenceMaxAge()),
                    "run `lockstep verify`"));
        }
        if (!evidence.sameServer()) {
            all.add(new Blocker(
                    "evidenceServer",
                    "the last verification (1 of 1) was made on another server or timeline",
                    "run `lockstep verify` on this one"));
        }
    }

    private void reads(GateFacts.@Nullable Reads reads, List<Blocker> all) {
        String text;
        if (reads == null) {
            text = "nothing was read both ways yet (0 shadow reads)";
        } else if (reads.differing() > 0) {
            text = "by " + reads.differing() + " rows a read by agent differs from the same read by persona";
        } else if (reads.age().compareTo(config.evidenceMaxAge()) > 0) {
            text = "the last shadow reads are " + seconds(reads.age()) + " old, cutover.evidenceMaxAge is "
                    + seconds(config.evidenceMaxAge());
        } else {
            return;
        }
        all.add(new Blocker("reads", text, "run `lockstep verify --reads " + READ_KEYS + "`"));
    }

    /** As {@link #blockers}, but for what a verification would settle. */
    public List<Blocker> apartFromEvidence(GateFacts facts) {
        List<Blocker> all = new ArrayList<>();
        if (facts.phase() == Phase.CONTRACTED) {
            all.add(new Blocker("phase", "the migration is over (phase CONTRACTED)", "there is nothing left to turn"));
        }
        if (!facts.running()) {
            all.add(new Blocker("running", "nothing runs (0 sidecars)", "start `lockstep run`"));
        }
        if (facts.paused()) {
            all.add(new Blocker("paused", "it is paused (1 pause)", "`lockstep throttle --resume`"));
        }
        if (facts.scansOpen() > 0) {
            all.add(new Blocker(
                    "backfill",
                    facts.scansOpen() + " tables are not scanned to the end",
                    "`lockstep run` goes on with them"));
        }
        if (!facts.unbuilt().isEmpty()) {
            all.add(new Blocker(
                    "indexes",
                    facts.unbuilt().size() + " indexes or foreign keys are missing or not valid ("
                            + String.join("; ", facts.unbuilt()) + ")",
                    "`lockstep run` or `lockstep backfill` builds them"));
        }
        if (facts.gapsUnverified() > 0) {
            all.add(new Blocker(
                    "gaps", facts.gapsUnverified() + " gaps are not verified", "run `lockstep verify` after the scan"));
        }
        if (facts.deadLetters() > 0) {
            all.add(new Blocker(
                    "deadLetters",
                    facts.deadLetters() + " rows are set aside",
                    "`lockstep dead-letters list` names each with its reason"));
        }
        lag(facts, all);
        if (facts.storesBehind() > 0) {
            all.add(new Blocker(
                    "vectors",
                    facts.storesBehind() + " vector stores are away or not swept to the end",
                    "see `lockstep status`; `lockstep run` goes on with them"));
        }
        Duration quiet = facts.legacyQuietFor();
        if (quiet != null && quiet.compareTo(config.steady()) < 0) {
            all.add(new Blocker(
                    "census",
                    "an old writer wrote " + seconds(quiet) + " ago, cutover.steadyMinutes asks for "
                            + seconds(config.steady()) + " of quiet",
                    "`lockstep census` says where; switch the old writers off"));
        }
        return all;
    }

    private void lag(GateFacts facts, List<Blocker> all) {
        Duration lag = facts.lag();
        if (lag == null || lag.compareTo(config.maxLag()) > 0) {
            all.add(
                    new Blocker(
                            "lag",
                            "the lag is " + (lag == null ? "not known" : seconds(lag)) + ", cutover.maxLagSeconds is "
                                    + seconds(config.maxLag()),
                            "docs/operating/lag-grows.md; `lockstep throttle --set streamLagSeconds=1` has it put nothing off"));
        }
        if (facts.steadyFor().compareTo(config.steady()) < 0) {
            all.add(new Blocker(
                    "steady",
                    "the lag was beyond cutover.maxLagSeconds, or not watched, " + seconds(facts.steadyFor())
                            + " ago; cutover.steadyMinutes asks for " + seconds(config.steady()),
                    "wait"));
        }
    }

    private static String seconds(Duration time) {
        return time.toSeconds() + " s";
    }
}
