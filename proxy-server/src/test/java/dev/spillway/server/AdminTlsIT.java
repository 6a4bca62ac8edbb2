package dev.spillway.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.TlsSettings;
import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.HttpProbe;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.TestCertificates;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The admin port in TLS, which is the clients': one proxy that insists on it. No PostgreSQL is needed. */
class AdminTlsIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static RunningProxy proxy;
    private static int port;

    @TempDir
    private Path directory = Path.of("");

    @BeforeAll
    static void start() throws IOException {
        port = HttpProbe.freePort();
        proxy = new RunningProxy(config(SslMode.REQUIRE, port));
    }

    @AfterAll
    static void stop() {
        proxy.close();
        assertThat(proxy.log().defects()).isEmpty();
    }

    private static ProxyConfig config(SslMode mode, int port) {
        return TlsConfigs.forClients(RunningProxy.config(1, PoolMode.TRANSACTION, 1), mode)
                .with(AdminSettings.ADMIN_LISTEN_PORT, port);
    }

    private static Endpoint console() {
        return new Endpoint("localhost", port, PostgresFixture.SUPERUSER, "pgbouncer");
    }

    private static HttpClient browser(SSLContext tls) {
        return HttpClient.newBuilder().sslContext(tls).connectTimeout(LIMIT).build();
    }

    private static HttpResponse<String> get(HttpClient browser, int at, String path) throws Exception {
        URI place = URI.create("https://localhost:" + at + path);
        return browser.send(HttpRequest.newBuilder(place).timeout(LIMIT).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void pagesAreServedInTls() throws Exception {
        try (HttpClient browser = browser(TestCertificates.client())) {
            for (String path : List.of("/healthz", "/readyz", "/status", "/metrics", "/")) {
                HttpResponse<String> answer = get(browser, port, path);
                assertThat(answer.statusCode()).as(path).isEqualTo(200);
                assertThat(answer.sslSession()).isPresent();
                assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            }
            assertThat(get(browser, port, "/nowhere").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void probesNeedNoTlsWhereClientsDo() throws IOException {
        assertThat(HttpProbe.get(port, "/healthz").body()).isEqualTo("ok\n");
        assertThat(HttpProbe.get(port, "/metrics").status()).isEqualTo(200);
        assertThatThrownBy(() -> WireClient.connect(console()).close()).hasMessageContaining("SSL required");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theConsoleIsThereAskedForAndDirect(boolean isDirect) throws IOException {
        try (WireClient client = WireClient.open(console(), LIMIT)) {
            if (!isDirect) {
                client.send(Messages.sslRequest());
                assertThat(client.readByte()).isEqualTo('S');
            }
            client.shakeHands(TestCertificates.client(), "postgresql");
            client.login(Messages.PROTOCOL_3_0, Map.of(), null);
            assertThat(client.queryOne("show version")).startsWith("Spillway");
        }
    }

    @Test
    void whoSpeaksSomethingElseWithinIsRefused() throws IOException {
        try (WireClient client = WireClient.open(console(), LIMIT)) {
            client.shakeHands(TestCertificates.client());
            client.send(Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", "x", "database", "pgbouncer")));
            assertThat(new String(client.readAll(), US_ASCII)).startsWith("HTTP/1.1 400 ");
        }
        assertThat(HttpProbe.get(port, "/healthz").status()).isEqualTo(200);
    }

    @Test
    void whereThereIsNoTlsAHandshakeIsRefused() throws Exception {
        int plain = HttpProbe.freePort();
        try (RunningProxy without = new RunningProxy(
                        RunningProxy.config(1, PoolMode.TRANSACTION, 1).with(AdminSettings.ADMIN_LISTEN_PORT, plain));
                HttpClient browser = browser(TestCertificates.client())) {
            assertThatThrownBy(() -> get(browser, plain, "/healthz")).isInstanceOf(IOException.class);
            assertThat(without.log().defects()).isEmpty();
        }
    }

    @Test
    void whereClientsNeedACertificateSoDoesABrowser() throws Exception {
        int strict = HttpProbe.freePort();
        ProxyConfig config =
                config(SslMode.VERIFY_FULL, strict).with(TlsSettings.CLIENT_TLS_CA_FILE, TestCertificates.authority());
        try (RunningProxy careful = new RunningProxy(config);
                HttpClient nobody = browser(TestCertificates.client());
                WireClient known = WireClient.open(console().withPort(strict), LIMIT)) {
            assertThatThrownBy(() -> get(nobody, strict, "/healthz")).isInstanceOf(IOException.class);
            known.shakeHands(TestCertificates.client("ada"), "http/1.1");
            known.send("GET /healthz HTTP/1.0\r\n\r\n".getBytes(US_ASCII));
            assertThat(new String(known.readAll(), US_ASCII))
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith("\r\n\r\nok\n");
            assertThat(careful.log().defects()).isEmpty();
        }
    }

    @Test
    void pgjdbcReadsTheConsole() throws Exception {
        String url = console().jdbcUrl() + "&sslmode=verify-full&sslrootcert=" + TestCertificates.authority();
        try (Connection connection = DriverManager.getConnection(url);
                ResultSet rows = connection.createStatement().executeQuery("show clients")) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString("tls")).startsWith("TLSv1");
        }
    }

    @Test
    void psqlReadsTheConsole() {
        ClientProgram psql = ClientProgram.find("psql", directory, List.of("psql"), "--version");
        ClientProgram.Outcome outcome = psql.run(
                "-X",
                "-A",
                "-t",
                "-d",
                "host=localhost port=" + port + " user=" + PostgresFixture.SUPERUSER
                        + " dbname=pgbouncer sslmode=verify-full sslrootcert=" + TestCertificates.authority(),
                "-c",
                "show version");
        assertThat(outcome.assertSuccess().out()).startsWith("Spillway");
    }
}
