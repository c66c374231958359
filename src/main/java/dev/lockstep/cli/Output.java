package dev.lockstep.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.PrintStream;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A command's result on stdout, in the form the user asked for. */
final class Output {

    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** In lower case, as they are written on the command line. */
    enum Form {
        human,
        json
    }

    private final Supplier<Form> form;
    private final PrintStream out;
    private boolean shown;

    /** @param form asked when something is shown, by when the command line has been read */
    Output(Supplier<Form> form, PrintStream out) {
        this.form = form;
        this.out = out;
    }

    /** Whether stdout is for a program: no progress, no tables. */
    boolean isJson() {
        return form.get() == Form.json;
    }

    /** A line of a longer story, for a reader alone. */
    void tell(String line) {
        if (!isJson()) {
            out.println(line);
        }
    }

    /**
     * Shows the one result of a command.
     *
     * @param json a map or a record: the object to print
     * @param human prints the same for a reader
     */
    void show(Object json, Consumer<PrintStream> human) {
        if (isJson()) {
            showJson(json);
        } else {
            human.accept(out);
        }
    }

    /** Only when the command has not shown its object yet: stdout gets exactly one. */
    void showFailure(Object json) {
        if (isJson() && !shown) {
            showJson(json);
        }
    }

    private void showJson(Object json) {
        if (shown) {
            throw new IllegalStateException("a command shows one object");
        }
        shown = true;
        try {
            out.println(JSON.writeValueAsString(json));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
