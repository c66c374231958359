package dev.lockstep.config;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A single value, its variables filled in.
 *
 * @param value the text; null for {@code null} and for nothing at all
 * @param written as it stands in the file. Messages show this one, so never what a variable holds
 */
record Scalar(Place place, @Nullable String value, String written) implements Node {

    private static final Pattern SPAN = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

    @Override
    public String kind() {
        return value == null ? "empty" : "a single value";
    }

    @Override
    public boolean isNull() {
        return value == null;
    }

    String text() {
        if (value == null) {
            throw place.wrong("has to be text, not empty; write a value or remove the key");
        }
        return value;
    }

    int integer(int least, int most) {
        String wanted = "has to be a whole number from " + least + " to " + most + ", not " + shown();
        try {
            int number = Integer.parseInt(text());
            if (number < least || number > most) {
                throw place.wrong(wanted);
            }
            return number;
        } catch (NumberFormatException e) {
            throw place.wrong(wanted);
        }
    }

    /** A length of time with its unit: {@code 500ms}, {@code 90s}, {@code 10m}, {@code 1h}, {@code 7d}. */
    Duration span(Duration least, Duration most) {
        Matcher span = SPAN.matcher(text());
        if (!span.matches()) {
            throw place.wrong("has to be a length of time such as 90s, 10m or 1h, not " + shown());
        }
        long amount = Long.parseLong(span.group(1));
        Duration length = switch (span.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
        if (length.compareTo(least) < 0 || length.compareTo(most) > 0) {
            throw place.wrong("has to be from " + least.toSeconds() + "s to " + most.toDays() + "d, not " + shown());
        }
        return length;
    }

    /** One of the constants of {@code type}, written in lower case. */
    <E extends Enum<E>> E choice(Class<E> type) {
        for (E constant : type.getEnumConstants()) {
            if (word(constant).equals(text())) {
                return constant;
            }
        }
        String words = Arrays.stream(type.getEnumConstants()).map(Scalar::word).collect(Collectors.joining(", "));
        throw place.wrong("has to be one of " + words + ", not " + shown());
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private String shown() {
        return "'" + written + "'";
    }
}
