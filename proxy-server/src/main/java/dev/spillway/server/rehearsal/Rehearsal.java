package dev.spillway.server.rehearsal;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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
         * Opens the port.
         *
         * @throws IOException if that is not possible
         */
        Stage open(ProxyConfig config) throws IOException;
    }

    private Rehearsal() {}

    /**
     * Works for {@code duration}.
     *
     * @throws IOException if the proxy did not start, or did not answer as PostgreSQL would
     */
    public static void run(Opening opening, Duration duration) throws IOException {
        try (StandIn postgres = StandIn.start();
                Stage proxy = opening.open(config(postgres.port()))) {
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

    private static ProxyConfig config(int serverPort) {
        return ProxyConfig.defaults()
                .with(Settings.AUTH_TYPE, AuthType.TRUST)
                .with(Settings.LANES, LANES)
                .with(Settings.LISTEN_PORT, 0)
                .with(AdminSettings.ADMIN_LISTEN_PORT, 0)
                .with(Settings.DEFAULT_POOL_SIZE, POOL_SIZE)
                .with(Settings.RESERVE_POOL_SIZE, 0)
                .with(Settings.SHUTDOWN_TIMEOUT, Duration.ofSeconds(1))
                .with(DatabaseConfig.named(Script.DATABASE).with(DatabaseSettings.PORT, serverPort));
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
