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
}
