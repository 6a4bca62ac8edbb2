package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.CapacitySettings;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the console shows of work that is known. */
final class ShowIT {
    private static final int LANES = 3;
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    /** A proxy with a console. */
    private final class Stage implements Closeable {
        private final RunningProxy proxy;
        private final WireClient console;
        private final List<WireClient> clients = new ArrayList<>();

        Stage(ProxyConfig config) throws IOException {
            proxy = new RunningProxy(config);
            console = WireClient.connect(through().withDatabase("pgbouncer"));
        }

        private Endpoint through() {
            return direct.withPort(proxy.proxy().port());
        }

        WireClient client() throws IOException {
            WireClient client = WireClient.connect(through(), Map.of("application_name", "known"), LIMIT);
            clients.add(client);
            return client;
        }

        /** Rows as the names of their columns and the values. */
        List<Map<String, String>> show(String what) throws IOException {
            List<BackendMessage> answer = console.query("show " + what);
            List<String> names = ShowColumnsIT.columns(answer.getFirst()).stream()
                    .map(column -> column.replaceAll(":.*", ""))
                    .toList();
            List<Map<String, String>> rows = new ArrayList<>();
            for (BackendMessage message : answer) {
                if (message.is('D')) {
                    Map<String, String> row = new HashMap<>();
                    for (int i = 0; i < names.size(); i++) {
                        row.put(names.get(i), String.valueOf(message.columns().get(i)));
                    }
                    rows.add(row);
                }
            }
            return rows;
        }

        Map<String, String> row(String what, String key, String value) throws IOException {
            return show(what).stream()
                    .filter(row -> value.equals(row.get(key)))
                    .findFirst()
                    .orElse(Map.of());
        }

        Map<String, String> pool() throws IOException {
            return row("pools", "database", direct.database());
        }

        long stat(String name) throws IOException {
            return Long.parseLong(row("stats", "database", direct.database()).getOrDefault(name, "0"));
        }

        long total(String name) throws IOException {
            return Long.parseLong(row("totals", "name", name).getOrDefault("value", "-1"));
        }

        int item(String list) throws IOException {
            return Integer.parseInt(row("lists", "list", list).getOrDefault("items", "-1"));
        }

        void leave() throws IOException {
            for (WireClient client : clients) {
                client.terminate();
                client.close();
            }
            clients.clear();
        }

        @Override
        public void close() throws IOException {
            leave();
            console.close();
            assertThat(proxy.log().defects()).isEmpty();
            proxy.close();
        }
    }

