package dev.lockstep.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The packaged program, run as a user runs it. */
public record Distribution(Path home, String javaOptions, List<String> by) {

    public Distribution {
        by = List.copyOf(by);
    }

    /** Most processes of tests end before an optimizing compiler pays. */
    private static final String QUICK = "-XX:TieredStopAtLevel=1 -Dlockstep.cpu-pressure=none";

    /** What ends by itself hardly ever collects, and the default collector takes longer to start. */
    private static final String BRIEF = " -XX:+UseSerialGC";

    /** What a command came to. */
    public record Ended(int exitCode, String out, String err) {}

    /** The one that the build has just made. */
    public static Distribution built() {
        Path home = Path.of(System.getProperty("lockstep.dist", "target/lockstep-dist"));
        if (!Files.isDirectory(home)) {
            throw new IllegalStateException(home + " is not there: run mvn package first");
        }
        Path archive = ClassArchive.of(home.toAbsolutePath());
        String shared = Files.exists(archive) ? " -Xlog:disable -XX:SharedArchiveFile=" + archive : "";
        return new Distribution(home.toAbsolutePath(), QUICK + shared, List.of());
    }

    /** The same with options for the JVM. */
    public Distribution with(String options) {
        return new Distribution(home, javaOptions + " " + options, by);
    }

    /** The same, started by a program that becomes it: setsid, or the like. */
    public Distribution by(List<String> program) {
        return new Distribution(home, javaOptions, program);
    }

    /** Runs a command in {@code folder} to its end. */
    public Ended run(Path folder, String... args) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "out", ".txt");
        Path err = Files.createTempFile(folder, "err", ".txt");
        String options = javaOptions.contains("-XX:+Use") ? javaOptions : javaOptions + BRIEF;
        Process process = command(options, folder, args)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            String stacks = Hanging.stacks(process);
            throw new AssertionError(
                    String.join(" ", args) + " hangs; its log: " + Files.readString(err) + "\n" + stacks);
        }
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** Starts a command whose output, both streams, is added to {@code log}. The process is the JVM itself. */
    public Process start(Path folder, Path log, String... args) throws IOException {
        return command(javaOptions, folder, args)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    private ProcessBuilder command(String options, Path folder, String... args) {
        List<String> command = new ArrayList<>(by);
        command.add(home.resolve("bin/lockstep").toString());
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().keySet().removeIf(variable -> variable.startsWith("LOCKSTEP_"));
        builder.environment().put("LOCKSTEP_JAVA_OPTS", options);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }
}
