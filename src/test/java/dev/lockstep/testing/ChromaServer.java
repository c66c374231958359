package dev.lockstep.testing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.testcontainers.containers.GenericContainer;

/** A real Chroma server: the one that {@code .ci/stores} has fetched, or the official image. */
public final class ChromaServer implements AutoCloseable {

    public static final String IMAGE = "chromadb/chroma:1.0.0";
    public static final String PREPARED = "chroma/run";

    /** How it was started, and so how it ends. */
    @FunctionalInterface
    private interface Ending {
        void end() throws IOException;
    }

    private final URI url;
    private final Ending ending;
    private final Ending crash;

    private ChromaServer(URI url, Ending ending, Ending crash) {
        this.url = url;
        this.ending = ending;
        this.crash = crash;
    }

    /** Starts one of the caller's own, empty; for tests that say {@link NeedsServer}. */
    public static ChromaServer start() throws Exception {
        Optional<Path> fetched = PreparedStores.find(PREPARED);
        ChromaServer server = fetched.isPresent() ? process(fetched.get()) : container();
        server.awaitUp();
        return server;
    }

    public URI url() {
        return url;
    }

    private static ChromaServer process(Path run) throws IOException {
        int port = LoopbackPorts.free();
        Path data = Files.createTempDirectory("chroma");
        ProcessBuilder command = new ProcessBuilder(List.of(run.toString(), String.valueOf(port), data.toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        data.resolve("server.log").toFile()));
        AtomicReference<Process> process = new AtomicReference<>(command.start());
        Thread atExit = new Thread(() -> process.get().destroyForcibly());
        Runtime.getRuntime().addShutdownHook(atExit);
        return new ChromaServer(
                URI.create("http://127.0.0.1:" + port),
                () -> {
                    process.get().destroyForcibly().onExit().join(); // it ignores SIGTERM
                    Runtime.getRuntime().removeShutdownHook(atExit);
                    discard(data);
                },
                () -> {
                    process.get().destroyForcibly().onExit().join();
                    process.set(command.start());
                });
    }

    private static ChromaServer container() {
        GenericContainer<?> container = Containers.start(IMAGE, 8000, Map.of());
        return new ChromaServer(
                URI.create("http://127.0.0.1:" + container.getMappedPort(8000)), container::stop, () -> {
                    // another start would give it another port: it is only frozen
                    container
                            .getDockerClient()
                            .pauseContainerCmd(container.getContainerId())
                            .exec();
                    container
                            .getDockerClient()
                            .unpauseContainerCmd(container.getContainerId())
                            .exec();
                });
    }

    /** As {@code kill -9}; it comes back on the same port with what it had on its disk. */
    public void crashAndRestart() throws Exception {
        crash.end();
        awaitUp();
    }

    private void awaitUp() throws Exception {
        HttpClient http = HttpClient.newHttpClient();
        HttpRequest beat =
                HttpRequest.newBuilder(url.resolve("/api/v2/heartbeat")).build();
        Await.until("Chroma answers", () -> {
            try {
                return http.send(beat, BodyHandlers.discarding()).statusCode() == 200;
            } catch (IOException e) {
                return false;
            }
        });
    }

    private static void discard(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Override
    public void close() throws IOException {
        ending.end();
    }
}
