package dev.lockstep.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A {@code run} of the packaged program, as a process of its own that can be killed and frozen. */
public final class RunProcess implements AutoCloseable {

    private final Process process;
    private final Path log;

    private RunProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Starts one in {@code folder}, which is its own, with this configuration. */
    public static RunProcess start(Distribution lockstep, Path folder, String yaml) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("lockstep.yaml"), yaml);
        Path log = folder.resolve("run.log");
        return new RunProcess(lockstep.start(folder, log, "run"), log);
    }

    public long pid() {
        return process.pid();
    }

    public String log() throws IOException {
        return Files.readString(log);
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** {@code kill -9}. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    public void freeze() throws IOException, InterruptedException {
        signal("STOP");
    }

    public void thaw() throws IOException, InterruptedException {
        signal("CONT");
    }

    private void signal(String name) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                .inheritIO()
                .start()
                .waitFor();
        if (code != 0) {
            throw new IllegalStateException("kill -" + name + " gave " + code);
        }
    }

    /** However it is, frozen or not, it is gone afterwards. */
    @Override
    public void close() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
