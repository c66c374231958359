package dev.lockstep.config;

import dev.lockstep.model.Conflict;
import java.time.Duration;

/**
 * When the cutover gate opens, and who wins after it.
 *
 * @param maxLag most lag at the moment of the cutover
 * @param steady how long the lag has to have stayed under that
 * @param evidenceMaxAge how old a clean verification may be
 * @param conflict what becomes of a row whose persona and agent are both set and disagree
 */
public record CutoverConfig(Duration maxLag, Duration steady, Duration evidenceMaxAge, Conflict conflict) {

    public static final CutoverConfig DEFAULT =
            new CutoverConfig(Duration.ofSeconds(5), Duration.ofMinutes(10), Duration.ofHours(1), Conflict.REPORT);
}
