package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.TlsSettings;
import dev.spillway.core.config.Transport;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.config.UserSettings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.OpeningTap;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.ScriptedServer;
import dev.spillway.testkit.TestCertificates;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Servers with TLS, without, and with certificates that are not what was asked for. */
class ServerTlsIT {
    private static final String SSL_REQUEST = "0000000804d2162f";

    private final PostgresFixture postgres = PostgresFixture.withTls();
    private final Endpoint secure = postgres.endpoint();
    private final Endpoint plain = PostgresFixture.shared().endpoint();

    private static Endpoint through(RunningProxy proxy) {
        return new Endpoint("127.0.0.1", proxy.proxy().port(), "bench", "bench");
    }

    /** What the server says of its connection, or why there is none. */
    private static String outcome(ProxyConfig config) throws IOException {
        try (RunningProxy proxy = new RunningProxy(config.with(Settings.FAIL_FAST, true));
                WireClient client = WireClient.connect(through(proxy))) {
            return client.queryOne("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
        } catch (WireClient.ServerRefused refused) {
            return refused.error().errorText();
        }
    }

    @ParameterizedTest
    @CsvSource({
        // mode, a server without TLS, with TLS for localhost, another name of it, an authority that we do not know
        "DISABLE, f, f, f, f",
        "ALLOW, f, t, t, t",
        "PREFER, f, t, t, t",
        "REQUIRE, the server has no TLS, t, t, t",
        "VERIFY_CA, the server has no TLS, t, t, TLS handshake failed",
        "VERIFY_FULL, the server has no TLS, t, 'not for \"127.0.0.1\"', TLS handshake failed",
    })
    void modeDecidesWhichServerIsTaken(SslMode mode, String none, String right, String other, String unknown)
            throws IOException {
        assertThat(outcome(TlsConfigs.toServer(plain, "localhost", mode))).contains(none);
        ProxyConfig config = TlsConfigs.toServer(secure, "localhost", mode);
        assertThat(outcome(config)).contains(right);
        assertThat(outcome(TlsConfigs.toServer(secure, "127.0.0.1", mode))).contains(other);
        assertThat(outcome(config.with(TlsSettings.SERVER_TLS_CA_FILE, TestCertificates.stranger())))
                .contains(unknown);
    }

    @Test
    void databaseMayHaveAModeOfItsOwn() throws IOException {
        DatabaseConfig strict = DatabaseConfig.named("bench")
                .with(DatabaseSettings.PORT, secure.port())
                .with(DatabaseSettings.SSLMODE, SslMode.VERIFY_FULL);
        ProxyConfig config =
                TlsConfigs.toServer(secure, "localhost", SslMode.DISABLE).with(strict);
        assertThat(outcome(config)).contains("not for \"127.0.0.1\"");
        assertThat(outcome(config.with(strict.with(DatabaseSettings.SSLMODE, null))))
                .isEqualTo("f");
    }

    @Test
    void hostThatIsNotTrustedIsPassedOver() throws IOException {
        ProxyConfig config = TlsConfigs.toServer(secure, "127.0.0.1,localhost", SslMode.VERIFY_FULL);
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient client = WireClient.connect(through(proxy))) {
            assertThat(client.queryOne("select 42")).isEqualTo("42");
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void certificateIsShownToTheServer() throws IOException {
        TestCertificates.Files own = TestCertificates.forName(PostgresFixture.CERTIFIED_USER);
        ProxyConfig config = TlsConfigs.toServer(secure, "localhost", SslMode.VERIFY_FULL);
        DatabaseConfig database = DatabaseConfig.named(ProxyConfig.FALLBACK)
                .with(DatabaseSettings.PORT, secure.port())
                .with(DatabaseSettings.HOST, "localhost")
                .with(DatabaseSettings.USER, PostgresFixture.CERTIFIED_USER);
        assertThat(outcome(config.with(database)
                        .with(TlsSettings.SERVER_TLS_KEY_FILE, own.key())
                        .with(TlsSettings.SERVER_TLS_CERT_FILE, own.certificate())))
                .isEqualTo("t");
        assertThat(outcome(config.with(database))).contains("requires a valid client certificate");
    }

    @Test
    void scramWorksWithoutChannelBinding() throws IOException {
        DatabaseConfig database = DatabaseConfig.named(ProxyConfig.FALLBACK)
                .with(DatabaseSettings.PORT, secure.port())
                .with(DatabaseSettings.USER, PostgresFixture.SCRAM_USER)
                .with(DatabaseSettings.PASSWORD, Secret.of(PostgresFixture.PASSWORD));
        assertThat(outcome(TlsConfigs.toServer(secure, "127.0.0.1", SslMode.VERIFY_CA)
                        .with(database)
                        .with(UserConfig.named("other").with(UserSettings.PASSWORD, Secret.of("x")))))
                .isEqualTo("t");
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void cancelRequestsGoTheSameWay(Transport transport) throws IOException {
        try (OpeningTap tap = new OpeningTap(secure.port());
                RunningProxy proxy = new RunningProxy(
                        TlsConfigs.toServer(secure.withPort(tap.port()), "localhost", SslMode.VERIFY_FULL)
                                .with(Settings.TRANSPORT, transport));
                WireClient client = WireClient.connect(through(proxy))) {
            TlsConfigs.sleep(client);
            client.cancel();
            assertThat(client.readUntilReady().toString()).contains("57014");
            assertThat(client.queryOne("select 42")).isEqualTo("42");
            assertThat(tap.openings()).hasSizeGreaterThan(1).containsOnly(SSL_REQUEST);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void cancelRequestIsPlainWhereTheConnectionIs() throws IOException {
        try (OpeningTap tap = new OpeningTap(plain.port());
                RunningProxy proxy =
                        new RunningProxy(TlsConfigs.toServer(plain.withPort(tap.port()), "localhost", SslMode.PREFER));
                WireClient client = WireClient.connect(through(proxy))) {
            TlsConfigs.sleep(client);
            client.cancel();
            assertThat(client.readUntilReady().toString()).contains("57014");
            assertThat(tap.openings()).hasSizeGreaterThan(1).startsWith(SSL_REQUEST);
            assertThat(tap.openings().getLast()).endsWith("04d2162e");
        }
    }

    @Test
    void physicalReplicationIsProtectedToo() throws IOException {
        ProxyConfig config = TlsConfigs.toServer(secure, "localhost", SslMode.VERIFY_FULL);
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient client =
                        WireClient.connect(through(proxy), Map.of("replication", "true"), Duration.ofSeconds(10))) {
            assertThat(client.query("IDENTIFY_SYSTEM").getFirst().is('T')).isTrue();
            assertThat(postgres.queryOne(
                            "select bool_and(s.ssl) from pg_stat_ssl s join pg_stat_replication using (pid)"))
                    .isEqualTo("t");
        }
    }

    // ---- servers that answer as they should not
    // ------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({
        "45, answered the request for TLS with an error",
        "58, did not answer the request for TLS",
        "5352000000080000000000, unencrypted data after its answer",
        "4e52000000080000000000, unencrypted data after its answer",
        "'', closed the connection when it was asked for TLS",
    })
    void strangeAnswersAreNoAnswers(String answer, String complaint) throws IOException {
        try (ScriptedServer server = new ScriptedServer()) {
            server.answerTlsRequests(answer);
            assertThat(outcome(RunningProxy.config(server.port(), PoolMode.TRANSACTION, 1)))
                    .contains(complaint);
        }
    }

    @Test
    void serverThatTalksNoTlsAfterSayingYesIsNotWaitedFor() throws IOException {
        try (ScriptedServer server = new ScriptedServer()) {
            server.answerTlsRequests("53");
            ProxyConfig config = RunningProxy.config(server.port(), PoolMode.TRANSACTION, 1)
                    .with(Settings.SERVER_CONNECT_TIMEOUT, Duration.ofMillis(500));
            assertThat(outcome(config)).contains("server_connect_timeout is over");
            await().until(() -> server.openNow() == 0);
        }
    }

    @Test
    void everyProblemIsNamedBeforeThePortIsOpen() {
        ProxyConfig config = TlsConfigs.forClients(SslMode.VERIFY_FULL)
                .with(
                        TlsSettings.CLIENT_TLS_KEY_FILE,
                        TestCertificates.forHost("elsewhere").key())
                .with(TlsSettings.CLIENT_TLS_CA_FILE, "/no/such/file")
                .with(TlsSettings.CLIENT_TLS_CIPHERS, "NO-SUCH-CIPHER")
                .with(TlsSettings.CLIENT_TLS_ECDHCURVE, "square")
                .with(TlsSettings.SERVER_TLS13_CIPHERS, "TLS_NO_SUCH")
                .with(
                        TlsSettings.SERVER_TLS_CA_FILE,
                        TestCertificates.forHost("localhost").key());
        assertThatThrownBy(() -> Proxy.start(config))
                .isInstanceOf(IOException.class)
                .satisfies(e -> assertThat(String.valueOf(e.getMessage()).lines())
                        .satisfiesExactlyInAnyOrder(
                                line -> assertThat(line).startsWith("client_tls_ciphers has no known cipher"),
                                line -> assertThat(line)
                                        .startsWith("client_tls_ecdhcurve has an unknown curve, 'square'"),
                                line -> assertThat(line)
                                        .startsWith("client_tls_key_file ")
                                        .contains("is not the key of the certificate in client_tls_cert_file"),
                                line -> assertThat(line)
                                        .isEqualTo("client_tls_ca_file /no/such/file cannot be read: there is no such"
                                                + " file"),
                                line -> assertThat(line)
                                        .startsWith(
                                                "server_tls13_ciphers cannot be followed: 'TLS_NO_SUCH' is no cipher"),
                                line -> assertThat(line)
                                        .startsWith("server_tls_ca_file ")
                                        .endsWith("holds no certificate in PEM")));
    }
}
