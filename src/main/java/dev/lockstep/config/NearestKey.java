package dev.lockstep.config;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What a misspelt key was meant to be. */
final class NearestKey {

    private NearestKey() {}

    /** {@code did you mean lanes?}, or the list of what there is when nothing is near. */
    static String hint(String key, List<String> known) {
        return known.stream()
                .min(Comparator.comparingInt(k -> distance(key, k)))
                .filter(k -> distance(key, k) <= Math.max(1, Math.min(3, k.length() / 2)))
                .map(k -> "did you mean " + k + "?")
                .orElse("there are " + String.join(", ", known));
    }

    /** Levenshtein's, upper and lower case being the same. */
    private static int distance(String left, String right) {
        String a = left.toLowerCase(Locale.ROOT);
        String b = right.toLowerCase(Locale.ROOT);
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
