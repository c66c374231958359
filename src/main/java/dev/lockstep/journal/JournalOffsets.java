package dev.lockstep.journal;

import dev.lockstep.model.LockstepException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A place in the journal: the next offset of each partition that is read. Written {@code 0:1200 1:1187}. */
public record JournalOffsets(SortedMap<Integer, Long> next) {

    private static final Pattern ONE = Pattern.compile("([0-9]{1,9}):([0-9]{1,18})");

    public JournalOffsets {
        next = new TreeMap<>(next);
    }

    /** @throws LockstepException when one of them does not look like PARTITION:OFFSET, or a partition comes twice */
    public static JournalOffsets parse(String option, Collection<String> texts) {
        SortedMap<Integer, Long> next = new TreeMap<>();
        for (String text : texts) {
            Matcher one = ONE.matcher(text);
            if (!one.matches()) {
                throw LockstepException.wrongInput(option + ": " + text + " is no PARTITION:OFFSET, such as 0:1200");
            }
            if (next.put(Integer.valueOf(one.group(1)), Long.valueOf(one.group(2))) != null) {
                throw LockstepException.wrongInput(option + ": partition " + one.group(1) + " is named twice");
            }
        }
        return new JournalOffsets(next);
    }

    /** What {@link #toString} wrote. */
    public static JournalOffsets stored(String text) {
        return parse("the stored replay", text.isEmpty() ? List.of() : List.of(text.split(" ")));
    }

    /** Whether nothing up to {@code end} is left to be read. */
    public boolean reached(JournalOffsets end) {
        return next.entrySet().stream()
                .allMatch(at -> at.getValue() >= end.next().getOrDefault(at.getKey(), 0L));
    }

    @Override
    public String toString() {
        return next.entrySet().stream().map(JournalOffsets::one).collect(Collectors.joining(" "));
    }

    private static String one(Map.Entry<Integer, Long> entry) {
        return entry.getKey() + ":" + entry.getValue();
    }
}
