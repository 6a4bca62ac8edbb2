package dev.spillway.testkit;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.NotFoundException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * PostgreSQL in a container, where a Docker engine answers. {@code -Dspillway.test.postgres.image} names another image than
 * {@value #DEFAULT_IMAGE}, or {@value #NONE} for no container.
 *
 * <p>An engine may answer and yet be of no use: it cannot get the image, or runs on another machine. The tests have their embedded
 * PostgreSQL for that, and one line says why. Where no engine answers nothing is said.
 */
final class PostgresContainer {
    static final String DEFAULT_IMAGE = "postgres:18";
    static final String NONE = "none";

    private static final Logger LOG = LoggerFactory.getLogger(PostgresContainer.class);
    private static final String ACCESS_RULES = "/etc/spillway_hba.conf";

    private PostgresContainer() {}

    /** Its port on this machine's loopback, or none. Testcontainers removes it when the JVM ends. */
    static Optional<Integer> start() {
        String image = System.getProperty("spillway.test.postgres.image", DEFAULT_IMAGE);
        if (image.equals(NONE)) {
            return Optional.empty();
        }
        try {
            DockerClientFactory docker = DockerClientFactory.instance();
            if (!docker.isDockerAvailable()) {
                return Optional.empty();
            }
            if (!InetAddress.getByName(docker.dockerHostIpAddress()).isLoopbackAddress()) {
                throw new IllegalStateException("the engine is on " + docker.dockerHostIpAddress());
            }
            pullIfMissing(docker.client(), image);
            int port = start(image);
            LOG.info("PostgreSQL of the tests: a container of {}", image);
            return Optional.of(port);
        } catch (RuntimeException | UnknownHostException e) {
            LOG.info(
                    "PostgreSQL of the tests: embedded, for there is no container of {}: {}",
                    image,
                    rootCause(e).getMessage());
            return Optional.empty();
        }
    }

    // Once: Testcontainers itself tries for minutes, which a machine without a network would wait for in vain.
    private static void pullIfMissing(DockerClient client, String image) {
        try {
            client.inspectImageCmd(image).exec();
        } catch (NotFoundException notHere) {
            try {
                if (!client.pullImageCmd(image).start().awaitCompletion(2, TimeUnit.MINUTES)) {
                    throw new IllegalStateException("not pulled within 2 minutes", notHere);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
    }

    // Not closed here: the container lasts as long as the JVM.
    @SuppressWarnings("resource")
    private static int start(String image) {
        List<String> command = new ArrayList<>(List.of("postgres"));
        PostgresFixture.SETTINGS.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        // "log" is above errors, which the tests provoke, and has the line that tells Testcontainers that it is up.
        command.addAll(List.of("-c", "log_min_messages=log", "-c", "hba_file=" + ACCESS_RULES));
        PostgreSQLContainer container = new PostgreSQLContainer(
                        DockerImageName.parse(image).asCompatibleSubstituteFor("postgres"))
                .withUsername("postgres")
                .withDatabaseName("postgres")
                .withCopyToContainer(Transferable.of(PostgresFixture.accessRules("all")), ACCESS_RULES)
                .withCommand(command.toArray(String[]::new));
        container.start();
        return container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT);
    }

    private static Throwable rootCause(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
