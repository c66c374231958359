package dev.lockstep.throttle;

import java.time.Duration;

/**
 * How long the stream steps back for the writers of a crowded machine, so that what it costs is paid when they are
 * done: a proportional controller on the lag, as a less-than-best-effort transport's on the delay (RFC 6817). Up to half of the
 * limit nothing is done at all, for a large batch costs less than many small ones; from there on a batch is followed by
 * a rest many times its length, which shrinks with the lag. At the limit there is none, so a crowd that stays is kept up
 * with at a lag below the limit. Pure.
 */
final class Yielding {

    /** Rest after a batch in lengths of the batch, at half of the limit. */
    private static final int MOST = 40;

    /** A batch that took no time at all would be followed by the next at once. */
    private static final Duration LEAST_WORK = Duration.ofMillis(5);

    /** Whoever waits for the position to move takes it to stand still after a minute. */
    private static final Duration LONGEST = Duration.ofSeconds(20);

    private Yielding() {}

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
        Duration rest = Duration.ofNanos((long) (work * MOST * share));
        Duration left = limit.minus(lag);
        return rest.compareTo(left) < 0 ? rest : left;
    }
}
