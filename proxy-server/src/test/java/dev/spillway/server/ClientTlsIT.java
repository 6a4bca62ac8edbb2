package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.TlsSettings;
import dev.spillway.core.config.TlsVersion;
import dev.spillway.core.config.Transport;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.config.UserSettings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.TestCertificates;
import dev.spillway.testkit.WireClient;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that come with TLS, without, or with the wrong one. */
class ClientTlsIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String USER = "certified_user";

    private final Endpoint direct = PostgresFixture.shared().endpoint().withUser(USER);

    private Endpoint through(RunningProxy proxy) {
        return new Endpoint("localhost", proxy.proxy().port(), USER, direct.database());
    }

    /** How a client fares: what it sees of the connection, or why it has none. */
    private static String outcome(Endpoint through) {
        try (WireClient client = WireClient.connect(through)) {
            return client.queryOne("select 42");
        } catch (WireClient.ServerRefused refused) {
            return refused.error().errorText();
        } catch (IOException e) {
            return e.getMessage() != null && e.getMessage().startsWith("no TLS") ? e.getMessage() : "broken off";
        }
    }

    @ParameterizedTest
    @CsvSource({
        // mode, without TLS, with TLS, with a certificate of ours, with another's
        "DISABLE, 42, 'no TLS, but N', 'no TLS, but N', 'no TLS, but N'",
        "ALLOW, 42, 42, 42, 42",
        "PREFER, 42, 42, 42, 42",
        "REQUIRE, SSL required, 42, 42, 42",
        "VERIFY_CA, SSL required, broken off, 42, broken off",
        "VERIFY_FULL, SSL required, broken off, 42, broken off",
    })
    void modeDecidesWhoIsLetIn(SslMode mode, String plain, String bare, String ours, String strangers)
            throws IOException {
        try (RunningProxy proxy = new RunningProxy(TlsConfigs.forClients(mode))) {
            Endpoint through = through(proxy);
            assertThat(outcome(through)).isEqualTo(plain);
            assertThat(outcome(through.withTls(TestCertificates.client()))).isEqualTo(bare);
            assertThat(outcome(through.withTls(TestCertificates.client(USER)))).isEqualTo(ours);
            assertThat(outcome(through.withTls(TestCertificates.clientByStranger(USER))))
                    .isEqualTo(strangers);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void largeResultsAndLargeStatementsPass(Transport transport) throws IOException {
        ProxyConfig config = TlsConfigs.forClients(SslMode.REQUIRE).with(Settings.TRANSPORT, transport);
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient client = WireClient.connect(through(proxy).withTls(TestCertificates.client()))) {
            String text = "x".repeat(2_000_000);
            assertThat(client.queryOne("select length('" + text + "')")).isEqualTo("2000000");
            assertThat(client.queryOne("select repeat('y', 4000000)")).hasSize(4_000_000);
            assertThat(client.queryOne("select 42")).isEqualTo("42");
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    private static List<String> shownTls(Endpoint through) throws IOException {
        try (WireClient console = WireClient.connect(through.withDatabase("spillway"))) {
            return console.query("show clients").stream()
                    .filter(message -> message.is('D'))
                    .map(message -> message.columns().get(17))
                    .toList();
        }
    }

    @ParameterizedTest
    @CsvSource({
        // the first by BoringSSL, the last by the JDK
        "V1_3, '', TLSv1.3/TLS_AES_256_GCM_SHA384",
        "V1_2, '', TLSv1.2/ECDHE-ECDSA-AES128-GCM-SHA256",
        "V1_3, TLS_CHACHA20_POLY1305_SHA256, TLSv1.3/TLS_CHACHA20_POLY1305_SHA256",
    })
    void versionAndCipherAreShown(TlsVersion version, String ciphers13, String shown) throws IOException {
        ProxyConfig config = TlsConfigs.forClients(SslMode.PREFER)
                .with(TlsSettings.CLIENT_TLS_PROTOCOLS, Set.of(version))
                .with(TlsSettings.CLIENT_TLS_CIPHERS, "ECDHE-ECDSA-AES128-GCM-SHA256:!aNULL")
                .with(TlsSettings.CLIENT_TLS13_CIPHERS, ciphers13.isEmpty() ? null : ciphers13);
        if (!ciphers13.isEmpty()) {
            config = config.with(TlsSettings.CLIENT_TLS_CIPHERS, "default")
                    .with(TlsSettings.CLIENT_TLS_ECDHCURVE, "X25519");
        }
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient client = WireClient.connect(through(proxy).withTls(TestCertificates.client()));
                WireClient plain = WireClient.connect(through(proxy))) {
            assertThat(client.queryOne("select 42") + plain.queryOne("select 43"))
                    .isEqualTo("4243");
            String ofConsole = "";
            assertThat(shownTls(through(proxy))).containsExactlyInAnyOrder(shown, "", ofConsole);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void clientThatOffersNothingInCommonIsTurnedAwayWithALine() throws Exception {
        ProxyConfig config =
                TlsConfigs.forClients(SslMode.REQUIRE).with(TlsSettings.CLIENT_TLS_PROTOCOLS, Set.of(TlsVersion.V1_2));
        try (RunningProxy proxy = new RunningProxy(config)) {
            SSLContext newest = SSLContext.getInstance("TLSv1.3");
            newest.init(null, null, null);
            try (WireClient client = WireClient.open(through(proxy), LIMIT)) {
                client.send(Messages.sslRequest());
                assertThat(client.readByte()).isEqualTo('S');
                client.send(new byte[] {0x16, 3, 1, 0, 4, 1, 0, 0, 0}); // a ClientHello without a body
                assertThat(client.readAll()).isNotNull();
            }
            await().untilAsserted(() ->
                    assertThat(proxy.log().count("TLS handshake failed")).isEqualTo(1));
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    // ---- direct TLS ------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void directTlsNeedsTheNameOfTheProtocol(boolean isNamed) throws IOException {
        String[] protocols = isNamed ? new String[] {"postgresql"} : new String[0];
        try (RunningProxy proxy = new RunningProxy(TlsConfigs.forClients(SslMode.REQUIRE));
                WireClient client = WireClient.open(through(proxy), LIMIT)) {
            client.shakeHands(TestCertificates.client(), protocols);
            if (isNamed) {
                client.login(Messages.PROTOCOL_3_0, Map.of(), null);
                assertThat(client.queryOne("select 42")).isEqualTo("42");
            } else {
                assertThatThrownBy(() -> client.login(Messages.PROTOCOL_3_0, Map.of(), null))
                        .isInstanceOf(IOException.class);
                await().until(() -> proxy.log().count("direct TLS without ALPN") == 1);
            }
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void directTlsIsRefusedWhereThereIsNone() throws IOException {
        try (RunningProxy proxy = new RunningProxy(TlsConfigs.forClients(SslMode.DISABLE));
                WireClient client = WireClient.open(through(proxy), LIMIT)) {
            assertThatThrownBy(() -> client.shakeHands(TestCertificates.client(), "postgresql"))
                    .isInstanceOf(IOException.class);
            await().until(() -> proxy.log().count("direct TLS is not offered here") == 1);
        }
    }

    // ---- what is refused
    // ---------------------------------------------------------------------------------------------

    @Test
    void bytesInTheClearBehindTheRequestAreRefused() throws IOException {
        byte[] startup = Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", "injected", "database", "bench"));
        try (RunningProxy proxy = new RunningProxy(TlsConfigs.forClients(SslMode.PREFER));
                WireClient client = WireClient.open(through(proxy), LIMIT)) {
            client.send(Messages.sslRequest(), startup);
            assertThat(client.readMessage().errorText()).contains("unencrypted data after an encryption request");
            assertThat(client.readAll()).isEmpty();
            assertThat(proxy.log().count("client login failed")).isEqualTo(1);
        }
    }

    @Test
    void bytesInTheClearInPlaceOfTheHandshakeAreRefused() throws IOException {
        byte[] startup = Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", "injected", "database", "bench"));
        try (RunningProxy proxy = new RunningProxy(TlsConfigs.forClients(SslMode.PREFER));
                WireClient client = WireClient.open(through(proxy), LIMIT)) {
            client.send(Messages.sslRequest());
            assertThat(client.readByte()).isEqualTo('S');
            client.send(startup);
            assertThat(client.readAll()).as("an alert at most").hasSizeLessThan(20);
            await().until(() -> proxy.log().count("client login failed") == 1);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void tlsInsideOfTlsIsRefused() throws IOException {
        try (RunningProxy proxy = new RunningProxy(TlsConfigs.forClients(SslMode.PREFER));
                WireClient client = WireClient.open(through(proxy).withTls(TestCertificates.client()), LIMIT)) {
            client.send(Messages.sslRequest());
            assertThat(client.readMessage().errorText()).contains("TLS inside of TLS");
        }
    }

    @Test
    void encryptionByGssIsStillRefusedAndTlsMayFollow() throws IOException {
        try (RunningProxy proxy = new RunningProxy(TlsConfigs.forClients(SslMode.REQUIRE));
                WireClient client = WireClient.open(through(proxy), LIMIT)) {
            client.send(Messages.gssEncRequest());
            assertThat(client.readByte()).isEqualTo('N');
            client.send(Messages.sslRequest());
            assertThat(client.readByte()).isEqualTo('S');
            client.shakeHands(TestCertificates.client());
            client.login(Messages.PROTOCOL_3_0, Map.of(), null);
            assertThat(client.queryOne("select 42")).isEqualTo("42");
        }
    }

    @Test
    void handshakeIsPartOfTheLogin() throws IOException {
        ProxyConfig config =
                TlsConfigs.forClients(SslMode.REQUIRE).with(Settings.CLIENT_LOGIN_TIMEOUT, Duration.ofMillis(300));
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient client = WireClient.open(through(proxy), LIMIT)) {
            client.send(Messages.sslRequest());
            assertThat(client.readByte()).isEqualTo('S');
            client.send(new byte[] {0x16, 3, 1});
            assertThatThrownBy(client::readMessage).isInstanceOf(EOFException.class);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    // ---- others
    // ------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tlsComesAfterTheHeaderOfABalancer(boolean isDirect) throws IOException {
        byte[] header = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a2111000cc00002070a00000130391538");
        ProxyConfig config = TlsConfigs.forClients(SslMode.REQUIRE).with(Settings.PROXY_PROTOCOL, true);
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient client = WireClient.open(through(proxy), LIMIT)) {
            client.send(header);
            if (!isDirect) {
                client.send(Messages.sslRequest());
                assertThat(client.readByte()).isEqualTo('S');
            }
            client.shakeHands(TestCertificates.client(), "postgresql");
            client.login(Messages.PROTOCOL_3_0, Map.of(), null);
            assertThat(client.queryOne("select 42")).isEqualTo("42");
        }
    }

    @Test
    void cancelRequestsAreTakenWithAndWithoutTls() throws IOException {
        try (RunningProxy proxy = new RunningProxy(TlsConfigs.forClients(SslMode.REQUIRE));
                WireClient client = WireClient.connect(through(proxy).withTls(TestCertificates.client()))) {
            TlsConfigs.sleep(client);
            client.cancel();
            assertThat(client.readUntilReady().toString()).contains("57014");

            TlsConfigs.sleep(client);
            try (WireClient plain = WireClient.open(through(proxy), LIMIT)) {
                plain.send(Messages.cancelRequest(client.key()));
                plain.readUntilClosed();
            }
            assertThat(client.readUntilReady().toString()).contains("57014");
        }
    }

    @Test
    void nobodyNeedsTlsOnAUnixSocket(@TempDir Path directory) throws IOException {
        ProxyConfig config =
                TlsConfigs.forClients(SslMode.VERIFY_FULL).with(Settings.UNIX_SOCKET_DIR, directory.toString());
        try (RunningProxy proxy = new RunningProxy(config);
                SocketChannel socket = SocketChannel.open(UnixDomainSocketAddress.of(
                        directory.resolve(".s.PGSQL." + proxy.proxy().port())))) {
            InputStream in = Channels.newInputStream(socket);
            socket.write(ByteBuffer.wrap(Messages.sslRequest()));
            assertThat((char) in.read()).isEqualTo('N');
            socket.write(ByteBuffer.wrap(Messages.startup(
                    Messages.PROTOCOL_3_0, Map.of("user", direct.user(), "database", direct.database()))));
            assertThat((char) in.read()).isEqualTo('R');
        }
    }

    @ParameterizedTest
    @CsvSource({
        "certified_user, certified_user, 42",
        "certified_user, somebody, certificate authentication failed for user \"certified_user\"",
        "plain_user, plain_user, certificate authentication failed for user \"plain_user\"", // not known to us
    })
    void certificateIsThePassword(String user, String certified, String outcome) throws IOException {
        ProxyConfig config = TlsConfigs.forClients(SslMode.VERIFY_FULL)
                .with(Settings.AUTH_TYPE, AuthType.CERT)
                .with(UserConfig.named(USER).with(UserSettings.PASSWORD, Secret.of("anything")));
        try (RunningProxy proxy = new RunningProxy(config)) {
            assertThat(outcome(through(proxy).withUser(user).withTls(TestCertificates.client(certified))))
                    .isEqualTo(outcome);
        }
    }
}
