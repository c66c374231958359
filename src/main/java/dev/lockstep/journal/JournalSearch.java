package dev.lockstep.journal;

import dev.lockstep.journal.JournalReader.Range;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where in a partition the changes begin that are behind a point. A partition holds its changes in commit order but for
 * runs that were sent again from further back, so: behind a record that is before the point all that are behind it come,
 * or come again. That is what the bisection rests on; it needs no order else. Pure but for the pages it asks for.
 */
public final class JournalSearch {

    private final Pages pages;

    /** Some records of a partition from an offset on, at least one. */
    interface Pages {
        List<JournalEntry> from(int partition, long offset) throws InterruptedException;
    }

    /** On which side of the point a change was committed. */
    public enum Side {
        BEFORE,
        BEHIND,
        /** The record does not say; one that comes after it will. */
        UNKNOWN
    }

    /** Tells the side. */
    public interface Point {
        Side side(JournalRecord change);
    }

    JournalSearch(Pages pages) {
        this.pages = pages;
    }

    public static JournalSearch of(JournalReader reader) {
        return new JournalSearch(reader::page);
    }

    /** An offset at or after which every change of the partition stands that is behind the point. */
    public long first(int partition, Range kept, Point point) throws InterruptedException {
        long low = kept.begin();
        long high = kept.end();
        while (low < high) {
            long middle = low + (high - low) / 2;
            Told told = tell(partition, middle, high, point);
            if (told.side() == Side.BEFORE) {
                low = told.offset() + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The first record of the partition that tells its side; null when none does. */
    public @Nullable JournalRecord head(int partition, Range kept, Point point) throws InterruptedException {
        for (long offset = kept.begin(); offset < kept.end(); ) {
            for (JournalEntry entry : pages.from(partition, offset)) {
                if (point.side(entry.change()) != Side.UNKNOWN) {
                    return entry.change();
                }
                offset = entry.offset() + 1;
            }
        }
        return null;
    }

    private record Told(long offset, Side side) {}

    private Told tell(int partition, long from, long end, Point point) throws InterruptedException {
        for (long offset = from; offset < end; ) {
            for (JournalEntry entry : pages.from(partition, offset)) {
                Side side = point.side(entry.change());
                if (side != Side.UNKNOWN && entry.offset() < end) {
                    return new Told(entry.offset(), side);
                }
                offset = entry.offset() + 1;
            }
        }
        return new Told(end, Side.UNKNOWN);
    }
}
