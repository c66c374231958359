package dev.lockstep.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The program {@code lockstep}. */
public final class Main {

    private Main() {}

    public static void main(String[] args) {
        System.exit(run(args, System.getenv(), utf8(FileDescriptor.out), utf8(FileDescriptor.err)));
    }

    /**
     * Runs one command line to its end.
     *
     * @param out what the command says; with {@code --output json} one object and nothing else
     * @param err failures, one line each
     * @return the exit code: 0 done, 1 the answer is no, 2 wrong input, 3 could not be done
     */
    public static int run(String[] args, Map<String, String> environment, PrintStream out, PrintStream err) {
        return new CommandRunner(Commands::of, environment, out, err).run(args);
    }

    /** JSON is UTF-8 whatever the locale says. */
    private static PrintStream utf8(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }
}
