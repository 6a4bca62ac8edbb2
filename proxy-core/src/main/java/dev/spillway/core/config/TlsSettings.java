package dev.spillway.core.config;

import static dev.spillway.core.config.Setting.Change.RELOAD;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The settings of the whole proxy that are about TLS: a part of {@link Settings}. */
public final class TlsSettings {
    private static final List<Setting<?>> ALL = new ArrayList<>();

    public static final Setting<SslMode> CLIENT_TLS_SSLMODE = add(Setting.of(
            "client_tls_sslmode",
            ChoiceType.of(SslMode.class, SslMode::spelling),
            SslMode.DISABLE,
            RELOAD,
            "TLS with TCP clients: none (`disable`), with those who ask for it (`allow`, `prefer`), with all"
                    + " (`require`), or with all who show a certificate of `client_tls_ca_file` (`verify-ca`,"
                    + " `verify-full`)."));
    public static final Setting<String> CLIENT_TLS_KEY_FILE =
            file("client_tls_key_file", "Private key for clients, in PEM, not encrypted. RELOAD reads it again.");
    public static final Setting<String> CLIENT_TLS_CERT_FILE = file(
            "client_tls_cert_file",
            "Certificate of `client_tls_key_file`, in PEM, with the authorities between it and the root after it."
                    + " RELOAD reads it again.");
    public static final Setting<String> CLIENT_TLS_CA_FILE = file(
            "client_tls_ca_file", "Authorities whose certificates clients may show, in PEM. RELOAD reads it again.");
    public static final Setting<Set<TlsVersion>> CLIENT_TLS_PROTOCOLS = versions("client_tls_protocols", "clients");
    public static final Setting<String> CLIENT_TLS_CIPHERS = ciphers("client_tls_ciphers");
    public static final Setting<String> CLIENT_TLS13_CIPHERS = ciphers13("client_tls13_ciphers");
    public static final Setting<String> CLIENT_TLS_ECDHCURVE = add(Setting.of(
            "client_tls_ecdhcurve",
            new TextType(),
            "auto",
            RELOAD,
            "Curve of the key exchange with clients, such as `prime256v1` or `X25519`, several with colons between;"
                    + " `auto` and `none` leave it to the TLS library."));
    public static final Setting<DheParams> CLIENT_TLS_DHEPARAMS = add(Setting.of(
            "client_tls_dheparams",
            ChoiceType.of(DheParams.class, DheParams::spelling),
            DheParams.AUTO,
            RELOAD,
            "PgBouncer's, read and without effect: keys are exchanged by elliptic curves."));
    public static final Setting<SslMode> SERVER_TLS_SSLMODE = add(Setting.of(
            "server_tls_sslmode",
            ChoiceType.of(SslMode.class, SslMode::spelling),
            SslMode.PREFER,
            RELOAD,
            "TLS with servers that are reached by TCP: none (`disable`), if the server can (`allow`, `prefer`), always"
                + " (`require`), only with a certificate of `server_tls_ca_file` (`verify-ca`), which must be for the"
                + " host as well (`verify-full`)."));
    public static final Setting<String> SERVER_TLS_KEY_FILE =
            file("server_tls_key_file", "Private key to show servers who we are, in PEM. RELOAD reads it again.");
    public static final Setting<String> SERVER_TLS_CERT_FILE =
            file("server_tls_cert_file", "Certificate of `server_tls_key_file`, in PEM. RELOAD reads it again.");
    public static final Setting<String> SERVER_TLS_CA_FILE = file(
            "server_tls_ca_file",
            "Authorities that servers' certificates must come from, in PEM; without it, those that Java trusts. RELOAD"
                    + " reads it again.");
    public static final Setting<Set<TlsVersion>> SERVER_TLS_PROTOCOLS = versions("server_tls_protocols", "servers");
    public static final Setting<String> SERVER_TLS_CIPHERS = ciphers("server_tls_ciphers");
    public static final Setting<String> SERVER_TLS13_CIPHERS = ciphers13("server_tls13_ciphers");

    /** What servers were connected under: with another value, connections that stand are not what is wanted. */
    static final List<Setting<?>> OF_SERVERS = List.of(
            SERVER_TLS_SSLMODE,
            SERVER_TLS_KEY_FILE,
            SERVER_TLS_CERT_FILE,
            SERVER_TLS_CA_FILE,
            SERVER_TLS_PROTOCOLS,
            SERVER_TLS_CIPHERS,
            SERVER_TLS13_CIPHERS);

    private TlsSettings() {}

    /** All of them, as they stand in the documentation. */
    static List<Setting<?>> all() {
        return List.copyOf(ALL);
    }

    private static Setting<String> file(String name, String doc) {
        return add(Setting.optional(name, new TextType(), "\"\"", RELOAD, doc));
    }

    private static Setting<Set<TlsVersion>> versions(String name, String peers) {
        return add(Setting.of(
                name,
                new TlsVersionsType(),
                TlsVersionsType.SECURE,
                RELOAD,
                "Versions of TLS to speak with " + peers + "; `secure` is 1.2 and 1.3."));
    }

    private static Setting<String> ciphers(String name) {
        return add(Setting.of(
                name,
                new TextType(),
                "default",
                RELOAD,
                "Ciphers of TLS 1.2 and older, as OpenSSL lists them; `default`, `secure`, `fast` and `normal` leave"
                        + " it to the TLS library."));
    }

    private static Setting<String> ciphers13(String name) {
        return add(Setting.optional(
                name,
                new TextType(),
                "\"\"",
                RELOAD,
                "Ciphers of TLS 1.3 with colons between, such as `TLS_AES_256_GCM_SHA384`; without it, those"
                        + " of the TLS library."));
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        ALL.add(setting);
        return setting;
    }
}
