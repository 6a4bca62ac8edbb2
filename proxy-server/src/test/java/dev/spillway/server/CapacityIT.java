package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Browser;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.HttpProbe;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.json.JSONArray;
import org.json.JSONObject;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One small PostgreSQL and more clients, and others beside us, than it has connections: nobody is told that there are too many. */
class CapacityIT {
    private static final int CONNECTIONS = 30;
    private static final int RESERVED = 3;
    private static final int POOLS = 5;
    private static final int CLIENTS = Boolean.getBoolean("spillway.test.thorough") ? 1000 : 300;
    private static final int FOREIGN = 10;
    private static final String TOO_MANY = "too many c"; // clients already, connections for role

    private static PostgresFixture postgres;
    private static Endpoint direct;

    @BeforeAll
    static void start() {
        postgres = PostgresFixture.small(CONNECTIONS);
        direct = postgres.endpoint();
        for (int i = 0; i < POOLS; i++) {
            postgres.execute("create database pool_" + i);
        }
        postgres.execute("create role limited_user login connection limit 1");
    }

    private static ProxyConfig config(int poolSize) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, poolSize)
                .with(Settings.LANES, 2)
                .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofSeconds(30));
    }

    /** Asks until {@code endNanos}; returns how often it was answered. */
    private static int ask(Endpoint through, String sql, long endNanos) throws IOException {
        try (WireClient client = WireClient.connect(through)) {
            int answers = 0;
            do {
                List<BackendMessage> reply = client.query(sql);
                assertThat(reply).as("a reply of %s", through.database()).noneMatch(message -> message.is('E'));
                answers++;
            } while (System.nanoTime() - endNanos < 0);
            return answers;
        }
    }

    private static long linesWith(String text) {
        return postgres.log().lines().filter(line -> line.contains(text)).count();
    }

    /** Connections that come together, each again until it is let in, stay for a while and leave. */
    private static Callable<Integer> burst(int seconds) {
        return () -> {
            AtomicInteger refused = new AtomicInteger();
            List<Connection> open = new ArrayList<>();
            long untilNanos = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
            await().pollInterval(Duration.ofMillis(100))
                    .atMost(Duration.ofSeconds(seconds + 5))
                    .until(() -> {
                        try {
                            while (open.size() < FOREIGN) {
                                open.add(postgres.jdbcAs(PostgresFixture.PLAIN_USER));
                            }
                        } catch (SQLException e) {
                            refused.incrementAndGet();
                        }
                        return System.nanoTime() - untilNanos >= 0;
                    });
            assertThat(open).as("connections that others got at last").hasSize(FOREIGN);
            for (Connection connection : open) {
                connection.close();
            }
            return refused.get();
        };
    }

    @Test
    void burstsOfOthersHurtNobody() throws Exception {
        long before = linesWith(TOO_MANY) + linesWith("slots are reserved");
        int adminPort = HttpProbe.freePort();
        try (RunningProxy proxy = new RunningProxy(config(20).with(AdminSettings.ADMIN_LISTEN_PORT, adminPort));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Endpoint through = direct.withPort(proxy.proxy().port()).withUser(PostgresFixture.PLAIN_USER);
            long endNanos = System.nanoTime() + Duration.ofSeconds(18).toNanos();
            List<Future<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Endpoint database = through.withDatabase("pool_" + i % POOLS);
                clients.add(threads.submit(() -> ask(database, "select pg_sleep(0.002)", endNanos)));
            }
            String ours = "select count(*) from pg_stat_activity where usename = 'plain_user'";
            // by then there is one on its way at a time, which others can be quicker than
            await().until(() -> Integer.parseInt(postgres.queryOne(ours)) >= CONNECTIONS * 2 / 3);
            int refused = 0;
            for (int burst = 0; burst < 2; burst++) {
                refused += threads.submit(burst(9)).get();
            }
            for (Future<Integer> client : clients) {
                assertThat(client.get()).as("answers of one client").isPositive();
            }
            long lines = linesWith(TOO_MANY) + linesWith("slots are reserved") - before;
            JSONArray past = new JSONObject(HttpProbe.get(adminPort, "/history").body()).getJSONArray("stretches");
            assertThat(past).as("what others had, of %s", past).anySatisfy(stretch -> {
                assertThat(((JSONObject) stretch).getJSONArray("databases").length())
                        .isEqualTo(POOLS);
                assertThat(((JSONObject) stretch)
                                .getJSONArray("hosts")
                                .getJSONObject(0)
                                .getInt("others"))
                        .isPositive();
            });
            try (WireClient console =
                    WireClient.connect(direct.withPort(proxy.proxy().port()).withDatabase("spillway"))) {
                BackendMessage row = console.query("show capacity").get(1);
                assertThat(row.columns()).as("SHOW CAPACITY").contains("host", String.valueOf(CONNECTIONS));
                assertThat(Integer.parseInt(String.valueOf(row.columns().get(7))))
                        .as("budget, of %s", row)
                        .isLessThanOrEqualTo(CONNECTIONS - RESERVED - FOREIGN);
            }
            assertThat(lines - refused)
                    .as("refusals of ours, one for each burst, of %d lines", lines)
                    .isLessThanOrEqualTo(2);
        }
    }

    @Test
    void dashboardAndStatusSayWhatTheConsoleSays(@TempDir Path folder) throws Exception {
        int adminPort = HttpProbe.freePort();
        String page = "http://127.0.0.1:" + adminPort + "/";
        try (RunningProxy proxy = new RunningProxy(config(3).with(AdminSettings.ADMIN_LISTEN_PORT, adminPort));
                Connection stranger = postgres.jdbcAs(PostgresFixture.PLAIN_USER);
                WireClient client =
                        WireClient.connect(direct.withPort(proxy.proxy().port()).withDatabase("pool_0"));
                WireClient console =
                        WireClient.connect(direct.withPort(proxy.proxy().port()).withDatabase("spillway"))) {
            assertThat(stranger.isClosed()).isFalse();
            client.query("begin");
            // columns 3 to 11: max_connections, reserved, others, others_peak, budget, refused_at, ours, opening, peak
            await().untilAsserted(() -> {
                List<String> row = capacity(console);
                JSONObject host = new JSONObject(
                                HttpProbe.get(adminPort, "/status").body())
                        .getJSONArray("hosts")
                        .getJSONObject(0);
                assertThat(Integer.parseInt(row.get(5))).as("others").isPositive();
                assertThat(numbers(host))
                        .isEqualTo(
                                row.subList(3, 8).stream().map(Integer::valueOf).toList());
                assertThat(host.getInt("ours")).isEqualTo(Integer.parseInt(row.get(9)));
                assertThat(host.getInt("peak")).isEqualTo(Integer.parseInt(row.get(11)));
                assertThat(host.getDouble("needed")).isBetween(0.0, 3.0);
                assertThat(host.getJSONArray("databases").toList()).contains("pool_0");
            });
            // a server may be on its way while the browser looks
            await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> showsWhatTheConsoleSays(page, folder, console));
        }
    }

    /** Where there is a browser. */
    private static void showsWhatTheConsoleSays(String page, Path folder, WireClient console) throws Exception {
        Browser.@Nullable Seen seen = Browser.see(page, folder);
        if (seen == null) {
            return;
        }
        List<String> row = capacity(console);
        int free = Integer.parseInt(row.get(7)) - Integer.parseInt(row.get(9));
        assertThat(seen.complaints()).isEmpty();
        assertThat(seen.labels())
                .contains("Connections of PostgreSQL " + row.getFirst())
                .anySatisfy(label -> assertThat(label)
                        .startsWith("Of 30 connections: 3 reserved for superusers, " + row.get(5) + " others', "
                                + row.get(9) + " Spillway's, " + free + " free for Spillway")
                        .endsWith(" headroom"));
    }

    /** What the console says of the host. */
    private static List<String> capacity(WireClient console) throws IOException {
        return console.query("show capacity").get(1).columns().stream()
                .map(String::valueOf)
                .toList();
    }

    private static List<Integer> numbers(JSONObject host) {
        return Stream.of("max_connections", "reserved", "others", "others_peak", "budget")
                .map(host::getInt)
                .toList();
    }

    @Test
    void aRoleWithOneConnectionServesAll() throws Exception {
        long before = linesWith("for role");
        try (RunningProxy proxy = new RunningProxy(config(20));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Endpoint through = direct.withPort(proxy.proxy().port()).withUser("limited_user");
            long endNanos = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            List<Future<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                Endpoint database = through.withDatabase("pool_" + i % 2);
                clients.add(threads.submit(() -> ask(database, "select pg_sleep(0.002)", endNanos)));
            }
            for (Future<Integer> client : clients) {
                assertThat(client.get()).isPositive();
            }
        }
        assertThat(linesWith("for role") - before).as("refusals").isLessThanOrEqualTo(15);
    }

    @Test
    void whereOthersMayNotBeSeenTheLimitIsKeptAllTheSame() throws Exception {
        postgres.executeIn("pool_3", "revoke select on pg_stat_activity from public");
        try (RunningProxy proxy = new RunningProxy(config(40));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            long before = linesWith(TOO_MANY) + linesWith("slots are reserved");
            Endpoint through = direct.withPort(proxy.proxy().port())
                    .withUser(PostgresFixture.PLAIN_USER)
                    .withDatabase("pool_3");
            long endNanos = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            List<Future<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                clients.add(threads.submit(() -> ask(through, "select pg_sleep(0.002)", endNanos)));
            }
            for (Future<Integer> client : clients) {
                assertThat(client.get()).isPositive();
            }
            assertThat(linesWith(TOO_MANY) + linesWith("slots are reserved") - before)
                    .as("refusals")
                    .isZero();
        } finally {
            postgres.executeIn("pool_3", "grant select on pg_stat_activity to public");
        }
    }

    @Test
    void aRestartWithFewerConnectionsIsNoticed() throws Exception {
        PostgresFixture own = PostgresFixture.small(CONNECTIONS);
        try (RunningProxy proxy =
                        new RunningProxy(RunningProxy.config(own.endpoint().port(), PoolMode.TRANSACTION, 40));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Endpoint through = own.endpoint().withPort(proxy.proxy().port()).withUser(PostgresFixture.PLAIN_USER);
            runAll(threads, through, 60);
            own.setConnections(CONNECTIONS, 12);
            own.restart(PostgresFixture.Stop.FAST);
            runAll(threads, through, 60);
            await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                runAll(threads, through, 60);
                assertThat(Integer.parseInt(own.queryOne("select count(*) from pg_stat_activity where usename = '"
                                + PostgresFixture.PLAIN_USER + "'")))
                        .isLessThanOrEqualTo(12 - RESERVED);
            });
        }
    }

    /** Each client asks once. */
    private static void runAll(ExecutorService threads, Endpoint through, int clients) throws Exception {
        List<Future<Integer>> running = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            running.add(threads.submit(() -> ask(through, "select pg_sleep(0.01)", System.nanoTime())));
        }
        for (Future<Integer> client : running) {
            assertThat(client.get()).isPositive();
        }
    }
}
