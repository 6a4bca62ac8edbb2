package dev.spillway.core.config;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The part of a {@link ProxyConfig} that says how TLS is spoken. What each accessor means stands once, in {@link TlsSettings}. */
public record TlsConfig(SettingValues values) {
    public SslMode clientTlsSslmode() {
        return values.get(TlsSettings.CLIENT_TLS_SSLMODE);
    }

    public @Nullable String clientTlsKeyFile() {
        return values.find(TlsSettings.CLIENT_TLS_KEY_FILE);
    }

    public @Nullable String clientTlsCertFile() {
        return values.find(TlsSettings.CLIENT_TLS_CERT_FILE);
    }

    public @Nullable String clientTlsCaFile() {
        return values.find(TlsSettings.CLIENT_TLS_CA_FILE);
    }

    public Set<TlsVersion> clientTlsProtocols() {
        return values.get(TlsSettings.CLIENT_TLS_PROTOCOLS);
    }

    public String clientTlsCiphers() {
        return values.get(TlsSettings.CLIENT_TLS_CIPHERS);
    }

    public @Nullable String clientTls13Ciphers() {
        return values.find(TlsSettings.CLIENT_TLS13_CIPHERS);
    }

    public String clientTlsEcdhcurve() {
        return values.get(TlsSettings.CLIENT_TLS_ECDHCURVE);
    }

    public DheParams clientTlsDheparams() {
        return values.get(TlsSettings.CLIENT_TLS_DHEPARAMS);
    }

    /** Of databases that do not say it themselves. */
    public SslMode serverTlsSslmode() {
        return values.get(TlsSettings.SERVER_TLS_SSLMODE);
    }

    public @Nullable String serverTlsKeyFile() {
        return values.find(TlsSettings.SERVER_TLS_KEY_FILE);
    }

    public @Nullable String serverTlsCertFile() {
        return values.find(TlsSettings.SERVER_TLS_CERT_FILE);
    }

    /** Null: those that Java trusts. */
    public @Nullable String serverTlsCaFile() {
        return values.find(TlsSettings.SERVER_TLS_CA_FILE);
    }

    public Set<TlsVersion> serverTlsProtocols() {
        return values.get(TlsSettings.SERVER_TLS_PROTOCOLS);
    }

    public String serverTlsCiphers() {
        return values.get(TlsSettings.SERVER_TLS_CIPHERS);
    }

    public @Nullable String serverTls13Ciphers() {
        return values.find(TlsSettings.SERVER_TLS13_CIPHERS);
    }
}
