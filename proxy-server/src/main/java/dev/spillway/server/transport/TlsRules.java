package dev.spillway.server.transport;

import dev.spillway.core.config.TlsVersion;
import dev.spillway.server.transport.TlsCiphers.UnknownCipherException;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSessionContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One side's TLS, read and understood. Immutable; making a context of it takes milliseconds, the first time many.
 *
 * @param key ours; null: we show no certificate
 * @param chain our certificate, and those between it and the root
 * @param authorities whose certificates count; null: those that Java trusts
 * @param isVerifying whether the peer's certificate is looked at
 * @param ciphers of TLS 1.2 and older, by OpenSSL's names; null: the library's
 * @param ciphers13 of TLS 1.3
 * @param groups of the key exchange; empty: the library's
 */
public record TlsRules(
        @Nullable PrivateKey key,
        List<X509Certificate> chain,
        @Nullable List<X509Certificate> authorities,
        boolean isVerifying,
        Set<TlsVersion> versions,
        @Nullable List<String> ciphers,
        List<String> ciphers13,
        List<String> groups) {
    /** What PostgreSQL 17 registered for its protocol. */
    public static final String APPLICATION_PROTOCOL = "postgresql";

    /** OpenSSL's names of what has another one elsewhere. */
    private static final Map<String, String> GROUP_NAMES = Map.of(
            "prime256v1", "secp256r1",
            "p-256", "secp256r1",
            "p-384", "secp384r1",
            "p-521", "secp521r1");

    private static final List<String> GROUPS = List.of("x25519", "secp256r1", "secp384r1", "secp521r1");

    /** A setting that nobody understands; its message follows the setting's name. */
    public static final class UnknownWordException extends Exception {
        private static final long serialVersionUID = 1L;

        UnknownWordException(String message) {
            super(message);
        }
    }

    /** Is TLS done by BoringSSL, and not by the JDK? */
    public static boolean isNative() {
        return OpenSsl.isAvailable();
    }

    /** Of TLS 1.2 and older, null for the library's; {@code ciphers13} decides which library that is. */
    public static @Nullable List<String> readCiphers(String list, List<String> ciphers13) throws UnknownWordException {
        if (TlsCiphers.isLeftToLibrary(list)) {
            return null; // and that is not loaded before it is needed
        }
        try {
            return TlsCiphers.expand(list, isNative(ciphers13));
        } catch (UnknownCipherException e) {
            throw new UnknownWordException("has " + e.getMessage());
        }
    }

    /** Of TLS 1.3. */
    public static List<String> readCiphers13(@Nullable String list) throws UnknownWordException {
        try {
            return TlsCiphers.expand13(list);
        } catch (UnknownCipherException e) {
            throw new UnknownWordException("cannot be followed: " + e.getMessage());
        }
    }

    /** Of the key exchange. */
    public static List<String> readGroups(String list) throws UnknownWordException {
        List<String> found = new ArrayList<>();
        if (list.equalsIgnoreCase("auto") || list.equalsIgnoreCase("none") || list.isBlank()) {
            return found;
        }
        for (String word : list.split("[:, ]+", -1)) {
            String lower = word.toLowerCase(Locale.ROOT);
            String name = GROUP_NAMES.getOrDefault(lower, lower);
            if (!GROUPS.contains(name)) {
                throw new UnknownWordException("has an unknown curve, '" + word + "': there are prime256v1, secp384r1,"
                        + " secp521r1 and X25519");
            }
            found.add(name);
        }
        return found;
    }

    /** The same, but that the peer's certificate is looked at or is not. */
    public TlsRules verifying(boolean on) {
        return new TlsRules(key, chain, authorities, on, versions, ciphers, ciphers13, groups);
    }

    /** BoringSSL cannot leave out a cipher of TLS 1.3; the JDK can. */
    private static boolean isNative(List<String> ciphers13) {
        return isNative() && ciphers13.containsAll(TlsCiphers.V1_3);
    }

    /** What is in the key is nobody's business. */
    @Override
    public String toString() {
        return "TlsRules[" + versions + ", " + chain.size() + " certificates]";
    }

    /** For connections of clients. */
    public SslContext forClients() throws SSLException {
        if (key == null) {
            throw new IllegalStateException("no key");
        }
        SslContextBuilder builder = SslContextBuilder.forServer(key, chain)
                .clientAuth(isVerifying ? ClientAuth.REQUIRE : ClientAuth.NONE)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        ApplicationProtocolConfig.Protocol.ALPN,
                        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
                        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                        APPLICATION_PROTOCOL));
        return build(builder);
    }

    /** For connections to servers. */
    SslContext forServers() throws SSLException {
        SslContextBuilder builder =
                SslContextBuilder.forClient().endpointIdentificationAlgorithm(null); // see CertificateNames
        if (key != null) {
            builder.keyManager(key, chain);
        }
        if (!isVerifying) {
            builder.trustManager(InsecureTrustManagerFactory.INSTANCE);
        }
        return build(builder);
    }

    private SslContext build(SslContextBuilder builder) throws SSLException {
        boolean isNative = isNative(ciphers13);
        builder.sslProvider(isNative ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK);
        builder.protocols(
                versions.stream().sorted().map(TlsVersion::standardName).toList());
        if (isVerifying && authorities != null) {
            builder.trustManager(authorities);
        }
        if (ciphers != null || ciphers13.size() < TlsCiphers.V1_3.size()) {
            List<String> all = new ArrayList<>(ciphers13);
            all.addAll(ciphers == null ? TlsCiphers.usualOfJava() : ciphers);
            builder.ciphers(all);
        }
        if (isNative && !groups.isEmpty()) {
            builder.option(OpenSslContextOption.GROUPS, groups.toArray(String[]::new));
        }
        SslContext context = builder.build();
        if (context.sessionContext() instanceof OpenSslSessionContext sessions) {
            sessions.setSessionCacheEnabled(false); // nobody of PostgreSQL's world resumes sessions
        }
        return context;
    }
}
