package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Transport;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.config.UserSettings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.ChaosPlan;
import dev.spillway.testkit.ChaosRelay;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.IsolationOracle;
import dev.spillway.testkit.OracleReport;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One pool for all lanes, on a real PostgreSQL: servers change lanes, limits hold over all of them. */
class LanesIT {
    private static final int EXCHANGES = Boolean.getBoolean("spillway.test.thorough") ? 2000 : 40;

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    private ProxyConfig config(int lanes, int poolSize) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, poolSize)
                .with(Settings.LANES, lanes);
    }

    @ParameterizedTest
    @CsvSource({"2, 1, AUTO", "4, 1, AUTO", "4, 3, AUTO", "4, 2, EPOLL", "4, 2, NIO"})
    void serversChangeLanesAndNoReplyIsLost(int lanes, int poolSize, Transport transport) throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.splitting(seed));
                RunningProxy proxy = new RunningProxy(RunningProxy.config(relay.port(), PoolMode.TRANSACTION, poolSize)
                        .with(Settings.LANES, lanes)
                        .with(Settings.TRANSPORT, transport))) {
            OracleReport report = IsolationOracle.run(
                    IsolationOracle.Settings.of(direct.withPort(proxy.proxy().port()), direct, seed)
                            .clients(12, EXCHANGES)
                            .diagnosis(proxy::state));
            report.assertIsolated();
            // One exchange in eight is cancelled, by its client or because that has left.
            assertThat(relay.accepted())
                    .as("server logins and cancels of %d exchanges", report.exchanges())
                    .isLessThan(50 + report.exchanges() / 4);
        }
    }

    @Test
    void clientsOfAllLanesShareTheOnlyServer() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(4, 1))) {
            List<WireClient> clients = new ArrayList<>();
            List<String> servers = new ArrayList<>();
            try {
                for (int i = 0; i < 8; i++) {
                    clients.add(WireClient.connect(direct.withPort(proxy.proxy().port())));
                }
                for (int round = 0; round < 20; round++) {
                    for (WireClient client : clients) {
                        servers.add(client.queryOne("select pg_backend_pid()"));
                    }
                }
            } finally {
                for (WireClient client : clients) {
                    client.close();
                }
            }
            assertThat(servers).containsOnly(servers.getFirst());
        }
    }

    @Test
    void aServerOfOneUserMakesRoomForAnotherUsers() throws IOException {
        UserConfig other = UserConfig.named(PostgresFixture.SCRAM_USER)
                .with(UserSettings.PASSWORD, Secret.of(PostgresFixture.PASSWORD));
        ProxyConfig config = config(2, 5).with(Settings.MAX_DB_CONNECTIONS, 1).with(other);
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            for (int i = 0; i < 5; i++) {
                try (WireClient one = WireClient.connect(through);
                        WireClient two = WireClient.connect(through.withUser(PostgresFixture.SCRAM_USER))) {
                    assertThat(one.queryOne("select current_user")).isEqualTo(direct.user());
                    assertThat(two.queryOne("select current_user")).isEqualTo(PostgresFixture.SCRAM_USER);
                }
            }
        }
    }

    @Test
    void clientsBeyondTheLimitOfTheirDatabaseAreRefusedUntilOneLeaves() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(2, 1).with(Settings.MAX_DB_CLIENT_CONNECTIONS, 2))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient one = WireClient.connect(through)) {
                WireClient two = WireClient.connect(through);
                assertThatThrownBy(() -> WireClient.connect(through).close())
                        .hasMessageContaining("53300")
                        .hasMessageContaining("(max_db_client_connections): database \"bench\" may have 2");
                two.close();
                await().ignoreExceptions()
                        .untilAsserted(() -> WireClient.connect(through).close());
                assertThat(one.queryOne("select 1")).isEqualTo("1");
            }
        }
    }

    @Test
    void poolsThatClientsInventAreFreedOnEveryLane() throws IOException {
        ProxyConfig config = config(3, 2)
                .with(Settings.AUTODB_IDLE_TIMEOUT, Duration.ofMillis(300))
                .with(Settings.SERVER_IDLE_TIMEOUT, Duration.ofMillis(100));
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            for (int i = 0; i < 30; i++) {
                Endpoint invented = through.withDatabase("invented" + i);
                assertThatThrownBy(() -> WireClient.connect(invented).close()).hasMessageContaining("3D000");
            }
            WireClient client = WireClient.connect(through);
            try (WireClient console = WireClient.connect(through.withDatabase("spillway"))) {
                assertThat(client.queryOne("select 1")).isEqualTo("1");
                await().untilAsserted(() -> assertThat(pools(console)).containsExactly("bench"));
                client.close();
                await().untilAsserted(() -> assertThat(pools(console)).isEmpty());
            }
            try (WireClient again = WireClient.connect(through)) {
                assertThat(again.queryOne("select 1")).isEqualTo("1");
            }
        }
    }

    private static List<String> pools(WireClient console) throws IOException {
        return console.query("show pools").stream()
                .filter(message -> message.is('D'))
                .map(BackendMessage::column)
                .filter(database -> !database.equals("pgbouncer"))
                .toList();
    }
}
