package dev.spillway.server.judge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.unboundid.util.ssl.HostNameSSLSocketVerifier;
import com.unboundid.util.ssl.SSLSocketVerifier;
import com.unboundid.util.ssl.TrustAllSSLSocketVerifier;
import com.unboundid.util.ssl.TrustAllTrustManager;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Which directories are trusted: whom OpenLDAP's library is set up to trust on this machine, as for PostgreSQL and PgBouncer.
 * Immutable.
 *
 * @see <a href="https://www.openldap.org/software/man.cgi?query=ldap.conf">ldap.conf</a>
 */
record LdapTls(SSLContext context, SSLSocketVerifier verifier) {
    private static final List<Path> FILES = List.of(Path.of("/etc/ldap/ldap.conf"), Path.of("/etc/openldap/ldap.conf"));

    /**
     * By {@code TLS_CACERT} and {@code TLS_REQCERT} of the system's {@code ldap.conf}, of the file that the variable {@code LDAPCONF}
     * names, or by the variables {@code LDAPTLS_CACERT} and {@code LDAPTLS_REQCERT}, the last of these. Without any the JDK's own
     * certificate authorities are trusted.
     *
     * @throws IOException if a file is not what it ought to be: the message is for the user
     */
    static LdapTls of(Map<String, String> environment) throws IOException {
        Map<String, String> options = new HashMap<>();
        if (!environment.containsKey("LDAPNOINIT")) {
            for (Path file : FILES) {
                if (Files.isReadable(file)) {
                    read(file, options);
                }
            }
            String named = environment.get("LDAPCONF");
            if (named != null) {
                read(path(named), options);
            }
            take(environment, "LDAPTLS_CACERT", options, "TLS_CACERT");
            take(environment, "LDAPTLS_REQCERT", options, "TLS_REQCERT");
            take(environment, "LDAPTLS_CACERTDIR", options, "TLS_CACERTDIR");
        }
        if (options.containsKey("TLS_CACERTDIR") && !options.containsKey("TLS_CACERT")) {
            throw new IOException("TLS_CACERTDIR of ldap.conf is not read: name a file of authorities by TLS_CACERT");
        }
        try {
            return of(options.get("TLS_CACERT"), options.getOrDefault("TLS_REQCERT", "demand"));
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS with a directory: " + e.getMessage(), e);
        }
    }

    private static void take(Map<String, String> from, String name, Map<String, String> options, String option) {
        String value = from.get(name);
        if (value != null) {
            options.put(option, value);
        }
    }

    private static void read(Path file, Map<String, String> options) throws IOException {
        for (String line : text(file).split("\n", -1)) {
            String[] words = line.strip().split("\\s+", 2);
            if (words.length == 2 && !words[0].startsWith("#")) {
                options.put(words[0].toUpperCase(Locale.ROOT), words[1]);
            }
        }
    }

    private static LdapTls of(@Nullable String authorities, String isRequired)
            throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        return switch (isRequired.toLowerCase(Locale.ROOT)) {
            case "never", "allow" -> {
                context.init(null, new TrustManager[] {new TrustAllTrustManager()}, null);
                yield new LdapTls(context, TrustAllSSLSocketVerifier.getInstance());
            }
            case "try", "demand", "hard" -> {
                context.init(null, authorities == null ? null : trusting(path(authorities)), null);
                yield new LdapTls(context, new HostNameSSLSocketVerifier(true));
            }
            default ->
                throw new IOException(
                        "TLS_REQCERT of ldap.conf must be never, allow, try, demand or hard, not '" + isRequired + "'");
        };
    }

    private static TrustManager[] trusting(Path authorities) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        byte[] pem = text(authorities).getBytes(ISO_8859_1);
        int number = 0;
        try {
            for (Certificate authority :
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem))) {
                store.setCertificateEntry("authority" + number++, authority);
            }
        } catch (CertificateException e) {
            throw new IOException("TLS_CACERT " + authorities + " has no certificates: " + e.getMessage(), e);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    private static Path path(String name) throws IOException {
        try {
            return Path.of(name);
        } catch (InvalidPathException e) {
            throw new IOException(name + " is no file of ldap.conf's: " + e.getMessage(), e);
        }
    }

    private static String text(Path file) throws IOException {
        try {
            return new String(Files.readAllBytes(file), ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new IOException(file + " cannot be read: there is no such file", e);
        } catch (IOException e) {
            throw new IOException(file + " cannot be read: " + e.getMessage(), e);
        }
    }
}
