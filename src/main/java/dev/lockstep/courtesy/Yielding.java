package dev.lockstep.courtesy;

import java.time.Duration;

/**
 * How far the stream steps back for the writers of a crowded machine: by its priority, or else by resting, so that what it
 * costs is paid when they are done: a controller on the lag, as a less-than-best-effort transport's on the delay (RFC 6817). Up to half of the
 * limit nothing is done at all; from there on a piece is followed by a rest many times its length, which shrinks with the
 * third power of what is left to the limit. So a crowd that stays is kept up with well below the limit: were the rest proportional, the
 * balance would be a hundredth below it. At the limit there is no rest. Pure.
 */
final class Yielding {

    /** Rest after a piece in lengths of the piece, at half of the limit. */
    private static final int MOST = 40;

    /** A piece that took no time at all would be followed by the next at once. */
    private static final Duration LEAST_WORK = Duration.ofMillis(2);

    /** Whoever waits for the position to move takes it to stand still after a minute. */
    private static final Duration LONGEST = Duration.ofSeconds(20);

    /**
     * By which the priority of the stream is lowered. Low enough for writers not to notice, while a session that has a lock in
     * the server still gets a tenth of a processor that one of them wants: at 19 it gets a seventieth, and all of them
     * wait for the lock.
     */
    static final int STEPS = 10;

    private Yielding() {}

    /**
     * The steps of nice due, where the priority can be lowered: then nothing need be put off. From half of the limit on they
     * become fewer, so the lag of a crowd that stays comes to rest where the stream has just the priority it needs.
     *
     * @param age as below
     * @param limit a lag at which the stream has the priority it had before
     */
    static int steps(Duration age, Duration limit) {
        Duration half = limit.dividedBy(2);
        if (age.compareTo(half) < 0) {
            return STEPS;
        }
        long left = limit.minus(age).toMillis();
        return left <= 0
                ? 0
                : (int) Math.ceil((double) STEPS * left / limit.minus(half).toMillis());
    }

    /**
     * The rest due after so much work.
     *
     * @param age of the oldest change that waits, by clocks of one machine; one that is in the future does not lag
     * @param limit a lag at which nothing is put off any more
     */
    static Duration rest(Duration worked, Duration age, Duration limit) {
        Duration lag = age.isNegative() ? Duration.ZERO : age;
        Duration half = limit.dividedBy(2).compareTo(LONGEST) < 0 ? limit.dividedBy(2) : LONGEST;
        if (lag.compareTo(half) < 0) {
            return half.minus(lag);
        }
        double share = limit.isZero()
                ? 0
                : (double) limit.minus(lag).toMillis() / limit.minus(half).toMillis();
        if (share <= 0) {
            return Duration.ZERO;
        }
        long work = Math.max(worked.toNanos(), LEAST_WORK.toNanos());
        Duration rest = Duration.ofNanos((long) (work * MOST * share * share * share));
        Duration left = limit.minus(lag);
        return rest.compareTo(left) < 0 ? rest : left;
    }
}
