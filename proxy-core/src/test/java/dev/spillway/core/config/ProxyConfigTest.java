package dev.spillway.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProxyConfigTest {
    private final ProxyConfig config = ProxyConfig.defaults().with(DatabaseConfig.named("shop"));

    @Test
    void tlsIsTheSameWhateverElseIsDifferent() {
        assertThat(config.with(Settings.DEFAULT_POOL_SIZE, 7).hasTlsOf(config)).isTrue();
    }

    @Test
    void tlsIsAnotherWithAnySettingOfIts() {
        assertThat(config.with(TlsSettings.CLIENT_TLS_SSLMODE, SslMode.ALLOW).hasTlsOf(config))
                .isFalse();
        assertThat(config.with(TlsSettings.SERVER_TLS_CA_FILE, "ca.crt").hasTlsOf(config))
                .isFalse();
        assertThat(config.with(DatabaseConfig.named("shop").with(DatabaseSettings.SSLMODE, SslMode.REQUIRE))
                        .hasTlsOf(config))
                .isFalse();
    }

    @Test
    void clientsNameWhatNoOperatorHasWritten() {
        ProxyConfig open = config.with(DatabaseConfig.named(ProxyConfig.FALLBACK));
        assertThat(open.isNamedByClients("made_up")).isTrue();
        assertThat(open.isNamedByClients("shop")).isFalse();
        assertThat(config.isNamedByClients("made_up")).as("nobody gets there").isFalse();
        assertThat(open.with(LookupSettings.AUTH_DBNAME, "logins").isNamedByClients("logins"))
                .isFalse();
        assertThat(open.with(DatabaseConfig.named("shop").with(DatabaseSettings.AUTH_DBNAME, "logins"))
                        .isNamedByClients("logins"))
                .isFalse();
        DatabaseConfig one = DatabaseConfig.named(ProxyConfig.FALLBACK).with(DatabaseSettings.DBNAME, "shop");
        assertThat(config.with(one).isNamedByClients("made_up"))
                .as("its name is not at PostgreSQL")
                .isFalse();
    }
}