    private ProxyConfig config(PoolMode mode, int poolSize) {
        return RunningProxy.config(direct.port(), mode, poolSize)
                .with(Settings.LANES, LANES)
                .with(CapacitySettings.MAX_SERVER_CONNECTIONS, 50) // nobody asks what there is, so figures are exact
                .with(DatabaseConfig.named(direct.database())
                        .with(DatabaseSettings.PORT, direct.port())
                        .with(DatabaseSettings.HOST, direct.host()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"transaction", "session"})
    void everyStatementOfEveryLaneIsCountedOnce(String mode) throws IOException {
        PoolMode poolMode = mode.equals("session") ? PoolMode.SESSION : PoolMode.TRANSACTION;
        try (Stage stage = new Stage(config(poolMode, 7))) {
            WireClient first = stage.client(); // the first of all is told what a server reports
            long assigned = stage.stat("total_server_assignment_count");
            List<WireClient> clients = new ArrayList<>(List.of(first));
            for (int i = 1; i < 2 * LANES; i++) {
                clients.add(stage.client());
            }
            for (WireClient client : clients) {
                client.query("select 1");
                client.query("begin");
                client.query("select repeat('x', 1000)");
                client.query("commit");
            }
            assertThat(stage.stat("total_client_login_count")).isEqualTo(clients.size());
            assertThat(stage.stat("total_query_count")).isEqualTo(4L * clients.size());
            assertThat(stage.stat("total_xact_count")).isEqualTo(2L * clients.size());
            if (poolMode == PoolMode.TRANSACTION) {
                assertThat(stage.stat("total_server_assignment_count") - assigned)
                        .isBetween(2L * clients.size(), 3L * clients.size()); // each lane asks once what is reported
            } else {
                assertThat(stage.stat("total_server_assignment_count") - assigned)
                        .isBetween(clients.size() - 1L, 2L * clients.size());
            }
            long asked = Messages.query("select 1").length
                    + Messages.query("begin").length
                    + Messages.query("select repeat('x', 1000)").length
                    + (long) Messages.query("commit").length;
            assertThat(stage.stat("total_received")).isEqualTo(asked * clients.size());
            assertThat(stage.stat("total_sent")).isGreaterThan(1000L * clients.size());
            assertThat(stage.stat("total_bind_count")).isZero();
            assertThat(stage.row("stats_totals", "database", direct.database()))
                    .containsEntry("query_count", String.valueOf(4 * clients.size()))
                    .containsEntry("bytes_received", String.valueOf(asked * clients.size()));
            assertThat(stage.row("databases", "name", direct.database()))
                    .containsEntry("current_client_connections", String.valueOf(clients.size()))
                    .containsEntry("host", direct.host())
                    .containsEntry("pool_size", "7");
        }
    }

    @Test
    void transactionsOfASessionDoNotLastWhileItIsIdle() throws IOException {
        try (Stage stage = new Stage(config(PoolMode.SESSION, 1))) {
            WireClient client = stage.client();
            client.query("select 1");
            PostgresFixture.shared().queryOne("select pg_sleep(1.5)::text"); // while it is idle
            client.query("select pg_sleep(0.2)");
            assertThat(stage.stat("total_xact_time")).isBetween(200_000L, 1_400_000L);
            assertThat(stage.stat("total_query_time")).isBetween(200_000L, 1_400_000L);
        }
    }

    @Test
    void whoWaitsAndWhoHoldsAServerIsShown() throws IOException {
        try (Stage stage = new Stage(config(PoolMode.TRANSACTION, 2))) {
            List<WireClient> holders = List.of(stage.client(), stage.client());
            List<WireClient> waiters = List.of(stage.client(), stage.client(), stage.client());
            for (WireClient holder : holders) {
                holder.query("begin");
            }
            for (WireClient waiter : waiters) {
                waiter.send(Messages.query("select 1"));
            }
            await().untilAsserted(() -> assertThat(stage.pool())
                    .containsEntry("cl_active", "2")
                    .containsEntry("cl_waiting", "3")
                    .containsEntry("sv_active", "2")
                    .containsEntry("sv_idle", "0")
                    .containsEntry("maxwait", "1"));
            assertThat(stage.pool())
                    .containsEntry("pool_mode", "transaction")
                    .containsEntry("load_balance_hosts", "null");
            assertLinked(stage);
            assertThat(stage.item("used_clients")).isEqualTo(6);
            assertThat(stage.item("used_servers")).isEqualTo(2);
            assertThat(stage.item("login_clients")).isZero();
            assertThat(stage.row("users", "name", direct.user()))
                    .containsEntry("current_client_connections", "6")
                    .containsEntry("current_connections", "2");
            holders.get(0).query("commit");
            holders.get(1).query("commit");
            for (WireClient waiter : waiters) {
                waiter.readUntilReady();
            }
            assertThat(stage.pool())
                    .containsEntry("cl_active", "5")
                    .containsEntry("cl_waiting", "0")
                    .containsEntry("sv_idle", "2")
                    .containsEntry("maxwait", "0")
                    .containsEntry("maxwait_us", "0");
            assertThat(stage.stat("total_wait_time")).isGreaterThan(3_000_000);
        }
    }

    private void assertLinked(Stage stage) throws IOException {
        Map<String, Map<String, String>> servers = new HashMap<>();
        for (Map<String, String> server : stage.show("servers")) {
            servers.put(server.get("ptr"), server);
        }
        Set<String> ids = new HashSet<>();
        int linked = 0;
        for (Map<String, String> client : stage.show("clients")) {
            assertThat(ids.add(client.get("id"))).as("id of its own").isTrue();
            Map<String, String> server = servers.get(client.get("link"));
            assertThat(server != null).isEqualTo("active".equals(client.get("state")));
            if (server != null) {
                linked++;
                assertThat(server)
                        .containsEntry("link", client.get("ptr"))
                        .containsEntry("state", "active")
                        .containsEntry("application_name", "known");
            } else if ("waiting".equals(client.get("state"))) {
                assertThat(Integer.parseInt(client.get("wait"))).isPositive();
            }
        }
        assertThat(linked).isEqualTo(2);
        assertThat(stage.show("sockets").stream()
                        .map(socket -> socket.get("state"))
                        .toList())
                .containsOnly("cl_active", "cl_waiting", "sv_active")
                .hasSize(8);
        assertThat(stage.show("active_sockets"))
                .filteredOn(socket ->
                        !"pgbouncer".equals(socket.get("database"))) // which may not have all of the answer yet
                .hasSize(3)
                .allSatisfy(socket -> assertThat(socket)
                        .containsEntry("state", "cl_waiting")
                        .containsEntry("pkt_avail", String.valueOf(Messages.query("select 1").length)));
    }

    @Test
    void totalsGoOnWhenPoolsAreFreed() throws IOException {
        ProxyConfig config = config(PoolMode.TRANSACTION, 3)
                .with(Settings.POOL_IDLE_TIMEOUT, Duration.ofMillis(100))
                .with(Settings.SERVER_IDLE_TIMEOUT, Duration.ofMillis(50));
        try (Stage stage = new Stage(config)) {
            for (int round = 1; round <= 2; round++) {
                for (int i = 0; i < LANES; i++) {
                    stage.client().query("select 1");
                }
                stage.leave();
                await().untilAsserted(() -> assertThat(stage.pool()).isEmpty());
                assertThat(stage.stat("total_query_count")).isEqualTo((long) round * LANES);
                assertThat(stage.stat("total_client_login_count")).isEqualTo((long) round * LANES);
                long commands = stage.total("total_query_count") - round * (long) LANES;
                assertThat(commands).as("of the console, this one included").isPositive();
                assertThat(stage.total("total_query_count")).isEqualTo(round * (long) LANES + commands + 1);
            }
        }
    }

    @Test
    void averagesAreOfTheLastPeriodAndThisOne() throws IOException {
        ProxyConfig config = config(PoolMode.TRANSACTION, 3).with(Settings.STATS_PERIOD, Duration.ofSeconds(1));
        try (Stage stage = new Stage(config)) {
            WireClient client = stage.client();
            for (int i = 0; i < 300; i++) {
                client.query("select 1");
            }
            long average = stage.stat("avg_query_count");
            assertThat(average)
                    .as("at most 2 s and the time of a tick are looked at")
                    .isBetween(100L, 10_000L);
            assertThat(stage.stat("avg_query_time")).isPositive();
            await().untilAsserted(
                            () -> assertThat(stage.stat("avg_query_count")).isZero());
            assertThat(stage.stat("total_query_count")).isEqualTo(300);
        }
    }

    @Test
    void cancelsAreShownWhileTheyLast() throws IOException {
        try (Stage stage = new Stage(config(PoolMode.TRANSACTION, 1))) {
            WireClient client = stage.client();
            client.send(Messages.query("select pg_sleep(60)"));
            await().untilAsserted(() -> assertThat(stage.pool()).containsEntry("sv_active", "1"));
            assertThat(stage.pool()).containsEntry("sv_active_cancel", "0").containsEntry("cl_active_cancel_req", "0");
            client.cancel();
            client.readUntilReady();
            await().untilAsserted(() -> assertThat(stage.pool())
                    .containsEntry("sv_active_cancel", "0")
                    .containsEntry("cl_active_cancel_req", "0")
                    .containsEntry("sv_idle", "1"));
        }
    }

    @Test
    void serverIdleForLongIsUsedUpAndOneThatIsNotReachedLogsIn() throws IOException {
        ProxyConfig config = config(PoolMode.TRANSACTION, 1).with(Settings.SERVER_CHECK_DELAY, Duration.ofMillis(200));
        try (Stage stage = new Stage(config)) {
            stage.client().query("select 1");
            await().untilAsserted(() ->
                    assertThat(stage.pool()).containsEntry("sv_used", "1").containsEntry("sv_idle", "0"));
            assertThat(stage.show("servers"))
                    .singleElement()
                    .satisfies(server -> assertThat(server).containsEntry("state", "used"));
        }
    }

    @Test
    void consoleCountsAsADatabaseOfItsOwn() throws IOException {
        try (Stage stage = new Stage(config(PoolMode.TRANSACTION, 1));
                WireClient second = WireClient.connect(stage.through().withDatabase("spillway"))) {
            second.query("show version");
            assertThat(stage.row("pools", "database", "pgbouncer"))
                    .containsEntry("user", "pgbouncer")
                    .containsEntry("cl_active", "2");
            assertThat(stage.row("databases", "name", "pgbouncer")).containsEntry("current_client_connections", "2");
            assertThat(stage.row("stats", "database", "pgbouncer"))
                    .containsEntry("total_client_login_count", "2")
                    .containsEntry("total_query_count", "4");
            assertThat(stage.show("clients")).hasSize(2);
            assertThat(stage.item("databases")).isEqualTo(2);
        }
    }
}
