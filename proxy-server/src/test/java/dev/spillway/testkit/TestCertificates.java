package dev.spillway.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.Socket;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Date;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Two authorities, {@link #authority} that tests trust and {@link #stranger} that they do not, and what they certify, as files in
 * a directory that goes with the JVM. Thread-safe; what was made once is there for all.
 */
public final class TestCertificates {
    private static final AtomicLong SERIAL = new AtomicLong(1);
    private static final Path DIRECTORY = directory();
    private static final Issued AUTHORITY = issue("CN=Spillway's tests", null, null, "authority");
    private static final Issued STRANGER = issue("CN=Somebody else", null, null, "stranger");
    private static final Map<String, Issued> KNOWN = new ConcurrentHashMap<>();

    /** Paths of a private key and of the certificates that belong to it. */
    public record Files(String key, String certificate) {}

    private record Issued(PrivateKey key, X509Certificate certificate, Files files) {}

    private TestCertificates() {}

    /** File of the authority that is trusted. */
    public static String authority() {
        return AUTHORITY.files.certificate;
    }

    /** File of the one that is not. */
    public static String stranger() {
        return STRANGER.files.certificate;
    }

    /** For a server: {@code host}, a name or an address, is among its alternative names; its common name is another. */
    public static Files forHost(String host) {
        return KNOWN.computeIfAbsent("host " + host, key -> {
                    int kind = Character.isDigit(host.charAt(0)) ? GeneralName.iPAddress : GeneralName.dNSName;
                    return issue("CN=server", new GeneralName(kind, host), AUTHORITY, "host-" + host);
                })
                .files;
    }

    /** A server's side that shows what {@link #forHost} names. */
    public static SSLContext server(String host) {
        forHost(host);
        Issued own = Objects.requireNonNull(KNOWN.get("host " + host));
        char[] noPassword = {};
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, noPassword);
            store.setKeyEntry("own", own.key, noPassword, new X509Certificate[] {own.certificate});
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(store, noPassword);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For a server, by the stranger. */
    public static Files forHostByStranger(String host) {
        return KNOWN.computeIfAbsent(
                        "stranger " + host,
                        key -> issue(
                                "CN=server", new GeneralName(GeneralName.dNSName, host), STRANGER, "stranger-" + host))
                .files;
    }

    /** With {@code name} as the common name and no other. */
    public static Files forName(String name) {
        return named(name).files;
    }

    private static Issued named(String name) {
        return KNOWN.computeIfAbsent("name " + name, key -> issue("CN=" + name, null, AUTHORITY, "name-" + name));
    }

    private static Issued namedByStranger(String name) {
        return KNOWN.computeIfAbsent(
                "strange name " + name, key -> issue("CN=" + name, null, STRANGER, "strange-name-" + name));
    }

    /** A client's side that trusts the authority and shows nothing. */
    public static SSLContext client() {
        return context(null);
    }

    /** The same with a certificate for {@code name}. */
    public static SSLContext client(String name) {
        return context(named(name));
    }

    /** The same with one by the stranger. */
    public static SSLContext clientByStranger(String name) {
        return context(namedByStranger(name));
    }

    private static SSLContext context(@Nullable Issued own) {
        char[] noPassword = {};
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, noPassword);
            store.setCertificateEntry("authority", AUTHORITY.certificate);
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(own == null ? null : new KeyManager[] {new Shameless(own)}, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Shows its certificate to everyone, whichever authorities are asked for. */
    private static final class Shameless extends X509ExtendedKeyManager {
        private final Issued own;

        Shameless(Issued own) {
            this.own = own;
        }

        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return new String[] {"own"};
        }

        @Override
        public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
            return "own";
        }

        @Override
        public String @Nullable [] getServerAliases(String keyType, Principal[] issuers) {
            return null;
        }

        @Override
        public @Nullable String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {own.certificate};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return own.key;
        }
    }

    private static Issued issue(String subject, @Nullable GeneralName name, @Nullable Issued issuer, String file) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            X500Principal principal = new X500Principal(subject);
            Instant now = Instant.now();
            var builder = new JcaX509v3CertificateBuilder(
                    issuer == null ? principal : issuer.certificate.getSubjectX500Principal(),
                    BigInteger.valueOf(SERIAL.getAndIncrement()),
                    Date.from(now.minus(1, ChronoUnit.DAYS)),
                    Date.from(now.plus(1, ChronoUnit.DAYS)),
                    principal,
                    pair.getPublic());
            if (issuer == null) {
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            }
            if (name != null) {
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(name));
            }
            var signer = new JcaContentSignerBuilder("SHA256withECDSA")
                    .build(issuer == null ? pair.getPrivate() : issuer.key);
            X509Certificate certificate = new JcaX509CertificateConverter().getCertificate(builder.build(signer));
            Files files = new Files(
                    write(file + ".key", "PRIVATE KEY", pair.getPrivate().getEncoded()),
                    write(file + ".crt", "CERTIFICATE", certificate.getEncoded()));
            return new Issued(pair.getPrivate(), certificate, files);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code key} in PEM of that kind, which may be another than its bytes are in. */
    public static String pem(String kind, byte[] bytes) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n";
    }

    /** A key in PKCS#8. */
    public static String pem(Key key) {
        return pem("PRIVATE KEY", key.getEncoded());
    }

    private static String write(String name, String kind, byte[] bytes) throws IOException {
        Path file = DIRECTORY.resolve(name);
        java.nio.file.Files.createFile(
                file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        java.nio.file.Files.writeString(file, pem(kind, bytes));
        file.toFile().deleteOnExit();
        return file.toString();
    }

    private static Path directory() {
        try {
            Path made = java.nio.file.Files.createTempDirectory("spillway-certificates");
            made.toFile().deleteOnExit();
            return made;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
