package dev.lockstep.testing;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** Real servers in containers, published on the loopback interface alone. */
public final class Containers {

    private Containers() {}

    /** Starts one; the caller stops it. It is up when the port answers. */
    public static GenericContainer<?> start(
            String image, int port, Map<String, String> environment, String... command) {
        GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(image))
                .withEnv(environment)
                .withExposedPorts(port)
                .withCommand(command)
                .withCreateContainerCmdModifier(created -> {
                    HostConfig host = created.getHostConfig();
                    host.withPortBindings(new PortBinding(Ports.Binding.bindIp("127.0.0.1"), ExposedPort.tcp(port)));
                });
        up(container);
        return container;
    }

    /** Starts it. @throws IllegalStateException that says why it does not start: Testcontainers' own names the image alone */
    static void up(GenericContainer<?> container) {
        try {
            container.start();
        } catch (ContainerLaunchException e) {
            Throwable why = e;
            while (why.getCause() != null) {
                why = why.getCause();
            }
            String said = container.getContainerId() == null ? "" : "; it said: " + container.getLogs();
            throw new IllegalStateException(
                    container.getDockerImageName() + " does not start: " + why.getMessage() + said, e);
        }
    }

    /**
     * Whether a test takes the image; else it says why, once, and the test does without.
     *
     * @throws IllegalStateException when it cannot be had and the build says that it must be
     */
    public static boolean take(String image) {
        return take(image, whyNot(image));
    }

    static boolean take(String what, Optional<String> whyNot) {
        if (whyNot.isPresent() && Boolean.getBoolean("lockstep.containers.required")) {
            throw new IllegalStateException(what + " is required: " + whyNot.get());
        }
        whyNot.ifPresent(why -> System.out.println(what + " is not used: " + why));
        return whyNot.isEmpty();
    }

    /** How a test names what it ran on: an image that no registry has given is a stand-in built here. */
    static String told(String image) {
        List<String> digests =
                DockerClientFactory.lazyClient().inspectImageCmd(image).exec().getRepoDigests();
        return "container " + image + (digests == null || digests.isEmpty() ? " (a stand-in built here)" : "");
    }

    /** Why the image cannot be had here; empty when it can. Pulls it once; Testcontainers itself would try for two minutes. */
    static Optional<String> whyNot(String image) {
        if (System.getProperty("lockstep.containers", "").equals("off")) {
            return Optional.of("-Dlockstep.containers=off");
        }
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
}
