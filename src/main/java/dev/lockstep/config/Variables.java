package dev.lockstep.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The variables of one file: a dollar sign and, in braces, {@code NAME} or {@code NAME:-default}. They are hidden from
 * the YAML parser behind marks, so that they may stand unquoted anywhere, also within a one-line block, and so that what
 * they hold is never read as YAML. A doubled dollar sign stands for the text itself.
 */
final class Variables {

    private static final Pattern USE = Pattern.compile("\\$\\$\\{|\\$\\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}\\r\\n]*))?}");

    /** Private-use characters, which YAML takes as ordinary text. */
    private static final Pattern MARK = Pattern.compile("\uE000(\\d+)\uE001");

    private final Map<String, String> environment;
    private final List<Use> uses = new ArrayList<>();

    /** @param name null for the escape of a literal */
    private record Use(
            String written, @Nullable String name, @Nullable String otherwise) {}

    Variables(Map<String, String> environment) {
        this.environment = environment;
    }

    /** The file's text with marks in place of the variables; lines stay lines. */
    String hide(String yaml) {
        return USE.matcher(yaml).replaceAll(use -> {
            uses.add(new Use(use.group(), use.group(1), use.group(2)));
            return "\uE000" + (uses.size() - 1) + "\uE001";
        });
    }

    /** The text as the file has it. */
    String asWritten(String text) {
        return MARK.matcher(text)
                .replaceAll(mark -> Matcher.quoteReplacement(use(mark.group(1)).written()));
    }

    /**
     * The text with the values.
     *
     * @throws dev.lockstep.model.LockstepException when a variable without default is not set
     */
    String filled(String text, Place place) {
        if (text.contains("${")) {
            throw place.wrong(
                    "has a ${ that begins no variable; write ${NAME} or ${NAME:-default}, or $${ for the text");
        }
        return MARK.matcher(text).replaceAll(mark -> Matcher.quoteReplacement(value(use(mark.group(1)), place)));
    }

    private Use use(String index) {
        return uses.get(Integer.parseInt(index));
    }

    private String value(Use use, Place place) {
        if (use.name() == null) {
            return "${";
        }
        String set = environment.get(use.name());
        if (use.otherwise() != null) {
            return set == null || set.isEmpty() ? use.otherwise() : set;
        }
        if (set == null) {
            throw place.wrong("needs the environment variable " + use.name()
                    + ", which is not set; export it, or write ${" + use.name() + ":-default}");
        }
        return set;
    }
}
