package dev.spillway.server.rehearsal;

import java.io.IOException;
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
    /** More clients than servers, so that some wait, on two lanes, so that servers move. */
    private static final int CLIENTS = 24;

    private static final int LANES = 2;

    /** What the proxy's file says. */
    private static final String SETTINGS = """
        [databases]
        unused = host=127.0.0.1
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = 0
        unix_socket_dir =
        auth_type = any
        pool_mode = transaction
        default_pool_size = 8
        """;

    /**
     * A running proxy.
     *
     * @param port where clients connect
     * @param stop stops it
     */
    public record Stage(int port, Runnable stop) implements AutoCloseable {
        @Override
        public void close() {
            stop.run();
        }
    }

    /** Starts one. */
    @FunctionalInterface
    public interface Opening {
        /**
         * Opens the port, with these environment variables.
         *
         * @throws IOException if that is not possible
         */
        Stage open(Map<String, String> environment) throws IOException;
    }

    private Rehearsal() {}

    /**
     * Works for {@code duration}.
     *
     * @throws IOException if the proxy did not start, or did not answer as PostgreSQL would
     */
    public static void run(Opening opening, Duration duration) throws IOException {
        Path file = Files.createTempFile("rehearsal", ".ini");
        try (StandIn postgres = StandIn.start()) {
            Files.writeString(file, SETTINGS);
            play(opening, environment(postgres.port(), file), duration);
        } finally {
            Files.delete(file);
        }
    }

    private static void play(Opening opening, Map<String, String> environment, Duration duration) throws IOException {
        try (Stage proxy = opening.open(environment)) {
            long endNanos = System.nanoTime() + duration.toNanos();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> clients = new ArrayList<>();
                for (int i = 0; i < CLIENTS; i++) {
                    Actor actor = new Actor(i, proxy.port());
                    clients.add(threads.submit(() -> actor.play(endNanos)));
                }
                await(clients);
            }
        }
    }

    /** Some settings by a file and some by the environment, so that both are known. */
    private static Map<String, String> environment(int serverPort, Path file) {
        return Map.of(
                "SPILLWAY_CONFIG",
                file.toString(),
                "DATABASE_URL",
                "postgres://rehearsal@127.0.0.1:" + serverPort + "/" + Script.DATABASE,
                "SPILLWAY_LANES",
                Integer.toString(LANES),
                "SPILLWAY_ADMIN_LISTEN_PORT",
                "0",
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
