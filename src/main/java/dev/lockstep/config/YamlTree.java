package dev.lockstep.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import dev.lockstep.model.LockstepException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.error.MarkedYAMLException;

/** Reads one YAML document into {@link Node}s with their lines. */
final class YamlTree {

    private final YAMLParser parser;
    private final Variables variables;

    private YamlTree(YAMLParser parser, Variables variables) {
        this.parser = parser;
        this.variables = variables;
    }

    /**
     * The document's top block; an empty one for an empty file.
     *
     * @throws LockstepException naming the line where it is not YAML, has a key twice, or uses what is not set
     */
    static Section read(String file, String yaml, Map<String, String> environment) {
        Variables variables = new Variables(environment);
        Place top = new Place(file, 1, "");
        try (YAMLParser parser = new YAMLFactory().createParser(variables.hide(yaml))) {
            return new YamlTree(parser, variables).document(top);
        } catch (JsonProcessingException e) {
            throw malformed(file, e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Section document(Place top) throws IOException {
        if (parser.nextToken() == null) {
            return Section.empty(top);
        }
        Node node = value(top);
        if (parser.nextToken() != null) {
            throw new Place(top.file(), line(), "").wrong("holds a second document; keep one, without --- in between");
        }
        if (node.isNull()) {
            return Section.empty(top);
        }
        if (node instanceof Section section) {
            return section;
        }
        throw top.wrong("has to be a block of keys such as database:, not " + node.kind());
    }

    private Node value(Place place) throws IOException {
        if (parser.getObjectId() != null || parser.isCurrentAlias()) {
            throw place.wrong("uses a YAML anchor or alias; write the value itself");
        }
        JsonToken token = parser.currentToken();
        return switch (token) {
            case START_OBJECT -> section(place);
            case START_ARRAY -> listing(place);
            case VALUE_NULL -> new Scalar(place, null, "");
            default -> scalar(place, parser.getText());
        };
    }

    private Scalar scalar(Place place, String text) {
        return new Scalar(place, variables.filled(text, place), variables.asWritten(text));
    }

    private Section section(Place place) throws IOException {
        Map<String, Node> entries = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = variables.asWritten(parser.currentName());
            Place at = place.key(shown(key), line());
            parser.nextToken();
            Node first = entries.put(key, value(at));
            if (first != null) {
                throw at.wrong("is there twice, first on line " + first.place().line() + "; remove one of them");
            }
        }
        return new Section(place, entries);
    }

    private Listing listing(Place place) throws IOException {
        List<Node> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(value(place.item(items.size(), line())));
        }
        return new Listing(place, items);
    }

    private int line() {
        return parser.currentTokenLocation().getLineNr();
    }

    /** A forgotten space makes {@code password:secret} a key: what follows the name is not shown. */
    private static String shown(String key) {
        String name = key.replaceFirst("[^A-Za-z0-9_-].*", "…");
        return name.isEmpty() ? "…" : name;
    }

    /** SnakeYAML's own message quotes the line, which may hold a password; its statement of the problem does not. */
    private static LockstepException malformed(String file, JsonProcessingException e) {
        int line = e.getLocation() == null ? 1 : Math.max(1, e.getLocation().getLineNr());
        String problem = "unreadable text";
        if (e.getCause() instanceof MarkedYAMLException marked) {
            line = marked.getProblemMark().getLine() + 1;
            problem = marked.getProblem();
        }
        return new Place(file, line, "").wrong("is not YAML: " + problem + "; indent with spaces, write `key: value`");
    }
}
