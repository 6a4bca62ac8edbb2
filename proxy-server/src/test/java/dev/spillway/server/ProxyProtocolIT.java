package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Transport;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients behind a load balancer, and the name that says where a client is. */
class ProxyProtocolIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    private static final byte[] HEADER = hex(SIGNATURE + "2111000cc00002070a00000130391538");
    private static final byte[] LOCAL = hex(SIGNATURE + "20000000");

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }

    private ProxyConfig config() {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2).with(Settings.PROXY_PROTOCOL, true);
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    private static WireClient connect(Endpoint endpoint, byte[] header) throws IOException {
        WireClient client = WireClient.open(endpoint, LIMIT);
        client.send(header);
        client.login(Messages.PROTOCOL_3_0, Map.of(), null);
        return client;
    }

    private List<String> clients(RunningProxy proxy) throws IOException {
        try (WireClient console = connect(through(proxy).withDatabase("spillway"), LOCAL)) {
            return console.query("show clients").stream()
                    .filter(message -> message.is('D') && !message.columns().contains("pgbouncer"))
                    .map(message ->
                            message.columns().get(5) + ":" + message.columns().get(6))
                    .toList();
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void clientIsKnownByTheAddressInItsHeader(Transport transport) throws IOException {
        try (RunningProxy proxy = new RunningProxy(config().with(Settings.TRANSPORT, transport));
                WireClient client = connect(through(proxy), HEADER)) {
            assertThat(client.queryOne("select 42")).isEqualTo("42");
            assertThat(clients(proxy)).containsExactly("192.0.2.7:12345");
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void balancersOwnConnectionKeepsItsAddress() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient client = connect(through(proxy), LOCAL)) {
            assertThat(client.queryOne("select 42")).isEqualTo("42");
            assertThat(clients(proxy))
                    .singleElement()
                    .satisfies(peer -> assertThat(peer).startsWith("127.0.0.1:"));
        }
    }

    @Test
    void headerMayComeInPiecesAndWithWhatFollows() throws IOException {
        byte[] startup =
                Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", direct.user(), "database", direct.database()));
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient slow = WireClient.open(through(proxy), LIMIT);
                WireClient whole = WireClient.open(through(proxy), LIMIT)) {
            slow.sendSlowly(Messages.join(HEADER, startup), 1);
            whole.send(HEADER, startup);
            assertThat(slow.readUntilReady()).isNotEmpty();
            assertThat(whole.readUntilReady()).isNotEmpty();
            assertThat(whole.queryOne("select 42")).isEqualTo("42");
        }
    }

    @Test
    void connectionWithoutAHeaderIsClosedWithOneLineAndNoAnswer() throws IOException {
        List<byte[]> wrong = List.of(
                Messages.sslRequest(),
                Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", "u")),
                "PROXY TCP4 192.0.2.7 10.0.0.1 12345 5432\r\n".getBytes(StandardCharsets.US_ASCII),
                hex(SIGNATURE + "2111ffff"),
                hex(SIGNATURE + "11110000"),
                new byte[300_000]);
        try (RunningProxy proxy = new RunningProxy(config())) {
            for (byte[] bytes : wrong) {
                try (WireClient client = WireClient.open(through(proxy), LIMIT)) {
                    client.send(bytes);
                    assertThat(client.readAll()).isEmpty();
                } catch (SocketException reset) {
                    // closed before all was sent
                }
            }
            await().until(() -> lines(proxy).size() >= wrong.size());
            assertThat(lines(proxy)).hasSize(wrong.size()).allMatch(line -> line.contains("PROXY header"));
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    private static List<String> lines(RunningProxy proxy) {
        return proxy.log().lines().stream()
                .filter(line -> line.startsWith("client refused 127.0.0.1:"))
                .toList();
    }

    @Test
    void headerThatDoesNotComeIsWaitedForAsLongAsALogin() throws IOException {
        ProxyConfig config = config().with(Settings.CLIENT_LOGIN_TIMEOUT, Duration.ofSeconds(1));
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient client = WireClient.open(through(proxy), LIMIT)) {
            client.send(hex("0d0a0d"));
            assertThat(client.readAll()).isEmpty();
            assertThat(lines(proxy))
                    .singleElement()
                    .satisfies(line -> assertThat(line).contains("client_login_timeout"));
        }
    }

    @Test
    void whoLeavesBeforeTheHeaderIsNotWorthALine() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config().with(Settings.TCP_DEFER_ACCEPT, false))) {
            WireClient.open(through(proxy), LIMIT).close();
            WireClient.open(through(proxy), LIMIT).reset();
            assertThat(clients(proxy)).isEmpty();
            assertThat(lines(proxy)).isEmpty();
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void applicationNameTellsWhereTheClientIs() throws IOException {
        ProxyConfig config = config().with(Settings.APPLICATION_NAME_ADD_HOST, true);
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient named = WireClient.open(through(proxy), LIMIT);
                WireClient nameless = connect(through(proxy), HEADER)) {
            named.send(HEADER);
            named.login(Messages.PROTOCOL_3_0, Map.of("application_name", "shop"), null);
            for (int i = 0; i < 3; i++) {
                assertThat(named.queryOne("show application_name")).isEqualTo("shop - 192.0.2.7:12345");
                assertThat(nameless.queryOne("show application_name")).isEqualTo("app - 192.0.2.7:12345");
            }
            named.query("set application_name = 'other'");
        }
    }
}
