package dev.lockstep.testing;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** Real servers in containers, published on the loopback interface alone. */
public final class Containers {

    private Containers() {}

    /** Starts one; the caller stops it. It is up when the port answers. */
    public static GenericContainer<?> start(String image, int port, Map<String, String> environment) {
        GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(image))
                .withEnv(environment)
                .withExposedPorts(port)
                .withCreateContainerCmdModifier(command -> {
                    HostConfig host = command.getHostConfig();
                    host.withPortBindings(new PortBinding(Ports.Binding.bindIp("127.0.0.1"), ExposedPort.tcp(port)));
                });
        container.start();
        return container;
    }

    /** Why the image cannot be had here; empty when it can. Pulls it once; Testcontainers itself would try for two minutes. */
    static Optional<String> whyNot(String image) {
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            return Optional.of("no container engine runs here");
        }
        DockerClient docker = DockerClientFactory.lazyClient();
        if (isThere(docker, image)) {
            return Optional.empty();
        }
        try {
            docker.pullImageCmd(image).start().awaitCompletion(5, TimeUnit.MINUTES);
        } catch (DockerException e) {
            return Optional.of("the image " + image + " cannot be pulled: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("interrupted");
        }
        return isThere(docker, image)
                ? Optional.empty()
                : Optional.of("the image " + image + " was not pulled in time");
    }

    private static boolean isThere(DockerClient docker, String image) {
        try {
            docker.inspectImageCmd(image).exec();
            return true;
        } catch (NotFoundException e) {
            return false;
        }
    }

    /** Publishes what the container exposes on the loopback interface alone. */
    static void onLoopback(CreateContainerCmd command) {
        HostConfig host = command.getHostConfig();
        ExposedPort[] ports = command.getExposedPorts();
        host.withPortBindings(Arrays.stream(ports == null ? new ExposedPort[0] : ports)
                .map(port -> new PortBinding(Ports.Binding.bindIp("127.0.0.1"), port))
                .toList());
    }
}
