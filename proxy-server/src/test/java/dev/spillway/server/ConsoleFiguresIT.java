package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What LANES, LATENCY, WAITING and ERRORS say about work that is known. */
class ConsoleFiguresIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    private ProxyConfig config(int servers, int lanes) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, servers).with(Settings.LANES, lanes);
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    private List<Map<String, Object>> show(RunningProxy proxy, String what) {
        List<Map<String, Object>> rows = new ArrayList<>();
        try (Connection console = DriverManager.getConnection(
                        through(proxy).withDatabase("pgbouncer").jdbcUrl());
                ResultSet all = console.createStatement().executeQuery("show " + what)) {
            while (all.next()) {
                Map<String, Object> row = new HashMap<>();
                for (int i = 1; i <= all.getMetaData().getColumnCount(); i++) {
                    Object value = all.getObject(i);
                    row.put(all.getMetaData().getColumnName(i), value == null ? "" : value);
                }
                rows.add(row);
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        return rows;
    }

    private static long number(Map<String, Object> row, String column) {
        return row.get(column) instanceof Number number ? number.longValue() : -1;
    }

    @Test
    void latencyIsThatOfEachPool() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(1, 2));
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            for (int i = 0; i < 9; i++) {
                one.query("select 1");
            }
            one.query("begin; select pg_sleep(0.2)");
            two.send(Messages.query("select 2"));
            await().until(() -> show(proxy, "waiting").size() == 1);
            one.query("commit");
            two.readUntilReady();

            Map<Object, Map<String, Object>> rows = new HashMap<>();
            show(proxy, "latency").stream()
                    .filter(row -> "app".equals(row.get("database"))
                            || direct.database().equals(row.get("database")))
                    .forEach(row -> rows.put(String.valueOf(row.get("what")), row));
            assertThat(rows).containsOnlyKeys("wait", "xact", "query");
            Map<String, Object> queries = rows.getOrDefault("query", Map.of());
            assertThat(number(queries, "count")).isEqualTo(12);
            assertThat(number(queries, "p50_us")).isBetween(1L, 100_000L);
            assertThat(number(queries, "max_us")).isBetween(200_000L, 2_000_000L);
            Map<String, Object> transactions = rows.getOrDefault("xact", Map.of());
            assertThat(number(transactions, "count")).isEqualTo(11);
            assertThat(number(transactions, "p99_us")).isGreaterThanOrEqualTo(200_000L);
            Map<String, Object> waits = rows.getOrDefault("wait", Map.of());
            assertThat(number(waits, "count")).isBetween(11L, 13L); // logins may need a server, too
            assertThat(number(waits, "p50_us")).isLessThan(100);
            assertThat(number(waits, "max_us")).isPositive();
            assertThat(queries).containsEntry("user", direct.user());
        }
    }

    @Test
    void clientsOfWhomALaneReadsSomeAtATimeAreShownOnceEach() throws IOException {
        int count = 300; // more than one part on each lane
        try (RunningProxy proxy = new RunningProxy(config(2, 2).with(Settings.MAX_CLIENT_CONN, 1000))) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                clients.add(WireClient.connect(through(proxy), Map.of("application_name", "of-many"), LIMIT));
            }
            List<Map<String, Object>> shown = show(proxy, "clients").stream()
                    .filter(row -> "of-many".equals(row.get("application_name")))
                    .toList();
            assertThat(shown).hasSize(count).extracting(row -> row.get("id")).doesNotHaveDuplicates();
            assertThat(show(proxy, "lists")).contains(Map.of("list", "used_clients", "items", count + 1));
            for (WireClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void lanesTogetherHaveDoneTheWork() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(4, 3))) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                clients.add(WireClient.connect(through(proxy)));
                clients.getLast().query("begin; select 1");
                clients.getLast().query("commit");
            }
            List<Map<String, Object>> lanes = show(proxy, "lanes");
            assertThat(lanes).extracting(row -> row.get("lane")).containsExactly(0, 1, 2);
            assertThat(lanes.stream().mapToLong(row -> number(row, "clients")).sum())
                    .isEqualTo(12);
            assertThat(lanes.stream()
                            .mapToLong(row -> number(row, "query_count"))
                            .sum())
                    .isEqualTo(24);
            assertThat(lanes.stream()
                            .mapToLong(row -> number(row, "xact_count"))
                            .sum())
                    .isEqualTo(12);
            assertThat(lanes.stream().mapToLong(row -> number(row, "servers")).sum())
                    .isBetween(1L, 4L);
            assertThat(lanes.stream().mapToLong(row -> number(row, "consoles")).sum())
                    .isOne();
            assertThat(lanes).allMatch(row -> number(row, "busy_us") > 0);
            for (WireClient client : clients) {
                client.close();
            }
        }
    }

    /** The reason of the only client that waits, once there is one. */
    private void assertWaits(RunningProxy proxy, String reason, String detail) {
        await().untilAsserted(() -> {
            List<Map<String, Object>> waiting = show(proxy, "waiting");
            assertThat(waiting).hasSize(1);
            assertThat(waiting.getFirst()).containsEntry("reason", reason).containsEntry("application_name", "patient");
            assertThat(String.valueOf(waiting.getFirst().get("detail"))).contains(detail);
            assertThat(number(waiting.getFirst(), "id")).isPositive();
        });
    }

    private WireClient patient(Endpoint where) throws IOException {
        return WireClient.connect(where, Map.of("application_name", "patient"), Duration.ofSeconds(20));
    }

    @Test
    void whoWaitsIsShownWithTheReason() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(1, 2));
                WireClient holder = WireClient.connect(through(proxy));
                WireClient patient = patient(through(proxy));
                Operator operator = new Operator(through(proxy))) {
            assertThat(show(proxy, "waiting")).isEmpty();
            holder.query("begin");
            patient.send(Messages.query("select 1"));
            assertWaits(proxy, "pool_size", "1 of 1");
            operator.begin("PAUSE");
            assertWaits(proxy, "paused", "RESUME");
            holder.query("commit");
            operator.awaitTag();
            assertThat(show(proxy, "waiting").getFirst()).containsEntry("user", direct.user());
            operator.run("RESUME");
            patient.readUntilReady();
            assertThat(show(proxy, "waiting")).isEmpty();
        }
    }

    @Test
    void limitsOfDatabaseAndUserAreToldApart() throws IOException {
        assertWaitsFor(config(5, 1).with(Settings.MAX_DB_CONNECTIONS, 1), "max_db_connections");
        assertWaitsFor(config(5, 1).with(Settings.MAX_USER_CONNECTIONS, 1), "max_user_connections");
    }

    private void assertWaitsFor(ProxyConfig config, String reason) throws IOException {
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient holder = WireClient.connect(through(proxy));
                WireClient patient = patient(through(proxy))) {
            holder.query("begin");
            patient.send(Messages.query("select 1"));
            assertWaits(proxy, reason, "as many servers as it may");
        }
    }

    @Test
    void serverThatIsBeingOpenedOrCannotBeIsTheReason() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                RunningProxy proxy =
                        new RunningProxy(RunningProxy.config(silent.getLocalPort(), PoolMode.TRANSACTION, 2));
                WireClient patient = WireClient.open(through(proxy), Duration.ofSeconds(20))) {
            patient.send(startup());
            assertWaits(proxy, "opening", "being opened");
        }
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(1, PoolMode.TRANSACTION, 2)
                        .with(Settings.SERVER_LOGIN_RETRY, Duration.ofSeconds(20)));
                WireClient patient = WireClient.open(through(proxy), Duration.ofSeconds(20))) {
            patient.send(startup());
            assertWaits(proxy, "down", "no server can be opened: ");
        }
    }

    private byte[] startup() {
        return Messages.startup(
                Messages.PROTOCOL_3_0,
                Map.of("user", direct.user(), "database", direct.database(), "application_name", "patient"));
    }

    @Test
    void errorsAreCountedByStateAndCause() throws IOException {
        Instant before = Instant.now().minusMillis(1);
        ProxyConfig config = config(2, 2);
        try (RunningProxy proxy = new RunningProxy(new ProxyConfig(
                        config.values(),
                        Map.of(
                                direct.database(),
                                DatabaseConfig.named(direct.database()).with(DatabaseSettings.PORT, direct.port())),
                        Map.of()));
                WireClient client = WireClient.connect(through(proxy))) {
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> WireClient.connect(through(proxy).withDatabase("nowhere"))
                                .close())
                        .isInstanceOf(IOException.class);
                client.query("select 1/0");
            }
            List<Map<String, Object>> errors = show(proxy, "errors");
            Map<String, Object> ours = errors.stream()
                    .filter(row -> "3D000".equals(row.get("sqlstate")))
                    .findFirst()
                    .orElseThrow();
            assertThat(ours)
                    .containsEntry("cause", "login failed")
                    .containsEntry("database", "nowhere")
                    .containsEntry("count", 3L)
                    .containsEntry("last_text", "no such database: nowhere");
            Instant last = ((Timestamp) Objects.requireNonNull(ours.get("last_time"))).toInstant();
            assertThat(last).isBetween(before, Instant.now());
            Map<String, Object> servers = errors.stream()
                    .filter(row -> "server".equals(row.get("cause")))
                    .findFirst()
                    .orElseThrow();
            assertThat(servers).containsEntry("sqlstate", "22xxx").containsEntry("count", 3L);
        }
    }
}
