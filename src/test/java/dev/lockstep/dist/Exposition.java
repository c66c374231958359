package dev.lockstep.dist;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A scrape in Prometheus' text format.
 *
 * @param samples by name, each label with the values it has
 * @param withoutNumber names of those that have NaN for a value
 */
record Exposition(Map<String, Map<String, Set<String>>> samples, Set<String> withoutNumber) {

    private static final Pattern SAMPLE = Pattern.compile("(?m)^([a-zA-Z_:][\\w:]*)(?:\\{(.*)})? (\\S+)$");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:\\\\.|[^\"\\\\])*)\"");

    static Exposition parse(String text) {
        Map<String, Map<String, Set<String>>> samples = new TreeMap<>();
        Set<String> withoutNumber = new TreeSet<>();
        Matcher sample = SAMPLE.matcher(text);
        while (sample.find()) {
            Map<String, Set<String>> labels = samples.computeIfAbsent(sample.group(1), name -> new HashMap<>());
            if (sample.group(3).equals("NaN")) {
                withoutNumber.add(sample.group(1));
            }
            if (sample.group(2) != null) {
                Matcher label = LABEL.matcher(sample.group(2));
                while (label.find()) {
                    labels.computeIfAbsent(label.group(1), name -> new HashSet<>())
                            .add(label.group(2));
                }
            }
        }
        return new Exposition(samples, withoutNumber);
    }
}
