package dev.spillway.server.ops;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.TlsSettings;
import dev.spillway.core.config.TlsVersion;
import dev.spillway.server.ops.PemFile.UnusableFileException;
import dev.spillway.server.transport.TlsContexts;
import dev.spillway.server.transport.TlsRules;
import dev.spillway.server.transport.TlsRules.UnknownWordException;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the files that TLS needs and makes sense of its settings, and blocks while it does. Used once, by one thread.
 */
public final class TlsFiles {
    private final ProxyConfig config;
    private final List<String> problems = new ArrayList<>();

    private TlsFiles(ProxyConfig config) {
        this.config = config;
    }

    /** What a setting allows, understood; each may be without effect when there are problems. */
    private record Words(
            Set<TlsVersion> versions, @Nullable List<String> ciphers, List<String> ciphers13, List<String> groups) {}

    /** A key and the certificates that belong to it. */
    private record Identity(@Nullable PrivateKey key, List<X509Certificate> chain) {
        static final Identity NONE = new Identity(null, List.of());

        @Override
        public String toString() {
            return "Identity[" + chain.size() + " certificates]";
        }
    }

    /**
     * TLS as {@code config} has it.
     *
     * @param work runs what takes milliseconds, later
     * @throws IOException if any of it cannot be used; the message is for the user, with a line for each problem
     */
    public static TlsContexts read(ProxyConfig config, Executor work) throws IOException {
        return new TlsFiles(config).read(work);
    }

    private TlsContexts read(Executor work) throws IOException {
        TlsRules clients = config.tls().clientTlsSslmode().isOn() ? clients() : null;
        List<SslMode> modes = serverModes();
        TlsRules servers = servers(modes.stream().anyMatch(SslMode::isOn));
        throwIfAny();
        SslContext context = clients == null ? null : build(clients);
        TlsContexts contexts = new TlsContexts(
                context,
                clients == null ? List.of() : clients.groups(),
                config.tls().clientTlsSslmode(),
                servers,
                work);
        if (isWorthTrying(modes)) {
            tryServers(contexts, modes);
        }
        return contexts;
    }

    private List<SslMode> serverModes() {
        return Stream.concat(
                        Stream.of(config.tls().serverTlsSslmode()),
                        config.databases().values().stream().map(config::sslmodeOf))
                .distinct()
                .toList();
    }

    /** With nothing but defaults there is nothing that could be wrong, and many servers have no TLS. */
    private boolean isWorthTrying(List<SslMode> modes) {
        return modes.stream().anyMatch(SslMode::isRequired) || config.tls().serverTlsKeyFile() != null;
    }

    private void tryServers(TlsContexts contexts, List<SslMode> modes) throws IOException {
        for (SslMode mode : modes) {
            if (mode.isOn()) {
                try {
                    contexts.forServers(mode).join();
                } catch (CompletionException e) {
                    contexts.release();
                    throw new IOException("TLS with servers cannot be set up: " + e.getCause(), e);
                }
            }
        }
    }

    private SslContext build(TlsRules clients) throws IOException {
        try {
            return clients.forClients();
        } catch (SSLException | RuntimeException e) {
            throw new IOException("TLS with clients cannot be set up: " + e.getMessage(), e);
        }
    }

    private TlsRules clients() {
        Words words = words(
                config.tls().clientTlsProtocols(),
                TlsSettings.CLIENT_TLS_CIPHERS,
                config.tls().clientTlsCiphers(),
                TlsSettings.CLIENT_TLS13_CIPHERS,
                config.tls().clientTls13Ciphers());
        List<String> groups = List.of();
        try {
            groups = TlsRules.readGroups(config.tls().clientTlsEcdhcurve());
        } catch (UnknownWordException e) {
            add(TlsSettings.CLIENT_TLS_ECDHCURVE, e);
        }
        Identity own = identity(
                TlsSettings.CLIENT_TLS_KEY_FILE,
                config.tls().clientTlsKeyFile(),
                TlsSettings.CLIENT_TLS_CERT_FILE,
                config.tls().clientTlsCertFile());
        boolean isVerifying = config.tls().clientTlsSslmode().isVerifying();
        List<X509Certificate> authorities = isVerifying
                ? certificates(TlsSettings.CLIENT_TLS_CA_FILE, config.tls().clientTlsCaFile())
                : null;
        return new TlsRules(
                own.key, own.chain, authorities, isVerifying, words.versions, words.ciphers, words.ciphers13, groups);
    }

    private TlsRules servers(boolean isOn) {
        if (!isOn) {
            return new TlsRules(null, List.of(), null, true, Set.of(), null, List.of(), List.of());
        }
        Words words = words(
                config.tls().serverTlsProtocols(),
                TlsSettings.SERVER_TLS_CIPHERS,
                config.tls().serverTlsCiphers(),
                TlsSettings.SERVER_TLS13_CIPHERS,
                config.tls().serverTls13Ciphers());
        Identity own = identity(
                TlsSettings.SERVER_TLS_KEY_FILE,
                config.tls().serverTlsKeyFile(),
                TlsSettings.SERVER_TLS_CERT_FILE,
                config.tls().serverTlsCertFile());
        List<X509Certificate> authorities =
                certificates(TlsSettings.SERVER_TLS_CA_FILE, config.tls().serverTlsCaFile());
        return new TlsRules(
                own.key, own.chain, authorities, true, words.versions, words.ciphers, words.ciphers13, words.groups);
    }

    private Words words(
            Set<TlsVersion> versions,
            Setting<String> ciphersName,
            String ciphers,
            Setting<String> ciphers13Name,
            @Nullable String ciphers13) {
        List<String> found13 = List.of();
        List<String> found = null;
        try {
            found13 = TlsRules.readCiphers13(ciphers13);
        } catch (UnknownWordException e) {
            add(ciphers13Name, e);
        }
        try {
            found = TlsRules.readCiphers(ciphers, found13);
        } catch (UnknownWordException e) {
            add(ciphersName, e);
        }
        return new Words(versions, found, found13, List.of());
    }

    private void add(Setting<?> setting, UnknownWordException problem) {
        problems.add(setting.name() + " " + problem.getMessage());
    }

    private Identity identity(
            Setting<String> keyName, @Nullable String keyFile, Setting<String> certName, @Nullable String certFile) {
        if (keyFile == null || certFile == null) {
            return Identity.NONE;
        }
        PrivateKey key = null;
        try {
            key = PemFile.read(keyFile).key();
        } catch (UnusableFileException e) {
            problems.add(keyName.name() + " " + keyFile + " " + e.getMessage());
        }
        List<X509Certificate> chain = certificates(certName, certFile);
        if (key != null && chain != null && !PemFile.isPair(key, chain.getFirst())) {
            problems.add(keyName.name() + " " + keyFile + " is not the key of the certificate in " + certName.name()
                    + " " + certFile);
        }
        return chain == null ? Identity.NONE : new Identity(key, chain);
    }

    private @Nullable List<X509Certificate> certificates(Setting<String> name, @Nullable String file) {
        if (file == null) {
            return null;
        }
        try {
            return PemFile.read(file).certificates();
        } catch (UnusableFileException e) {
            problems.add(name.name() + " " + file + " " + e.getMessage());
            return null;
        }
    }

    private void throwIfAny() throws IOException {
        if (!problems.isEmpty()) {
            throw new IOException(String.join("\n", problems));
        }
    }
}
