package dev.lockstep.rehearse;

import dev.lockstep.rehearse.RehearsalReport.Live.RowsBy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** From what a copy took to what the live database will take: by the rule of three, with every assumption said. Pure. */
final class Forecaster {

    /** What the catalog alone takes, however many rows there are. */
    private static final String EXPAND = "expand";

    private static final String BACKFILL = "backfill";

    /** A copy that is filled no faster than the live database writes would never be done. */
    private static final double MOST_SHARE = 0.95;

    private final RehearsalReport.Live live;
    private final double rows;
    private final double size;
    private final double share;

    /** @param phases as rehearsed */
    Forecaster(List<RehearsalReport.Phase> phases, RehearsalReport.Live live) {
        this.live = live;
        this.rows =
                ratio(sum(live, RehearsalReport.Live.Table::rows), sum(live, RehearsalReport.Live.Table::rowsInCopy));
        this.size = ratio(
                sum(live, RehearsalReport.Live.Table::heapBytes),
                sum(live, RehearsalReport.Live.Table::heapBytesInCopy));
        double pace = phases.stream()
                .filter(phase -> phase.phase().equals(BACKFILL))
                .mapToDouble(phase -> ratio((double) phase.rows(), phase.seconds()))
                .findFirst()
                .orElse(0);
        this.share = pace == 0 ? 0 : live.writesPerSecond() / pace;
    }

    private static double sum(RehearsalReport.Live live, ToLongFunction<RehearsalReport.Live.Table> part) {
        return (double) live.tables().stream().mapToLong(part).sum();
    }

    private static double ratio(double of, double to) {
        return to <= 0 ? 1 : of / to;
    }

    List<RehearsalReport.Forecast> of(List<RehearsalReport.Phase> phases) {
        return phases.stream().map(this::of).toList();
    }

    private RehearsalReport.Forecast of(RehearsalReport.Phase phase) {
        boolean grows = !phase.phase().equals(EXPAND);
        double byRows = grows ? rows : 1;
        Double seconds = seconds(phase, grows);
        return new RehearsalReport.Forecast(
                phase.phase(),
                Math.round(phase.rows() * byRows),
                seconds,
                seconds == null ? null : Math.round(phase.walBytes() * byRows + live.walBytesPerSecond() * seconds),
                Math.round(phase.heapBytes() * byRows),
                Math.round(phase.indexBytes() * byRows));
    }

    private @Nullable Double seconds(RehearsalReport.Phase phase, boolean grows) {
        double alone = phase.seconds() * (grows ? Math.max(rows, size) : 1);
        if (!phase.phase().equals(BACKFILL)) {
            return alone;
        }
        return share >= MOST_SHARE ? null : Double.valueOf(alone / (1 - share));
    }

    List<String> assumptions() {
        List<String> all = new ArrayList<>();
        all.add(String.format(
                Locale.ROOT,
                "the live tables have %.2f times the copy's rows (%s) and %.2f times its bytes; rows, WAL and growth go with the"
                        + " rows, time with the larger of the two; expand takes the same whatever the size",
                rows,
                origin(),
                size));
        all.add(String.format(
                Locale.ROOT,
                "the live database goes on writing %,.0f rows and %,.0f kB of WAL a second, as in the seconds before the"
                        + " rehearsal; the stream takes %.0f %% of the backfill's pace for them",
                live.writesPerSecond(),
                live.walBytesPerSecond() / 1024,
                100 * share));
        if (share >= MOST_SHARE) {
            all.add("at that rate the backfill would not come to its end on such a machine");
        }
        all.add(
                "the live server and the way to it are as fast as the copy's, nothing slows the scans down (`lockstep throttle`),"
                        + " and nobody holds a lock that is asked for");
        all.add("a cutover also waits for cutover.steadyMinutes of quiet before it; that is not counted");
        return all;
    }

    /** Where the live numbers of rows are from, in words. */
    private String origin() {
        if (live.tables().stream().allMatch(table -> table.rowsBy() == RowsBy.COUNT)) {
            return "it was copied just now";
        }
        String unknown = live.tables().stream()
                .filter(table -> table.rowsBy() == RowsBy.BYTES)
                .map(RehearsalReport.Live.Table::table)
                .collect(Collectors.joining(", "));
        return "by the live server's statistics"
                + (unknown.isEmpty() ? "" : "; of " + unknown + ", never analyzed there, by its bytes");
    }
}
