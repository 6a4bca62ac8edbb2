package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Several instances and one small PostgreSQL: together they have no more connections than one alone would. */
class FleetIT {
    private static final int CONNECTIONS = 30;
    /** Without those that are reserved, the headroom, and the one that counts. */
    private static final int BUDGET = CONNECTIONS - 3 - 3 - 1;

    private static final int PLACES = BUDGET - 2;
    private static final String MINE = "usename = '" + PostgresFixture.PLAIN_USER + "'";

    private static PostgresFixture postgres;

    @BeforeAll
    static void start() {
        postgres = PostgresFixture.small(CONNECTIONS);
    }

    private static ProxyConfig config(String fleet) {
        return RunningProxy.config(postgres.endpoint().port(), PoolMode.TRANSACTION, 40)
                .with(Settings.LANES, 2)
                .with(CapacitySettings.FLEET, fleet)
                .with(CapacitySettings.FLEET_DEAD_AFTER, Duration.ofSeconds(3));
    }

    /** Clients of one instance, which ask until they are stopped. */
    private static final class Load implements AutoCloseable {
        private final AtomicBoolean isOver = new AtomicBoolean();
        private final List<Future<Integer>> clients = new ArrayList<>();
        final AtomicInteger answers = new AtomicInteger();

        Load(ExecutorService threads, RunningProxy proxy, int count) {
            Endpoint through =
                    postgres.endpoint().withPort(proxy.proxy().port()).withUser(PostgresFixture.PLAIN_USER);
            for (int i = 0; i < count; i++) {
                clients.add(threads.submit(() -> {
                    try (WireClient client = WireClient.connect(through)) {
                        while (!isOver.get()) {
                            List<BackendMessage> reply = client.query("select pg_sleep(0.005)");
                            assertThat(reply).noneMatch(message -> message.is('E'));
                            answers.incrementAndGet();
                        }
                        return 0;
                    }
                }));
            }
        }

        @Override
        public void close() {
            isOver.set(true);
            clients.forEach(FleetIT::result);
        }
    }

    /** Counts ten times a second, in a connection of its own. */
    private static final class Count implements AutoCloseable {
        private final Connection connection = postgres.jdbc();
        private final AtomicBoolean isOver = new AtomicBoolean();
        private final Future<Integer> most;

        Count(ExecutorService threads) throws Exception {
            most = threads.submit(() -> {
                AtomicInteger greatest = new AtomicInteger();
                await().pollInterval(Duration.ofMillis(100)).forever().until(() -> {
                    greatest.accumulateAndGet(now(), Math::max);
                    return isOver.get();
                });
                return greatest.get();
            });
        }

        synchronized int now() throws Exception {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("select count(*) from pg_stat_activity where " + MINE)) {
                rows.next();
                return rows.getInt(1);
            }
        }

        /** By the announcements: who has how many. */
        synchronized List<Integer> shares(String fleet) throws Exception {
            try (Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("select split_part(application_name, ':', 5)::int"
                            + " from pg_stat_activity where application_name like 'spillway:" + fleet
                            + ":%' order by 1")) {
                List<Integer> shares = new ArrayList<>();
                while (rows.next()) {
                    shares.add(rows.getInt(1));
                }
                return shares;
            }
        }

        int most() {
            isOver.set(true);
            return result(most);
        }

