package dev.lockstep.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.capture.GuardFacts.Slot;
import dev.lockstep.capture.GuardFacts.Violation;
import dev.lockstep.model.Lsn;
import dev.lockstep.model.Position;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GuardFactsTest {

    private static final long SYSTEM = 77;
    private static final Slot GOOD = new Slot(true, "reserved", "", lsn(90), lsn(100));
    private static final Position AT_100 = new Position(lsn(100), SYSTEM, 1, Instant.EPOCH);

    @Test
    void whatFitsPasses() {
        assertThat(facts(GOOD, AT_100).violations()).isEmpty();
        assertThat(facts(new Slot(true, "extended", "", lsn(90), lsn(80)), AT_100)
                        .violations())
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource
    void whatCouldHaveLostChangesIsNamed(String id, GuardFacts facts) {
        assertThat(facts.violations()).extracting(Violation::id).containsExactly(id);
    }

    static Stream<Arguments> whatCouldHaveLostChangesIsNamed() {
        return Stream.of(
                Arguments.of("slot-missing", facts(null, AT_100)),
                Arguments.of("slot-foreign", facts(new Slot(false, "reserved", "", lsn(90), lsn(100)), AT_100)),
                Arguments.of("slot-invalidated", facts(new Slot(true, "lost", "", lsn(90), lsn(100)), AT_100)),
                Arguments.of("slot-invalidated", facts(new Slot(true, "unreserved", "", lsn(90), lsn(100)), AT_100)),
                Arguments.of(
                        "slot-invalidated",
                        facts(new Slot(true, "reserved", "wal_removed", lsn(90), lsn(100)), AT_100)),
                Arguments.of("slot-invalidated", facts(new Slot(true, "reserved", "", null, lsn(100)), AT_100)),
                Arguments.of("slot-ahead", facts(new Slot(true, "reserved", "", lsn(90), lsn(101)), AT_100)),
                Arguments.of("position-missing", facts(GOOD, null)),
                Arguments.of("other-server", facts(GOOD, new Position(lsn(100), 78, 1, Instant.EPOCH))),
                Arguments.of("other-timeline", facts(GOOD, new Position(lsn(100), SYSTEM, 2, Instant.EPOCH))),
                Arguments.of("position-ahead", facts(GOOD, new Position(lsn(501), SYSTEM, 1, Instant.EPOCH))),
                Arguments.of(
                        "publication-altered",
                        new GuardFacts(GOOD, AT_100, SYSTEM, 1, lsn(500), List.of("it does not publish x"), false)));
    }

    /** The slot of a promoted standby is as good as the one it is a copy of; with anything else amiss it is not. */
    @Test
    void theStreamGoesOnAfterAFailoverAlone() {
        Position before = new Position(lsn(100), SYSTEM, 2, Instant.EPOCH);
        assertThat(GuardFacts.streamGoesOn(facts(GOOD, before).violations())).isTrue();
        assertThat(GuardFacts.streamGoesOn(facts(GOOD, AT_100).violations())).isFalse();
        assertThat(GuardFacts.streamGoesOn(facts(null, before).violations())).isFalse();
        assertThat(GuardFacts.streamGoesOn(facts(new Slot(true, "lost", "", lsn(90), lsn(100)), before)
                        .violations()))
                .isFalse();
    }

    private static GuardFacts facts(@Nullable Slot slot, @Nullable Position position) {
        return new GuardFacts(slot, position, SYSTEM, 1, lsn(500), List.of(), false);
    }

    private static Lsn lsn(long value) {
        return new Lsn(value);
    }
}
