package dev.lockstep.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.tools.StorageTool;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.common.utils.Time;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A real broker of a test's own, that can go away and come back on the same port with its data: the official image where
 * it can be had, else one in this JVM. Says on stdout which.
 */
public final class TestBroker implements AutoCloseable {

    private static final String IMAGE = System.getProperty("lockstep.image.kafka", "apache/kafka:4.3.1");

    /** As Testcontainers has it; and past its set-up, where that refuses to come back to data of its own. */
    private static final String COMMAND = "while [ ! -f /tmp/testcontainers_start.sh ]; do sleep 0.1; done;"
            + " /tmp/testcontainers_start.sh || exec java -cp '/opt/kafka/libs/*' kafka.Kafka"
            + " /opt/kafka/config/server.properties";

    private final int port;
    private final Runnable stop;
    private final Runnable start;
    private final Runnable close;

    private TestBroker(int port, Runnable stop, Runnable start, Runnable close) {
        this.port = port;
        this.stop = stop;
        this.start = start;
        this.close = close;
    }

    public static TestBroker start() throws Exception {
        return Containers.take(IMAGE) ? container(Containers.freePort()) : inProcess(Containers.freePort());
    }

    private static TestBroker container(int port) {
        KafkaContainer broker = new KafkaContainer(
                        DockerImageName.parse(IMAGE).asCompatibleSubstituteFor("apache/kafka"))
                .withCommand("sh", "-c", COMMAND)
                // of ours: what an engine chooses changes with each start
                .withCreateContainerCmdModifier(created -> created.getHostConfig()
                        .withPortBindings(new PortBinding(
                                Ports.Binding.bindIpAndPort("127.0.0.1", port), ExposedPort.tcp(9092))));
        broker.start();
        System.out.println("broker: " + Containers.told(IMAGE));
        DockerClient docker = broker.getDockerClient();
        String id = broker.getContainerId();
        return new TestBroker(
                port,
                () -> docker.killContainerCmd(id).exec(),
                () -> docker.startContainerCmd(id).exec(),
                broker::stop);
    }

    private static TestBroker inProcess(int port) throws Exception {
        Path folder = Files.createTempDirectory("broker");
        Properties settings = new Properties();
        int controller = Containers.freePort();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", "1");
        settings.put("controller.quorum.voters", "1@127.0.0.1:" + controller);
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("listeners", "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controller);
        settings.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("log.dirs", folder.resolve("data").toString());
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("transaction.state.log.replication.factor", "1");
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("group.initial.rebalance.delay.ms", "0");
        Path file = folder.resolve("server.properties");
        try (Writer out = Files.newBufferedWriter(file)) {
            settings.store(out, null);
        }
        StorageTool.execute(
                new String[] {"format", "-t", Uuid.randomUuid().toString(), "-c", file.toString()},
                new PrintStream(OutputStream.nullOutputStream(), false, UTF_8));
        AtomicReference<KafkaRaftServer> running = new AtomicReference<>();
        Runnable start = () -> {
            running.set(new KafkaRaftServer(new KafkaConfig(settings), Time.SYSTEM));
            running.get().startup();
        };
        Runnable stop = () -> {
            running.get().shutdown();
            running.get().awaitShutdown();
        };
        start.run();
        System.out.println("broker: in-process " + AppInfoParser.getVersion());
        return new TestBroker(port, stop, start, stop);
    }

    /** Stays the same for its whole life. */
    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /** It goes away, in a container as if it were killed; what it has acknowledged it keeps. */
    public void stop() {
        stop.run();
    }

    /** Returns when it answers again. */
    public void startAgain() throws Exception {
        start.run();
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()))) {
            Await.until("the broker answers", () -> {
                try {
                    return !admin.describeCluster().nodes().get().isEmpty();
                } catch (ExecutionException e) {
                    return false;
                }
            });
        }
    }

    @Override
    public void close() {
        close.run();
    }
}
