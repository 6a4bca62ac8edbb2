package dev.spillway.server.demo;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Three Spillways before one small PostgreSQL, each with an application of its own: how many of the connections each has, second by
 * second, while applications begin to work and one Spillway is shut down. All are in this process, so none can be killed. Used once,
 * by one thread, which it blocks.
 */
final class FleetShow {
    private static final int INSTANCES = 3;
    private static final int BETWEEN_ROWS_MILLIS = 1000;
    /** The clients that come later need some time to. */
    private static final Duration CONNECTING = Duration.ofSeconds(1);

    private static final String NAME = "demo";

    private final DemoPlan plan;
    private final Screen screen;
    private final Teardown teardown;
    private final ServerCount count;
    private final List<DemoProxy> proxies = new ArrayList<>();
    private final List<Crowd> crowds = new ArrayList<>();
    private int second;
    private int most;
    private int errors;

    FleetShow(DemoPlan plan, Screen screen, Teardown teardown, ServerCount count) {
        this.plan = plan;
        this.screen = screen;
        this.teardown = teardown;
        this.count = count;
    }

    /** Starts the instances, of which the first has the port that people know. */
    void start(DemoProxy.Starter starter, ProxyConfig config) throws IOException, InterruptedException {
        ProxyConfig member = config.with(CapacitySettings.FLEET, NAME)
                .with(Settings.LANES, 1)
                .with(Settings.DEFAULT_POOL_SIZE, plan.maxConnections());
        for (int i = 0; i < INSTANCES; i++) {
            ProxyConfig own =
                    i == 0 ? member : member.with(Settings.LISTEN_PORT, 0).with(AdminSettings.ADMIN_LISTEN_PORT, 0);
            proxies.add(teardown.open(() -> starter.start(own)));
        }
    }

    void run() throws SQLException, InterruptedException {
        Duration phase = plan.fleetPhase();
        screen.line("");
        screen.line("3. Three Spillways share this PostgreSQL (fleet = \"" + NAME
                + "\"), each with an application of its own.");
        screen.line("   Who has how many of the connections, the one by which it speaks included:");
        try {
            work(0, phase.multipliedBy(INSTANCES).plus(CONNECTING));
            show("the first application works, with " + plan.clients() + " clients", phase);
            work(1, phase.multipliedBy(2).plus(CONNECTING));
            work(2, phase);
            show("the others do the same", phase);
            Crowd last = crowds.getLast();
            awaitEnd(last);
            last.close();
            proxies.getLast().close();
            show("the third Spillway is shut down, as for a deployment (bench/fleet.py kills some)", phase);
            for (Crowd crowd : crowds) {
                awaitEnd(crowd);
            }
        } finally {
            crowds.forEach(Crowd::close);
        }
        errors = crowds.stream()
                .flatMap(crowd -> crowd.tally().errors().values().stream())
                .mapToInt(Tally.Errors::count)
                .sum();
        screen.line("   PostgreSQL never had more than " + most + " of " + plan.maxConnections()
                + " connections, and clients had " + errors + " errors.");
    }

    /** Was nobody refused? */
    boolean isAsPromised() {
        return errors == 0 && most < plan.maxConnections();
    }

    private void work(int instance, Duration duration) throws InterruptedException {
        Crowd crowd = new Crowd(
                plan.clients(), EmbeddedServer.clientUrl(proxies.get(instance).port()));
        crowds.add(crowd);
        crowd.connect();
        crowd.work(duration);
    }

    private static void awaitEnd(Crowd crowd) throws InterruptedException {
        while (!crowd.awaitEnd(Duration.ofSeconds(1))) {
            // each has a transaction to finish
        }
    }

    private void show(String what, Duration phase) throws SQLException, InterruptedException {
        screen.line("   " + what + ":");
        for (long left = Math.max(1, phase.toMillis() / BETWEEN_ROWS_MILLIS); left > 0; left--) {
            new CountDownLatch(1).await(BETWEEN_ROWS_MILLIS, TimeUnit.MILLISECONDS);
            count.reset();
            count.sample();
            most = Math.max(most, count.most());
            screen.line(row(++second, proxies.stream().map(DemoProxy::servers).toList(), plan.maxConnections()));
        }
    }

    /** A picture of all connections: as many digits as the instance of that number has, and points for those that nobody has. */
    static String row(int second, List<Integer> servers, int all) {
        StringBuilder picture = new StringBuilder();
        StringBuilder numbers = new StringBuilder();
        for (int i = 0; i < servers.size(); i++) {
            picture.append(String.valueOf(i + 1).repeat(servers.get(i)));
            numbers.append("%4d".formatted(servers.get(i)));
        }
        picture.append(".".repeat(Math.max(0, all - picture.length())));
        return "   %3d s  %s %s".formatted(second, picture, numbers);
    }
}
