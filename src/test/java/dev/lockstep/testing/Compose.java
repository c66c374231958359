package dev.lockstep.testing;

import dev.lockstep.config.DatabaseConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * {@code docker-compose.yml} as a user takes it, under a name, with ports and images of one test's own. {@link #close}
 * leaves nothing of it behind.
 */
public final class Compose implements AutoCloseable {

    private static final List<String> IMAGES = List.of(
            System.getenv().getOrDefault("JRE_IMAGE", "eclipse-temurin:21-jre"),
            System.getenv().getOrDefault("POSTGRES_IMAGE", "postgres:17"),
            System.getenv().getOrDefault("KAFKA_IMAGE", "apache/kafka:4.3.1"),
            System.getenv().getOrDefault("CONNECT_BASE_IMAGE", "apache/kafka:4.3.1"));

    private final Path folder;
    private final String password;
    private final String project = "lockstep-it-" + UUID.randomUUID();
    private final List<String> images = List.of("local/lockstep:" + project, "local/lockstep-connect:" + project);
    private final int server = LoopbackPorts.free();
    private final int lockstep = LoopbackPorts.free();
    private final int connect = LoopbackPorts.free();
    private final int broker = LoopbackPorts.free();

    /** @param folder for what the commands print */
    public Compose(Path folder, String password) {
        this.folder = folder;
        this.password = password;
    }

    /** Whether it can be run here; see {@link Containers#take}. */
    public static boolean available() throws IOException, InterruptedException {
        if (!IMAGES.stream().allMatch(Containers::take)) {
            return false;
        }
        Process version = new ProcessBuilder("docker", "compose", "version")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        return Containers.take(
                "docker compose", version.waitFor() == 0 ? Optional.empty() : Optional.of("the engine has no Compose"));
    }

    /** {@code docker compose} with these words, to its end; returns what it printed. */
    public String run(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of("docker", "compose", "-p", project));
        command.addAll(List.of(words));
        return run(command);
    }

    private String run(List<String> command) throws IOException {
        Path log = Files.createTempFile(folder, "compose", ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("COMPOSE_") || name.startsWith("LOCKSTEP_"));
        builder.environment().putAll(environment());
        Process process = builder.start();
        try {
            process.onExit().get(5, TimeUnit.MINUTES);
        } catch (TimeoutException | ExecutionException | InterruptedException e) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " hangs: " + Files.readString(log), e);
        }
        String told = Files.readString(log);
        if (process.exitValue() != 0) {
            throw new AssertionError(String.join(" ", command) + " ended with " + process.exitValue() + ": " + told);
        }
        return told;
    }

    private Map<String, String> environment() {
        return Map.of(
                "POSTGRES_PASSWORD", password,
                "POSTGRES_PORT", Integer.toString(server),
                "LOCKSTEP_PORT", Integer.toString(lockstep),
                "CONNECT_PORT", Integer.toString(connect),
                "KAFKA_PORT", Integer.toString(broker),
                "LOCKSTEP_JAVA_OPTS", "-XX:TieredStopAtLevel=1", // as Distribution has it
                "LOCKSTEP_IMAGE", images.get(0),
                "LOCKSTEP_CONNECT_IMAGE", images.get(1));
    }

    /** The application's database. */
    public TestDatabase database() {
        return new TestDatabase(
                new DatabaseConfig("jdbc:postgresql://127.0.0.1:" + server + "/app", "app", password, "public"));
    }

    public URI lockstep(String path) {
        return URI.create("http://127.0.0.1:" + lockstep + path);
    }

    public URI connect(String path) {
        return URI.create("http://127.0.0.1:" + connect + path);
    }

    /** Where it says that it is: under {@code localhost}. */
    public String broker() {
        return "localhost:" + broker;
    }

    @Override
    public void close() throws IOException {
        run("--profile", "*", "down", "--volumes", "--remove-orphans");
        run(Stream.concat(Stream.of("docker", "image", "rm", "--force"), images.stream())
                .toList());
    }
}
