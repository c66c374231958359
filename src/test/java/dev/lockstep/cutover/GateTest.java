package dev.lockstep.cutover;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.config.CutoverConfig;
import dev.lockstep.model.Conflict;
import dev.lockstep.model.Phase;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each fact alone keeps the gate shut, and only beyond its limit. */
class GateTest {

    private static final CutoverConfig CONFIG =
            new CutoverConfig(Duration.ofSeconds(5), Duration.ofMinutes(10), Duration.ofHours(1), Conflict.REPORT);

    private static final GateFacts FINE = new GateFacts(
            Phase.SYNC,
            true,
            false,
            0,
            List.of(),
            0,
            0,
            Duration.ofSeconds(5),
            Duration.ofMinutes(10),
            0,
            Duration.ofMinutes(10),
            new GateFacts.Evidence(true, Duration.ofHours(1), true),
            new GateFacts.Reads(0, Duration.ofHours(1)));

    private final Gate gate = new Gate(CONFIG);

    @Test
    void isOpenAtTheLimitOfEverything() {
        assertThat(gate.blockers(FINE)).isEmpty();
        assertThat(gate.blockers(with(change(f -> f.quiet = null))))
                .as("no old writer ever wrote")
                .isEmpty();
    }

    static Stream<Arguments> alone() {
        return Stream.of(
                Arguments.of("phase", change(f -> f.phase = Phase.CONTRACTED)),
                Arguments.of("running", change(f -> f.running = false)),
                Arguments.of("paused", change(f -> f.paused = true)),
                Arguments.of("backfill", change(f -> f.scans = 1)),
                Arguments.of("indexes", change(f -> f.unbuilt = List.of("Index a"))),
                Arguments.of("gaps", change(f -> f.gaps = 1)),
                Arguments.of("deadLetters", change(f -> f.letters = 1)),
                Arguments.of("lag", change(f -> f.lag = Duration.ofMillis(5001))),
                Arguments.of("lag", change(f -> f.lag = null)),
                Arguments.of("steady", change(f -> f.steady = Duration.ofSeconds(599))),
                Arguments.of("vectors", change(f -> f.stores = 1)),
                Arguments.of("census", change(f -> f.quiet = Duration.ofSeconds(599))),
                Arguments.of("evidence", change(f -> f.evidence = null)),
                Arguments.of("clean", change(f -> f.evidence = new GateFacts.Evidence(false, Duration.ZERO, true))),
                Arguments.of(
                        "evidenceAge",
                        change(f -> f.evidence = new GateFacts.Evidence(true, Duration.ofMillis(3_600_001), true))),
                Arguments.of(
                        "evidenceServer", change(f -> f.evidence = new GateFacts.Evidence(true, Duration.ZERO, false))),
                Arguments.of("reads", change(f -> f.reads = null)),
                Arguments.of("reads", change(f -> f.reads = new GateFacts.Reads(1, Duration.ZERO))),
                Arguments.of("reads", change(f -> f.reads = new GateFacts.Reads(0, Duration.ofMillis(3_600_001)))));
    }

    @ParameterizedTest
    @MethodSource
    void alone(String fact, UnaryOperator<Draft> change) {
        List<Gate.Blocker> blockers = gate.blockers(with(change));

        assertThat(blockers).extracting(Gate.Blocker::fact).containsExactly(fact);
        assertThat(blockers.get(0).remedy()).isNotBlank();
        assertThat(blockers.get(0).text()).as("a number, or why there is none").containsPattern("[0-9]|CONTRACTED");
    }

    @Test
    void aFreshVerificationWouldSettleTheEvidenceAlone() {
        assertThat(gate.apartFromEvidence(with(change(f -> f.evidence = null)))).isEmpty();
        assertThat(gate.apartFromEvidence(with(change(f -> f.reads = null)))).isEmpty();
        assertThat(gate.apartFromEvidence(with(change(f -> f.letters = 2)))).hasSize(1);
    }

    private interface Setting {
        void on(Draft facts);
    }

    private static UnaryOperator<Draft> change(Setting setting) {
        return facts -> {
            setting.on(facts);
            return facts;
        };
    }

    private static GateFacts with(UnaryOperator<Draft> change) {
        return change.apply(new Draft()).facts();
    }

    /** The facts, to be changed one by one. */
    static final class Draft {
        private Phase phase = FINE.phase();
        private boolean running = FINE.running();
        private boolean paused = FINE.paused();
        private long scans = FINE.scansOpen();
        private List<String> unbuilt = FINE.unbuilt();
        private long gaps = FINE.gapsUnverified();
        private long letters = FINE.deadLetters();
        private Duration lag = FINE.lag();
        private Duration steady = FINE.steadyFor();
        private long stores = FINE.storesBehind();
        private Duration quiet = FINE.legacyQuietFor();
        private GateFacts.Evidence evidence = FINE.evidence();
        private GateFacts.Reads reads = FINE.reads();

        GateFacts facts() {
            return new GateFacts(
                    phase, running, paused, scans, unbuilt, gaps, letters, lag, steady, stores, quiet, evidence, reads);
        }
    }
}
