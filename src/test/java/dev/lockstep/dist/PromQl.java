package dev.lockstep.dist;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What a query asks for.
 *
 * @param selectors the metrics in it, in order
 * @param grouping labels that results are grouped or matched by
 */
record PromQl(List<Selector> selectors, Set<String> grouping) {

    private static final Pattern TOKEN = Pattern.compile(
            "\"(?:\\\\.|[^\"\\\\])*\"|'(?:\\\\.|[^'\\\\])*'|\\[[^]]*]|[a-zA-Z_:][\\w:]*|\\d[\\w.]*|=~|!~|!=|\\S");
    private static final Set<String> LABEL_LISTS =
            Set.of("by", "without", "on", "ignoring", "group_left", "group_right");
    private static final Set<String> WORDS = Set.of("and", "or", "unless", "bool", "offset", "inf", "nan", "atan2");
    private static final Set<String> AGGREGATIONS = Set.of(
            "sum",
            "min",
            "max",
            "avg",
            "count",
            "group",
            "stddev",
            "stdvar",
            "topk",
            "bottomk",
            "quantile",
            "count_values");

    /**
     * A metric and the values its labels have to match, each with its operator before it.
     *
     * @param labels such as {@code state → ="done"}
     */
    record Selector(String metric, Map<String, String> labels) {}

    static PromQl parse(String query) {
        List<String> tokens =
                TOKEN.matcher(query).results().map(token -> token.group()).toList();
        List<Selector> selectors = new ArrayList<>();
        Set<String> grouping = new HashSet<>();
        for (int i = 0; i < tokens.size(); i++) {
            String token = tokens.get(i);
            String next = i + 1 < tokens.size() ? tokens.get(i + 1) : "";
            if (LABEL_LISTS.contains(token) && next.equals("(")) {
                int end = tokens.subList(i, tokens.size()).indexOf(")") + i;
                tokens.subList(i + 2, end).stream().filter(PromQl::isName).forEach(grouping::add);
                i = end;
            } else if (isName(token)
                    && !next.equals("(")
                    && !WORDS.contains(token)
                    && !LABEL_LISTS.contains(token)
                    && !(AGGREGATIONS.contains(token) && LABEL_LISTS.contains(next))) {
                Map<String, String> labels = new TreeMap<>();
                if (next.equals("{")) {
                    int end = tokens.subList(i, tokens.size()).indexOf("}") + i;
                    for (int at = i + 2; at + 2 < end + 1; at += 4) {
                        labels.put(tokens.get(at), tokens.get(at + 1) + tokens.get(at + 2));
                    }
                    i = end;
                }
                selectors.add(new Selector(token, labels));
            }
        }
        return new PromQl(selectors, grouping);
    }

    private static boolean isName(String token) {
        return token.matches("[a-zA-Z_:][\\w:]*");
    }
}
