package dev.lockstep.testing;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** Real servers in containers, published on the loopback interface alone. */
public final class Containers {

    private Containers() {}

    /**
     * Starts one; the caller stops it. It is up when the port answers.
     *
     * @throws TestAbortedException with the reason, where no engine runs or the image cannot be had: the test is skipped
     */
    public static GenericContainer<?> start(String image, int port, Map<String, String> environment)
            throws InterruptedException {
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            throw new TestAbortedException("no container engine for " + image);
        }
        pull(DockerClientFactory.lazyClient(), image);
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

    /** Once; Testcontainers itself would try for two minutes. */
    private static void pull(DockerClient docker, String image) throws InterruptedException {
        try {
            docker.inspectImageCmd(image).exec();
        } catch (NotFoundException absent) {
            try {
                docker.pullImageCmd(image).start().awaitCompletion(5, TimeUnit.MINUTES);
                docker.inspectImageCmd(image).exec();
            } catch (DockerException e) {
                throw new TestAbortedException("the image " + image + " cannot be pulled", e);
            }
        }
    }
}
