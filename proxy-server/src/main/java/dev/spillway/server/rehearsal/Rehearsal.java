package dev.spillway.server.rehearsal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Clients that work through a proxy for a while. Called once, on the main thread; blocks until it is over. Uses free ports
 * of the loopback interface only.
 */
public final class Rehearsal {
    /** More clients than servers, so that some wait. */
    private static final int CLIENTS = 24;

    /** What the proxy's file says, but for the port and the file of users. */
    private static final String SETTINGS = """
        [databases]
        unused = host=127.0.0.1
        [pgbouncer]
        listen_addr = 127.0.0.1
        unix_socket_dir =
        auth_type = scram-sha-256
        pool_mode = transaction
        default_pool_size = 8
        server_lifetime = 1
        """;

    /** A running proxy. */
    @FunctionalInterface
    public interface Stage extends AutoCloseable {
        /**
         * Stops it; returns when it is gone.
         *
         * @throws IOException if it did not end as it should
         */
        @Override
        void close() throws IOException;
    }

    /** Starts one. */
    @FunctionalInterface
    public interface Opening {
        /**
         * Returns when {@code port} is open.
         *
         * @param port where clients are to connect, as the file that {@code environment} names says
         * @throws IOException if that is not possible
         */
        Stage open(Map<String, String> environment, int port) throws IOException;
    }

    private Rehearsal() {}

    /**
     * Works for {@code duration}.
     *
     * @throws IOException if the proxy did not start, did not answer as PostgreSQL would, or did not end
     */
    public static void run(Opening opening, Duration duration) throws IOException {
        Path directory = Files.createTempDirectory("rehearsal");
        Path users = directory.resolve("users.txt");
        Path file = directory.resolve("rehearsal.ini");
        List.of(directory, users, file).forEach(path -> path.toFile().deleteOnExit()); // if a signal ends this
        Proofs proofs = new Proofs();
        try (StandIn postgres = StandIn.start(proofs)) {
            int port = freePort();
            Files.writeString(users, Script.USER_LINE);
            Files.writeString(file, SETTINGS + "listen_port = " + port + "\nauth_file = " + users + "\n");
            Map<String, String> environment = environment(postgres.port(), file);
            try (Stage _ = opening.open(environment, port)) {
                play(port, proofs, duration);
            }
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(users);
            Files.delete(directory);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 0, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    private static void play(int port, Proofs proofs, Duration duration) throws IOException {
        long endNanos = System.nanoTime() + duration.toNanos();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Actor actor = new Actor(i, port, proofs);
                clients.add(threads.submit(() -> actor.play(endNanos)));
            }
            await(clients);
        }
    }

    /** Some settings by a file and some by the environment, so that both are known. */
    private static Map<String, String> environment(int serverPort, Path file) throws IOException {
        return Map.of(
                "SPILLWAY_CONFIG",
                file.toString(),
                "DATABASE_URL",
                "postgres://" + Script.DATABASE + ":" + Script.PASSWORD + "@127.0.0.1:" + serverPort + "/"
                        + Script.DATABASE,
                "SPILLWAY_ADMIN_LISTEN_PORT",
                Integer.toString(freePort()),
                "SPILLWAY_SHUTDOWN_TIMEOUT",
                "1s");
    }

    private static void await(List<Future<?>> clients) throws IOException {
        try {
            for (Future<?> client : clients) {
                client.get();
            }
        } catch (ExecutionException e) {
            throw new IOException("a client failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
