package dev.spillway.server.rehearsal;

import java.io.IOException;
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

    private static final int POOL_SIZE = 8;
    private static final int LANES = 2;

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
         * Opens the port, with these environment variables and no file.
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
        try (StandIn postgres = StandIn.start();
                Stage proxy = opening.open(environment(postgres.port()))) {
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

    private static Map<String, String> environment(int serverPort) {
        return Map.of(
                "DATABASE_URL", "postgres://rehearsal@127.0.0.1:" + serverPort + "/" + Script.DATABASE,
                "SPILLWAY_AUTH_TYPE", "trust",
                "SPILLWAY_LANES", Integer.toString(LANES),
                "SPILLWAY_LISTEN_PORT", "0",
                "SPILLWAY_ADMIN_LISTEN_PORT", "0",
                "SPILLWAY_DEFAULT_POOL_SIZE", Integer.toString(POOL_SIZE),
                "SPILLWAY_RESERVE_POOL_SIZE", "0",
                "SPILLWAY_SHUTDOWN_TIMEOUT", "1s");
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
