package dev.lockstep.soak;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lockstep.model.StopSignal;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.Distribution;
import dev.lockstep.testing.OwnServer;
import dev.lockstep.testing.TestDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Two sidecars on one server under mixed load, with faults at random; only one of the two is ever killed. Nothing drifts,
 * and the one that lives through everything holds on to nothing. {@code -Dlockstep.soak.minutes=30} goes on for longer,
 * {@code -Dlockstep.soak.seed=…} repeats a run's decisions, {@code -Dlockstep.soak.faults=A,B} draws from these alone.
 */
class SoakIT {

    private static final Duration TIME =
            Duration.ofSeconds((long) (60 * Double.parseDouble(System.getProperty("lockstep.soak.minutes", "3"))));
    private static final long SLACK = 4 << 20;
    private static final long FOR_A_MOMENT = 16 << 20;

    /** Of the container and the unit that are shipped. */
    private static final long MOST_MEMORY = 512L << 20;

    /** What comes for a moment. */
    private static final int FEW = 2;

    private final long seed = Long.getLong("lockstep.soak.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Path folder = Path.of("target", "soak", "seed-" + seed).toAbsolutePath();
    private final List<Vitals> samples = new ArrayList<>();
    private final Map<Fault, List<Double>> recoveries = new EnumMap<>(Fault.class);
    private final List<Fault> deck = new ArrayList<>();
    private long began;

    @Test
    void faultsLeaveNoDriftAndNothingPilesUp() throws Exception {
        boolean pascalLives = random.nextBoolean();
        say("seed " + seed + ", " + TIME.toSeconds() + " s, folder " + folder);
        OwnServer server = OwnServer.start(folder.resolve("server"));
        try (server;
                Subject steady = subject("steady", pascalLives ? SoakSchema.PASCAL : SoakSchema.SNAKE, server);
                Subject mortal = subject("mortal", pascalLives ? SoakSchema.SNAKE : SoakSchema.PASCAL, server)) {
            List<Subject> both = List.of(steady, mortal);
            List<SoakWriters> writers = new ArrayList<>();
            for (Subject subject : both) {
                subject.start();
                subject.awaitScanned();
            }
            long scanned = steady.scanned() + mortal.scanned();
            try {
                for (Subject subject : both) {
                    writers.add(new SoakWriters(subject.db(), subject.schema(), random));
                }
                began = System.nanoTime();
                soak(steady, mortal, server);
            } finally {
                writers.forEach(SoakWriters::stop);
            }
            say("committed " + writers.stream().map(SoakWriters::committed).toList() + ", failed "
                    + writers.stream().map(SoakWriters::failed).toList());
            for (Subject subject : both) {
                subject.awaitOnward();
                judge(subject);
            }
            assertThat(steady.scanned() + mortal.scanned()).as("rows by scans").isEqualTo(scanned);
            for (SoakWriters writer : writers) {
                assertThat(writer.failed()).as("a writer is never the victim").doesNotContainKeys("40P01", "55P03");
                assertThat(writer.committed()).isGreaterThan(10 * TIME.toSeconds());
            }
            calm(steady);
            for (Subject subject : both) {
                subject.stop();
            }
        } finally {
            say(Vitals.HEADER);
            samples.forEach(sample -> say(sample.line()));
            recoveries.forEach((fault, seconds) -> say(fault + ": in step again after " + seconds + " s"));
        }
        server.discard();
    }

    private Subject subject(String name, SoakSchema schema, OwnServer server) throws Exception {
        TestDatabase database = server.database();
        return new Subject(name, schema, database, server.port(), folder.resolve(name));
    }

    /** Faults, each waited for until both have caught up, with a sample now and then. */
    private void soak(Subject steady, Subject mortal, OwnServer server) throws Exception {
        long between = Math.max(20, Math.min(60, TIME.toSeconds() / 9));
        warm(steady);
        sample(steady, mortal);
        boolean verified = false;
        while (seconds() < TIME.toSeconds()) {
            new StopSignal().pause(Duration.ofMillis(random.nextInt(3000)));
            Fault fault = draw();
            Subject subject = fault == Fault.KILL || random.nextBoolean() ? mortal : steady;
            double at = seconds();
            fault.strike(subject, server, random);
            double over = seconds();
            steady.awaitOnward();
            mortal.awaitOnward();
            subject.network().bury();
            double again = seconds();
            recoveries.computeIfAbsent(fault, any -> new ArrayList<>()).add(Math.round(10 * (again - over)) / 10.0);
            say(String.format(
                    "%6.1f %s of %s, for %.1f s; in step %.1f s later",
                    at, fault, subject.name(), over - at, again - over));
            if (seconds() - samples.get(samples.size() - 1).seconds() >= between) {
                sample(steady, mortal);
            }
            if (!verified || random.nextInt(10) == 0) {
                verified = true;
                Distribution.Ended ended = (random.nextBoolean() ? steady : mortal).verify();
                assertThat(ended.exitCode()).as(ended.out() + ended.err()).isZero();
            }
        }
    }

    /** Every fault comes before one comes again. */
    private Fault draw() {
        if (deck.isEmpty()) {
            String chosen = System.getProperty("lockstep.soak.faults", "");
            for (String name : chosen.isBlank() ? List.<String>of() : List.of(chosen.split(",", -1))) {
                deck.add(Fault.valueOf(name));
            }
            if (chosen.isBlank()) {
                deck.addAll(List.of(Fault.values()));
            }
            Collections.shuffle(deck, random);
        }
        return deck.remove(deck.size() - 1);
    }

    /** What is loaded and opened once is there. */
    private static void warm(Subject steady) throws Exception {
        steady.terminate(" AND backend_type = 'walsender'");
        steady.awaitOnward();
        steady.db().execute(steady.schema().insert(3000)); // the second lane connects for a large batch only
        steady.awaitOnward();
        Distribution.Ended ended = steady.verify();
        assertThat(ended.exitCode()).as(ended.out() + ended.err()).isZero();
    }

    private void sample(Subject steady, Subject mortal) throws Exception {
        samples.add(mortal.vitals((long) seconds()));
        samples.add(steady.vitals((long) seconds()));
        say(samples.get(samples.size() - 2).line());
        say(samples.get(samples.size() - 1).line());
    }

    private static void judge(Subject subject) throws Exception {
        assertThat(subject.schema().judge.outOfStep(subject.db()))
                .as("rows of " + subject.name() + " out of step")
                .isZero();
        assertThat(subject.db().rows("SELECT reason, detail FROM " + subject.name() + ".gap"))
                .as("gaps of " + subject.name())
                .isEmpty();
        assertThat(subject.db().rows("SELECT table_name, sqlstate, reason FROM " + subject.name() + ".dead_letter"))
                .as("dead letters of " + subject.name())
                .isEmpty();
    }

    private void calm(Subject steady) throws Exception {
        List<Vitals> lived = samples.stream()
                .filter(sample -> sample.name().equals(steady.name()))
                .toList();
        Vitals first = lived.get(0);
        assertThat(lived)
                .as("it was never killed")
                .allMatch(sample -> sample.pid() == steady.process().pid());
        Await.until(
                "as few connections as at first: " + first.connections(),
                () -> steady.connections() <= first.connections());
        long[] threads = {0};
        try {
            Await.until("as few threads as at first", () -> {
                threads[0] = steady.threads();
                return threads[0] <= first.threads();
            });
        } catch (AssertionError e) {
            throw new AssertionError(
                    threads[0] + " threads, at first " + first.threads() + ": "
                            + Vitals.threadNames(steady.process().pid()),
                    e);
        }
        Vitals last = steady.vitals((long) seconds());
        samples.add(last);
        assertThat(last.engines()).as("engines").isLessThanOrEqualTo(1);
        assertThat(last.files()).as("open files").isLessThanOrEqualTo(first.files() + FEW);
        assertThat(last.sessions()).as("sessions that can be reached").isLessThanOrEqualTo(first.sessions() + FEW);
        assertThat(last.peak()).as("memory, at most").isLessThan(MOST_MEMORY);
        List<Long> early = lived.subList(0, Math.max(1, lived.size() / 3)).stream()
                .map(Vitals::heap)
                .sorted()
                .toList();
        double before = 1.3 * early.get(early.size() / 2);
        assertThat((double) last.heap()).as("live heap").isLessThanOrEqualTo(before + FOR_A_MOMENT);
        double most = before + SLACK;
        Await.until( // what is in use for a moment goes by itself
                "a live heap of at most " + most / 1e6 + " MB",
                () -> steady.vitals((long) seconds()).heap() <= most);
    }

    private double seconds() {
        return (System.nanoTime() - began) / 1e9;
    }

    private static void say(String line) {
        System.out.println("soak: " + line);
    }
}
