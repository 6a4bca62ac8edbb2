package dev.spillway.server.demo;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.pool.Totals;
import java.io.IOException;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The demo from its first line to its last: refused clients, then the same clients through Spillway, then what happened.
 *
 * <p>{@link #run} blocks the thread that calls it; {@link #stop} may come from any other, for a signal does.
 */
public final class Demo {
    private static final String TOO_MANY_CONNECTIONS = "53300";
    private static final Duration SAMPLE_EVERY = Duration.ofMillis(100);

    private final DemoPlan plan;
    private final DemoProxy.Starter starter;
    private final Screen screen;
    private final PrintWriter err;
    private final Teardown teardown = new Teardown();
    private final CountDownLatch stopped = new CountDownLatch(1);

    /** {@code isTerminal}: whether {@code out} understands a carriage return. */
    public Demo(DemoPlan plan, DemoProxy.Starter starter, PrintWriter out, PrintWriter err, boolean isTerminal) {
        this.plan = plan;
        this.starter = starter;
        this.screen = new Screen(out, isTerminal);
        this.err = err;
    }

    /**
     * Shows everything, and closes what it started.
     *
     * @param stays whether to wait for {@link #stop} after the summary
     * @return 0, or 1 if it could not run or did not show what it promises
     */
    public int run(boolean stays) {
        try {
            return show(stays) ? 0 : 1;
        } catch (DemoFailure | SQLException | IOException e) {
            if (!teardown.isOver()) {
                screen.line("");
                err.println("spillway demo: " + DemoFailure.reason(e));
                err.flush();
            }
            return 1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        } finally {
            teardown.close();
        }
    }

    /** Ends it at any moment; when this returns, no process and no file of it is left. Repeating it does nothing. */
    public void stop() {
        stopped.countDown();
        teardown.close();
    }

    private boolean show(boolean stays) throws DemoFailure, SQLException, IOException, InterruptedException {
        screen.line("Starting a PostgreSQL for the demo, with max_connections = " + plan.maxConnections() + " ...");
        EmbeddedServer postgres = teardown.open(() -> EmbeddedServer.start(plan.maxConnections(), plan.clients()));
        ServerCount count = teardown.open(() -> new ServerCount(postgres.superuserUrl("postgres")));
        Tally direct = direct(postgres);
        awaitNoClients(count);
        DemoProxy proxy = teardown.open(() -> startProxy(postgres.port()));
        Figures figures = through(proxy, count, direct);
        if (teardown.isOver()) {
            return false;
        }
        screen.lines(Report.through(figures));
        int port = proxy.port();
        boolean isGood = figures.isAsPromised();
        if (plan.fleetPhase().isPositive()) {
            proxy.close();
            awaitNoClients(count);
            FleetShow fleet = new FleetShow(plan, screen, teardown, count);
            fleet.start(starter, config(postgres.port()).with(Settings.LISTEN_PORT, port));
            fleet.run();
            isGood &= fleet.isAsPromised();
        }
        screen.line("");
        screen.lines(Report.invitation(port));
        if (stays) {
            screen.line("Ctrl-C ends the demo.");
            stopped.await();
        }
        return isGood;
    }

    private Tally direct(EmbeddedServer postgres) throws InterruptedException {
        screen.line("");
        screen.line("1. Without Spillway: %d clients connect at once and run one transaction each."
                .formatted(plan.clients()));
        screen.line("   (The demo holds one more connection, to count.)");
        try (Crowd crowd = new Crowd(plan.clients(), EmbeddedServer.clientUrl(postgres.port()))) {
            crowd.connect();
            crowd.work(Duration.ZERO);
            while (!crowd.awaitEnd(SAMPLE_EVERY)) {
                // each has a transaction to finish
            }
            screen.lines(Report.direct(plan, crowd.tally()));
            return crowd.tally();
        }
    }

    /** A connection that its client has closed is gone a moment later; it would count as one of Spillway's. */
    private static void awaitNoClients(ServerCount count) throws SQLException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        do {
            count.reset();
            count.sample();
        } while (count.most() > 0 && deadline - System.nanoTime() > 0 && !pause());
        count.reset();
    }

    private static boolean pause() throws InterruptedException {
        return new CountDownLatch(1).await(SAMPLE_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    private ProxyConfig config(int serverPort) {
        return ProxyConfig.defaults()
                .with(Settings.AUTH_TYPE, AuthType.TRUST)
                .with(Settings.STATS_USERS, Set.of(EmbeddedServer.USER))
                .with(Settings.POOL_MODE, PoolMode.TRANSACTION)
                .with(Settings.RESERVE_POOL_SIZE, 0)
                .with(Settings.SHUTDOWN_TIMEOUT, Duration.ofSeconds(1))
                .with(DatabaseConfig.named(EmbeddedServer.DATABASE).with(DatabaseSettings.PORT, serverPort));
    }

    private DemoProxy startProxy(int serverPort) throws IOException {
        ProxyConfig config = config(serverPort).with(Settings.DEFAULT_POOL_SIZE, plan.poolSize());
        try {
            return starter.start(config.with(Settings.LISTEN_PORT, plan.preferredPort()));
        } catch (IOException portIsTaken) {
            return starter.start(config.with(Settings.LISTEN_PORT, 0));
        }
    }

    private Figures through(DemoProxy proxy, ServerCount count, Tally direct)
            throws SQLException, InterruptedException {
        screen.line("");
        screen.line(
                "2. Through Spillway, with a pool of %d: the same %d clients, one transaction after another for %d s."
                        .formatted(
                                plan.poolSize(), plan.clients(), plan.duration().toSeconds()));
        try (Crowd crowd = new Crowd(plan.clients(), EmbeddedServer.clientUrl(proxy.port()))) {
            crowd.connect();
            Totals before = proxy.totals();
            long begin = System.nanoTime();
            crowd.work(plan.duration());
            while (!crowd.awaitEnd(SAMPLE_EVERY)) {
                count.sample();
                showProgress(crowd, count, begin);
            }
            return figures(crowd.tally(), count.most(), direct, proxy.totals().minus(before));
        }
    }

    private void showProgress(Crowd crowd, ServerCount count, long beginNanos) {
        long second = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - beginNanos);
        Tally tally = crowd.tally();
        int errors =
                tally.errors().values().stream().mapToInt(Tally.Errors::count).sum();
        screen.live(
                second,
                "   %2d s: %d clients, %d servers, %d transactions, %d errors"
                        .formatted(second, crowd.connected(), count.most(), tally.transactions(), errors));
    }

    private Figures figures(Tally tally, int servers, Tally direct, Totals pool) {
        Map<String, Tally.Errors> directErrors = direct.errors();
        Tally.Errors refused = directErrors.getOrDefault(TOO_MANY_CONNECTIONS, new Tally.Errors(0, ""));
        int all = directErrors.values().stream().mapToInt(Tally.Errors::count).sum();
        return new Figures(
                plan,
                refused.count(),
                refused.words(),
                all - refused.count(),
                servers,
                tally.transactions(),
                tally.percentileMicros(50),
                tally.percentileMicros(99),
                tally.errors(),
                pool);
    }
}
