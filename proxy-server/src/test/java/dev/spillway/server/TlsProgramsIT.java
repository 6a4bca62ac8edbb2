package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.SslMode;
import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.TestCertificates;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs that people use, over TLS to the proxy and on to PostgreSQL. */
class TlsProgramsIT {
    @TempDir
    private Path directory = Path.of("");

    private static RunningProxy start(SslMode mode) throws IOException {
        ProxyConfig config =
                TlsConfigs.toServer(PostgresFixture.withTls().endpoint(), "localhost", SslMode.VERIFY_FULL);
        return new RunningProxy(TlsConfigs.forClients(config, mode));
    }

    @Test
    void psqlVerifiesTheProxyAndIsVerified() throws IOException {
        ClientProgram psql = ClientProgram.find("psql", directory, List.of("psql"), "--version");
        TestCertificates.Files own = TestCertificates.forName("bench");
        try (RunningProxy proxy = start(SslMode.VERIFY_FULL)) {
            String url = "host=localhost port=%d user=bench dbname=bench sslmode=verify-full sslrootcert=%s"
                    .formatted(proxy.proxy().port(), TestCertificates.authority());
            String certified = url + " sslkey=%s sslcert=%s".formatted(own.key(), own.certificate());
            assertThat(psql.run("-X", "-A", "-t", "-d", certified, "-c", "select 42", "-c", "\\conninfo")
                            .assertQuiet()
                            .out())
                    .startsWith("42\n")
                    .contains("TLSv1.3");
            assertThat(psql.run("-X", "-d", url, "-c", "select 42").err()).contains("certificate required");
            String misnamed = certified.replace("host=localhost", "host=127.0.0.1");
            assertThat(psql.run("-X", "-d", misnamed, "-c", "select 42").err()).contains("127.0.0.1");
            String distrustful = certified.replace(TestCertificates.authority(), TestCertificates.stranger());
            assertThat(psql.run("-X", "-d", distrustful, "-c", "select 42").err())
                    .contains("certificate verify failed");
            await().untilAsserted(() -> assertThat(proxy.log().count("does not trust the certificate it was shown"))
                    .isEqualTo(1));
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"verify-full, postgres", "verify-full, direct", "prefer, postgres", "disable, postgres"})
    void pgjdbcConnectsAsItIsTold(String sslmode, String negotiation) throws IOException, SQLException {
        try (RunningProxy proxy = start(SslMode.REQUIRE)) {
            String url = "jdbc:postgresql://localhost:%d/bench?user=bench&sslmode=%s&sslNegotiation=%s&sslrootcert=%s"
                    .formatted(proxy.proxy().port(), sslmode, negotiation, TestCertificates.authority());
            if (sslmode.equals("disable")) {
                assertThatThrownBy(() -> DriverManager.getConnection(url).close())
                        .hasMessageContaining("SSL required");
                return;
            }
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("select generate_series(1, 100000)")) {
                int count = 0;
                while (rows.next()) {
                    count++;
                }
                assertThat(count).isEqualTo(100_000);
            }
            assertThat(proxy.log().defects()).isEmpty();
        }
    }
}
