package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.TlsSettings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.TestCertificates;
import dev.spillway.testkit.WireClient;
import java.io.IOException;

/** Configurations of proxies that speak TLS. */
final class TlsConfigs {
    private TlsConfigs() {}

    /** Clients may have TLS as {@code mode} says; the server has none. */
    static ProxyConfig forClients(SslMode mode) {
        return forClients(
                RunningProxy.config(PostgresFixture.shared().endpoint().port(), PoolMode.TRANSACTION, 2), mode);
    }

    static ProxyConfig forClients(ProxyConfig config, SslMode mode) {
        TestCertificates.Files own = TestCertificates.forHost("localhost");
        return config.with(TlsSettings.CLIENT_TLS_SSLMODE, mode)
                .with(TlsSettings.CLIENT_TLS_KEY_FILE, own.key())
                .with(TlsSettings.CLIENT_TLS_CERT_FILE, own.certificate())
                .with(TlsSettings.CLIENT_TLS_CA_FILE, TestCertificates.authority());
    }

    /** The server is at {@code host}, which must prove it as {@code mode} says. */
    static ProxyConfig toServer(Endpoint server, String host, SslMode mode) {
        return RunningProxy.config(server.port(), PoolMode.TRANSACTION, 2)
                .with(DatabaseConfig.named(ProxyConfig.FALLBACK)
                        .with(DatabaseSettings.PORT, server.port())
                        .with(DatabaseSettings.HOST, host))
                .with(TlsSettings.SERVER_TLS_SSLMODE, mode)
                .with(TlsSettings.SERVER_TLS_CA_FILE, TestCertificates.authority());
    }

    /** Has {@code client} sleep for a minute, and returns when it does: a cancel that comes before is lost. */
    static void sleep(WireClient client) throws IOException {
        client.send(Messages.query("do $$ begin raise notice 'runs'; perform pg_sleep(60); end $$"));
        assertThat(client.readMessage().errorText()).isEqualTo("runs");
    }
}
