package dev.lockstep.demo;

import java.util.Locale;
import java.util.function.Consumer;

/** Tells a reader how the demo gets on, line by line. One thread at a time. */
final class Story {

    private final Consumer<String> reader;
    private long last = System.nanoTime();

    Story(Consumer<String> reader) {
        this.reader = reader;
    }

    /** A step is done; also says how long it took. */
    void step(String title, String outcome) {
        long now = System.nanoTime();
        reader.accept(String.format(Locale.ROOT, "%6.1f s  %-10s %s", (now - last) / 1e9, title, outcome));
        last = now;
    }

    /** More about the last step. */
    void note(String line) {
        reader.accept(" ".repeat(21) + line);
    }
}
