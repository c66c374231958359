package dev.lockstep.testing;

import dev.lockstep.model.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** In the place of Linux's own: a test cannot promise a real pressure. What counts as waiting grows with the time. */
public final class PressureFile implements AutoCloseable {

    private final Path folder;
    private final AtomicBoolean pressed = new AtomicBoolean(true);
    private final StopSignal stop = new StopSignal();
    private final CompletableFuture<Void> growing;

    /** There is pressure from now on. */
    public PressureFile(Path folder) throws Exception {
        this.folder = folder;
        this.growing = Writers.beside(this::grow);
        Await.until("there is a pressure", () -> Files.exists(path()));
    }

    public Path path() {
        return folder.resolve("cpu");
    }

    public void ease() {
        pressed.set(false);
    }

    private void grow() throws IOException, InterruptedException {
        long waited = 0;
        long then = System.nanoTime();
        do {
            long now = System.nanoTime();
            waited += pressed.get() ? (now - then) / 1000 : 0;
            then = now;
            Path whole = Files.writeString(folder.resolve("cpu.new"), "some avg10=0.00 total=" + waited + "\n");
            Files.move(whole, path(), StandardCopyOption.ATOMIC_MOVE);
        } while (!stop.pause(Duration.ofMillis(5)));
    }

    @Override
    public void close() {
        stop.request();
        growing.join();
    }
}
