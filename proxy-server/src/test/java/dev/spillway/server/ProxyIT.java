package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.LookupSettings;
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
import dev.spillway.testkit.DirectComparison;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.IsolationOracle;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.OracleFeature;
import dev.spillway.testkit.PipelineProgram;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The proxy on a real PostgreSQL: same answers as a direct connection, and each to the client that asked. */
class ProxyIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int PROGRAMS = Integer.getInteger("spillway.test.programs", 1500);
    private static final int MAX_UNITS = 14;

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    @BeforeAll
    static void createSchema() {
        PostgresFixture.shared().execute(PipelineProgram.schema());
    }

    private static ProxyConfig config(int serverPort, PoolMode mode, int poolSize) {
        DatabaseConfig database = DatabaseConfig.named(ProxyConfig.FALLBACK).with(DatabaseSettings.PORT, serverPort);
        return ProxyConfig.defaults()
                .with(Settings.LISTEN_PORT, 0)
                .with(Settings.AUTH_TYPE, AuthType.TRUST)
                .with(Settings.POOL_MODE, mode)
                .with(Settings.DEFAULT_POOL_SIZE, poolSize)
                .with(Settings.RESERVE_POOL_SIZE, 0)
                .with(Settings.SHUTDOWN_TIMEOUT, Duration.ofSeconds(1))
                .with(database);
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void programsHaveTheAnswersOfADirectConnection(PoolMode mode) throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(direct, new ChaosPlan(seed, 500, 1, 2, 0, 0));
                Running proxy = new Running(config(relay.port(), mode, 2));
                DirectComparison comparison = new DirectComparison(direct, direct.withPort(proxy.port()), LIMIT)) {
            for (int i = 0; i < PROGRAMS; i++) {
                comparison.assertSame(PipelineProgram.random(seed * 1_000_000 + i, 11, MAX_UNITS));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void everyReplyReachesTheClientThatAsked(PoolMode mode) throws IOException {
        int poolSize = mode == PoolMode.SESSION ? 16 : 3;
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.splitting(seed));
                Running proxy = new Running(config(relay.port(), mode, poolSize))) {
            IsolationOracle.run(IsolationOracle.Settings.of(direct.withPort(proxy.port()), direct, seed)
                            .clients(12, 60))
                    .assertIsolated();
            assertThat(relay.accepted()).as("server logins and cancels").isLessThan(200);
        }
    }

    @Test
    void statementsOfManyClientsTakeTurnsInStatementMode() throws IOException {
        try (Running proxy = new Running(config(direct.port(), PoolMode.STATEMENT, 2))) {
            IsolationOracle.run(IsolationOracle.Settings.of(direct.withPort(proxy.port()), direct, seed)
                            .clients(12, 30)
                            .features(EnumSet.complementOf(EnumSet.of(OracleFeature.TRANSACTIONS))))
                    .assertIsolated();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void transactionInStatementModeIsTheEndBeforeAnybodyTakesItForBegun(boolean isPipelined) throws IOException {
        try (Running proxy = new Running(config(direct.port(), PoolMode.STATEMENT, 1));
                WireClient client = WireClient.connect(direct.withPort(proxy.port()))) {
            byte[] behind = isPipelined ? Messages.query("select pg_sleep(60)") : new byte[0];
            client.send(Messages.query("select 1"), Messages.query("begin"), behind);
            client.readUntilReady();
            List<BackendMessage> told = client.readUntilClosed();
            assertThat(told).extracting(BackendMessage::type).containsExactly('C', 'E');
            assertThat(told.getLast().sqlState()).isEqualTo("0A000");
            try (WireClient next = WireClient.connect(direct.withPort(proxy.port()))) {
                assertThat(next.queryOne("select 3")).isEqualTo("3");
            }
        }
    }

    @Test
    void whoHasLoggedInIsToldWhatIsConfigured() throws IOException {
        ProxyConfig config = config(direct.port(), PoolMode.TRANSACTION, 1)
                .with(LookupSettings.LOGIN_NOTIFY_MESSAGE, "you are here");
        try (Running proxy = new Running(config)) {
            for (String first : List.of("a server's report", "a report that is known")) {
                try (WireClient client = WireClient.open(direct.withPort(proxy.port()), Duration.ofSeconds(20))) {
                    List<BackendMessage> told =
                            client.login(Messages.PROTOCOL_3_0, Map.of("user", direct.user()), null);
                    assertThat(told.subList(told.size() - 3, told.size()))
                            .as(first)
                            .extracting(BackendMessage::type)
                            .containsExactly('K', 'N', 'Z');
                    assertThat(told.get(told.size() - 2).trace()).contains("NOTICE", "00000", "you are here");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"}) // the other tests have the fastest
    void otherTransportsServeAsWell(Transport transport) throws IOException {
        ProxyConfig config = config(direct.port(), PoolMode.TRANSACTION, 2).with(Settings.TRANSPORT, transport);
        try (Running proxy = new Running(config)) {
            IsolationOracle.run(IsolationOracle.Settings.of(direct.withPort(proxy.port()), direct, seed)
                            .clients(8, 30))
                    .assertIsolated();
        }
    }

    @Test
    void jdbcClientsShareFewServers() throws Exception {
        try (Running proxy = new Running(config(direct.port(), PoolMode.TRANSACTION, 2))) {
            String url = direct.withPort(proxy.port()).jdbcUrl() + "&prepareThreshold=0";
            try (Connection one = DriverManager.getConnection(url);
                    Connection two = DriverManager.getConnection(url);
                    Connection three = DriverManager.getConnection(url)) {
                for (Connection connection : new Connection[] {one, two, three}) {
                    connection.setAutoCommit(false);
                    assertThat(ask(connection, "select 41 + 1")).isEqualTo("42");
                    connection.commit();
                }
            }
        }
    }

    @Test
    void clientsLogInWithScramAndAWrongPasswordIsRefused() throws Exception {
        ProxyConfig config = config(direct.port(), PoolMode.TRANSACTION, 2)
                .with(Settings.AUTH_TYPE, AuthType.SCRAM_SHA_256)
                .with(UserConfig.named(PostgresFixture.SCRAM_USER)
                        .with(UserSettings.PASSWORD, Secret.of(PostgresFixture.PASSWORD)));
        try (Running proxy = new Running(config)) {
            String url = direct.withPort(proxy.port())
                            .withUser(PostgresFixture.SCRAM_USER)
                            .jdbcUrl() + "&password=";
            try (Connection connection = DriverManager.getConnection(url + PostgresFixture.PASSWORD)) {
                assertThat(ask(connection, "select current_user")).isEqualTo(PostgresFixture.SCRAM_USER);
            }
            assertThatThrownBy(() -> DriverManager.getConnection(url + "wrong").close())
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("28P01"));
        }
    }

    @Test
    void startupParametersAreInForceForTheirClientAndForNobodyElse() throws Exception {
        try (Running proxy = new Running(config(direct.port(), PoolMode.TRANSACTION, 1))) {
            Endpoint through = direct.withPort(proxy.port());
            try (WireClient plain = WireClient.connect(through);
                    WireClient tokyo = WireClient.connect(
                            through, Map.of("TimeZone", "Asia/Tokyo", "options", "-c work_mem=5MB"), LIMIT)) {
                String usual = plain.queryOne("show timezone");
                for (int i = 0; i < 5; i++) {
                    assertThat(tokyo.queryOne("show timezone")).isEqualTo("Asia/Tokyo");
                    assertThat(tokyo.queryOne("show work_mem")).isEqualTo("5MB");
                    assertThat(plain.queryOne("show timezone")).isEqualTo(usual).isNotEqualTo("Asia/Tokyo");
                    plain.query("set work_mem = '7MB'");
                }
            }
            assertThatThrownBy(() -> WireClient.connect(through, Map.of("TimeZone", "Nowhere"), LIMIT)
                            .close())
                    .hasMessageContaining("22023");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void aResetGoesBackToWhatTheClientStartedWith(PoolMode mode) throws Exception {
        Map<String, String> start = Map.of("TimeZone", "Asia/Tokyo", "options", "-c work_mem=5MB -c app.tenant=7");
        try (Running proxy = new Running(config(direct.port(), mode, 1));
                WireClient client = WireClient.connect(direct.withPort(proxy.port()), start, LIMIT)) {
            for (String reset : List.of("RESET ALL", "DISCARD ALL", "RESET timezone")) {
                client.query("set timezone = 'Europe/Oslo'");
                client.query(reset);
                assertThat(client.queryOne("show timezone")).as(reset).isEqualTo("Asia/Tokyo");
                assertThat(client.queryOne("show work_mem")).as(reset).isEqualTo("5MB");
                assertThat(client.queryOne("show app.tenant")).as(reset).isEqualTo("7");
            }
        }
    }

    @Test
    void inSessionModeAResetKeepsWhatTheClientHasSetItself() throws Exception {
        Map<String, String> start = Map.of("TimeZone", "Asia/Tokyo", "options", "-c app.tenant=7");
        try (Running proxy = new Running(config(direct.port(), PoolMode.SESSION, 1));
                WireClient client = WireClient.connect(direct.withPort(proxy.port()), start, LIMIT)) {
            client.query("set timezone = 'Europe/Oslo'");
            client.query("set app.tenant = '8'");
            client.query("reset work_mem");
            assertThat(client.queryOne("show timezone")).isEqualTo("Europe/Oslo");
            assertThat(client.queryOne("show app.tenant")).isEqualTo("8");
        }
    }

    @Test
    void unreadableAuthFileIsOneSentence(@TempDir Path directory) throws IOException {
        Path binary = Files.write(directory.resolve("users"), new byte[] {(byte) 0xff, (byte) 0xfe});
        ProxyConfig config = config(direct.port(), PoolMode.TRANSACTION, 1);

        assertThatThrownBy(() -> Proxy.start(config.with(Settings.AUTH_FILE, directory + "/none")))
                .isInstanceOf(IOException.class)
                .hasMessage("auth_file " + directory + "/none cannot be read: there is no such file");
        assertThatThrownBy(() -> Proxy.start(config.with(Settings.AUTH_FILE, binary.toString())))
                .isInstanceOf(IOException.class)
                .hasMessage("auth_file " + binary + " cannot be read: it is not UTF-8 text");
    }

    private static String ask(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            assertThat(result.next()).isTrue();
            return result.getString(1);
        }
    }

    /** A proxy that ends with its block. */
    private record Running(Proxy proxy) implements AutoCloseable {
        Running(ProxyConfig config) throws IOException {
            this(Proxy.start(config));
        }

        int port() {
            return proxy.port();
        }

        @Override
        public void close() {
            proxy.stop();
        }
    }
}
