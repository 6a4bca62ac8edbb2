package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.TlsSettings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.LogTap;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.TestCertificates;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys and certificates that change while the proxy runs. */
class TlsReloadIT {
    private final Endpoint direct = PostgresFixture.withTls().endpoint();

    @TempDir
    private Path directory = Path.of("");

    private final AtomicReference<ProxyConfig> written = new AtomicReference<>(ProxyConfig.defaults());

    private RunningProxy start(ProxyConfig config) throws IOException {
        written.set(config);
        return new RunningProxy(Proxy.start(config, written::get), new LogTap());
    }

    private Endpoint through(RunningProxy proxy) {
        return new Endpoint("localhost", proxy.proxy().port(), "bench", "bench").withTls(TestCertificates.client());
    }

    private String reload(RunningProxy proxy) throws IOException {
        try (WireClient console = WireClient.connect(through(proxy).withDatabase("spillway"))) {
            return console.query("reload").getFirst().toString();
        }
    }

    /** The serial number of the certificate that a new client is shown. */
    private BigInteger shown(RunningProxy proxy) throws IOException {
        try (WireClient client = WireClient.open(
                new Endpoint("localhost", proxy.proxy().port(), "bench", "bench"), Duration.ofSeconds(10))) {
            client.send(Messages.sslRequest());
            client.readByte();
            return ((X509Certificate)
                            client.shakeHands(TestCertificates.client()).getPeerCertificates()[0])
                    .getSerialNumber();
        }
    }

    private ProxyConfig config() throws IOException {
        copy(TestCertificates.forHost("localhost"));
        return TlsConfigs.forClients(TlsConfigs.toServer(direct, "localhost", SslMode.VERIFY_FULL), SslMode.REQUIRE)
                .with(TlsSettings.CLIENT_TLS_KEY_FILE, directory.resolve("key").toString())
                .with(
                        TlsSettings.CLIENT_TLS_CERT_FILE,
                        directory.resolve("cert").toString());
    }

    private void copy(TestCertificates.Files files) throws IOException {
        Files.copy(Path.of(files.key()), directory.resolve("key"), StandardCopyOption.REPLACE_EXISTING);
        Files.copy(Path.of(files.certificate()), directory.resolve("cert"), StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void newFilesAreForNewConnections() throws IOException {
        try (RunningProxy proxy = start(config());
                WireClient before = WireClient.connect(through(proxy))) {
            BigInteger first = shown(proxy);
            before.query("begin");
            copy(TestCertificates.forHost("127.0.0.1"));
            assertThat(shown(proxy)).as("without a reload").isEqualTo(first);

            assertThat(reload(proxy)).contains("RELOAD");

            assertThat(shown(proxy)).isNotEqualTo(first);
            assertThat(before.queryOne("select 42")).isEqualTo("42");
            before.query("commit");
            try (WireClient after = WireClient.connect(through(proxy))) {
                assertThat(after.queryOne("select 43")).isEqualTo("43");
            }
            assertThat(proxy.log().count("server closed"))
                    .as("the server's side has not changed")
                    .isZero();
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void filesThatDoNotFitChangeNothing() throws IOException {
        try (RunningProxy proxy = start(config())) {
            BigInteger first = shown(proxy);
            Path key = directory.resolve("key");
            Files.copy(Path.of(TestCertificates.forHost("elsewhere").key()), key, StandardCopyOption.REPLACE_EXISTING);
            assertThat(reload(proxy))
                    .contains("F0000", "client_tls_key_file " + key, "is not the key of the certificate");
            assertThat(shown(proxy)).isEqualTo(first);
            assertThat(proxy.log().lines())
                    .anySatisfy(line -> assertThat(line).startsWith("not reloaded: client_tls_key_file " + key));
        }
    }

    @Test
    void serversThatWereConnectedUnderOtherRulesAreReplaced() throws IOException {
        ProxyConfig config = config();
        try (RunningProxy proxy = start(config.with(TlsSettings.SERVER_TLS_SSLMODE, SslMode.DISABLE));
                WireClient client = WireClient.connect(through(proxy))) {
            String isSecure = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
            assertThat(client.queryOne(isSecure)).isEqualTo("f");
            written.set(config);
            reload(proxy);
            assertThat(client.queryOne(isSecure)).isEqualTo("t");
            await().until(() -> proxy.log().count("server closed") == 1);
        }
    }

    @Test
    void whatRunsUnderTheFormerRulesCanStillBeCancelled() throws IOException {
        ProxyConfig config = config();
        try (RunningProxy proxy = start(config);
                WireClient client = WireClient.connect(through(proxy))) {
            TlsConfigs.sleep(client);
            written.set(config.with(TlsSettings.SERVER_TLS_SSLMODE, SslMode.DISABLE));
            assertThat(reload(proxy)).contains("RELOAD");
            client.cancel();
            assertThat(client.readUntilReady().toString()).contains("57014");
        }
    }
}