        @Override
        public void close() throws SQLException {
            most();
            connection.close();
        }
    }

    @Test
    void clientThatKeepsTheFirstServerDoesNotKeepTheInstanceFromItsFleet() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config("kept"))) {
            Endpoint through =
                    postgres.endpoint().withPort(proxy.proxy().port()).withUser(PostgresFixture.PLAIN_USER);
            try (WireClient first = WireClient.connect(through);
                    WireClient second = WireClient.connect(through)) {
                first.query("begin");
                assertThat(second.queryOne("select 1")).isEqualTo("1");
                assertThat(proxy.proxy().lanes().hosts())
                        .singleElement()
                        .satisfies(host -> assertThat(host.fleetMembers()).isOne());
                first.query("commit");
            }
        }
    }

    private static int result(Future<Integer> task) {
        try {
            return task.get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theyShareFairlyAndNeverHaveMoreThanThereIs() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Count count = new Count(threads);
                RunningProxy first = new RunningProxy(config("fair"));
                RunningProxy second = new RunningProxy(config("fair"));
                RunningProxy third = new RunningProxy(config("fair"))) {
            try (Load ofFirst = new Load(threads, first, 40)) {
                await().atMost(Duration.ofSeconds(10))
                        .untilAsserted(() -> assertThat(count.shares("fair")).containsExactly(PLACES));
                try (Load ofSecond = new Load(threads, second, 40)) {
                    await().atMost(Duration.ofSeconds(10))
                            .untilAsserted(() ->
                                    assertThat(count.shares("fair")).containsExactly(PLACES / 2, PLACES - PLACES / 2));
                    try (Load modest = new Load(threads, third, 2)) {
                        await().atMost(Duration.ofSeconds(10))
                                .untilAsserted(
                                        () -> assertThat(count.shares("fair")).containsExactly(3, 9, PLACES - 12));
                        assertThat(modest.answers.get()).isPositive();
                    }
                    assertThat(ofSecond.answers.get()).isPositive();
                }
                assertThat(ofFirst.answers.get()).isPositive();
            }
            assertThat(count.most()).isLessThanOrEqualTo(BUDGET);
        }
    }

    /** A client says that it is a member, with a claim on all there is. */
    @Test
    void aClientThatCallsItselfAMemberTakesNothing() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Count count = new Count(threads);
                RunningProxy only = new RunningProxy(config("forged"));
                WireClient client = WireClient.connect(
                        postgres.endpoint().withPort(only.proxy().port()).withUser(PostgresFixture.PLAIN_USER))) {
            await().untilAsserted(() -> {
                client.query("select 1");
                assertThat(count.shares("forged")).as("it speaks").hasSize(1);
            });
            client.query("set application_name = 'spillway:forged:0123abcd:99:99:99'");
            client.query("begin");
            try (Load load = new Load(threads, only, 40)) {
                await().atMost(Duration.ofSeconds(10))
                        .untilAsserted(() -> assertThat(count.shares("forged"))
                                .hasSize(2)
                                .contains(99)
                                .allMatch(open -> open > PLACES / 2));
                assertThat(load.answers.get()).isPositive();
            }
        }
    }

    @Test
    void whatOneLeavesIsForTheOthers() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Count count = new Count(threads);
                RunningProxy first = new RunningProxy(config("left"));
                Load ofFirst = new Load(threads, first, 40)) {
            try (RunningProxy second = new RunningProxy(config("left"));
                    Load ofSecond = new Load(threads, second, 40)) {
                await().atMost(Duration.ofSeconds(10))
                        .untilAsserted(() ->
                                assertThat(count.shares("left")).hasSize(2).allMatch(open -> open >= 9));
                assertThat(ofSecond.answers.get()).isPositive();
            }
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(count.shares("left")).containsExactly(PLACES));
            assertThat(ofFirst.answers.get()).isPositive();
            assertThat(count.most()).isLessThanOrEqualTo(BUDGET);
        }
    }

    /** Somebody who is connected as a member and says nothing more, with a connection beside. */
    @Test
    void oneThatHangsLosesItsConnections() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Connection server = postgres.jdbcAs(PostgresFixture.PLAIN_USER);
                Connection speaker = postgres.jdbcAs(PostgresFixture.PLAIN_USER);
                Count count = new Count(threads);
                RunningProxy living = new RunningProxy(config("hang"))) {
            int process = processOf(server);
            try (Statement statement = speaker.createStatement()) {
                statement.execute("/*servers " + process + "*/select set_config('application_name',"
                        + " 'spillway:hang:0123abcd:30:2:12', false)");
            }
            try (Load load = new Load(threads, living, 40)) {
                await().atMost(Duration.ofSeconds(15))
                        .untilAsserted(() -> assertThat(count.shares("hang")).containsExactly(PLACES));
                assertThat(load.answers.get()).isPositive();
            }
            assertThat(server.isValid(1)).isFalse();
            assertThat(speaker.isValid(1)).isFalse();
        }
    }

    private static int processOf(Connection connection) throws Exception {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select pg_backend_pid()")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    @Test
    void oneThatCannotSpeakServesWithWhatItHas() throws Exception {
        ProxyConfig mute = config("mute").with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofSeconds(20));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Count count = new Count(threads);
                RunningProxy only = new RunningProxy(mute);
                Load load = new Load(threads, only, 10)) {
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(count.shares("mute")).containsExactly(11));
            for (int i = 0; i < 3; i++) {
                postgres.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                        + " where application_name like 'spillway:mute:%'");
                int before = load.answers.get();
                await().atMost(Duration.ofSeconds(10)).until(() -> load.answers.get() > before + 100);
            }
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(count.shares("mute")).containsExactly(11));
        }
    }
}
