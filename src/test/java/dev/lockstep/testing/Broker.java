package dev.lockstep.testing;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.utils.AppInfoParser;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A real Kafka broker: the official image where a container engine runs, else a process of the same release. Says on stdout
 * which of the two it is.
 */
public final class Broker implements AutoCloseable {

    public static final String IMAGE = System.getProperty("lockstep.image.kafka", "apache/kafka:4.3.1");

    private static final String VERSION = AppInfoParser.getVersion();

    private static final String COMMAND = command(
            "/tmp/testcontainers_start.sh",
            "/etc/kafka/docker/run",
            "java -cp '/opt/kafka/libs/*' kafka.Kafka /opt/kafka/config/server.properties");

    /** How it goes away and comes back. */
    private interface Control {
        void away() throws Exception;

        void back() throws Exception;

        void end() throws Exception;
    }

    private final String servers;
    private final Control control;

    private Broker(String servers, Control control) {
        this.servers = servers;
        this.control = control;
    }

    /** Starts one of the caller's own, empty. */
    public static Broker start() throws Exception {
        boolean contained = Containers.take(IMAGE);
        Broker broker = contained ? container() : process();
        broker.awaitUp();
        System.out.println("[broker] " + (contained ? Containers.told(IMAGE) : "process of Kafka " + VERSION) + ", at "
                + broker.servers);
        return broker;
    }

    /** {@code HOST:PORT}, the same for its whole life. */
    public String servers() {
        return servers;
    }

    /** It goes away as by {@code kill -9}. */
    public void goAway() throws Exception {
        control.away();
    }

    /** It answers again, with what it had on its disk. */
    public void comeBack() throws Exception {
        control.back();
        awaitUp();
    }

    /**
     * As Testcontainers has it, which copies a script into the started container; but one that is only half there, or still
     * held by who writes it (126, "Text file busy"), is waited for. And past its set-up, where that refuses to come back to
     * data of its own.
     */
    static String command(String script, String last, String pastSetUp) {
        return "until grep -qs " + last + " " + script + "; do sleep 0.1; done;" + " until " + script
                + "; do [ $? = 126 ] || exec " + pastSetUp + "; sleep 0.1; done";
    }

    private void awaitUp() throws Exception {
        try (Admin admin = Admin.create(java.util.Map.of("bootstrap.servers", servers))) {
            Await.until(
                    "the broker answers",
                    () -> !admin.describeCluster().nodes().get().isEmpty());
        }
    }

    private static Broker container() {
        int port = LoopbackPorts.free(); // what an engine chooses changes with each start
        KafkaContainer container = new KafkaContainer(
                        DockerImageName.parse(IMAGE).asCompatibleSubstituteFor("apache/kafka"))
                .withCommand("sh", "-c", COMMAND)
                .withCreateContainerCmdModifier(created -> created.getHostConfig()
                        .withPortBindings(new PortBinding(
                                Ports.Binding.bindIpAndPort("127.0.0.1", port), ExposedPort.tcp(9092))));
        Containers.up(container);
        DockerClient docker = container.getDockerClient();
        String id = container.getContainerId();
        return new Broker("127.0.0.1:" + port, new Control() {
            @Override
            public void away() {
                docker.killContainerCmd(id).exec();
            }

            @Override
            public void back() {
                docker.startContainerCmd(id).exec();
            }

            @Override
            public void end() {
                container.stop();
            }
        });
    }

    private static Broker process() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("lockstep-kafka");
        int port = LoopbackPorts.free();
        Path settings = Files.writeString(
                folder.resolve("server.properties"), """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%2$d
                listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
                controller.listener.names=CONTROLLER
                listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
                log.dirs=%3$s
                offsets.topic.replication.factor=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                """.formatted(port, LoopbackPorts.free(), folder.resolve("data")));
        int formatted = java(
                        folder,
                        "kafka.tools.StorageTool",
                        "format",
                        "-t",
                        "5L6g3nShT-eMCtK--X86sw",
                        "-c",
                        settings.toString())
                .start()
                .waitFor();
        if (formatted != 0) {
            throw new IllegalStateException(Files.readString(folder.resolve("broker.log")));
        }
        ProcessBuilder command = java(folder, "kafka.Kafka", settings.toString());
        AtomicReference<Process> process = new AtomicReference<>(command.start());
        Thread atExit = new Thread(() -> process.get().destroyForcibly());
        Runtime.getRuntime().addShutdownHook(atExit);
        return new Broker("127.0.0.1:" + port, new Control() {
            @Override
            public void away() {
                process.get().destroyForcibly().onExit().join();
            }

            @Override
            public void back() throws IOException {
                process.set(command.start());
            }

            @Override
            public void end() throws IOException {
                process.get().destroyForcibly().onExit().join();
                Runtime.getRuntime().removeShutdownHook(atExit);
                discard(folder);
            }
        });
    }

    private static ProcessBuilder java(Path folder, String main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                main));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("broker.log").toFile()));
    }

    private static void discard(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Override
    public void close() {
        try {
            control.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
