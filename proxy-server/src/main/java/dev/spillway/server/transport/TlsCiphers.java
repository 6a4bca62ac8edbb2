package dev.spillway.server.transport;

import io.netty.handler.ssl.CipherSuiteConverter;
import io.netty.handler.ssl.OpenSsl;
import io.netty.internal.tcnative.SSL;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** Ciphers as OpenSSL names and lists them, and as Java does. Stateless. */
final class TlsCiphers {
    private static final Set<String> LEFT_TO_LIBRARY = Set.of("default", "secure", "fast", "normal");

    /** What both of our libraries have; BoringSSL always allows all of them. */
    static final List<String> V1_3 =
            List.of("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256");

    /** OpenSSL has them, and we do not. */
    private static final Set<String> V1_3_OTHERS = Set.of("TLS_AES_128_CCM_8_SHA256", "TLS_AES_128_CCM_SHA256");

    private TlsCiphers() {}

    /** A list that cannot be followed. */
    static final class UnknownCipherException extends Exception {
        private static final long serialVersionUID = 1L;

        UnknownCipherException(String message) {
            super(message);
        }
    }

    static boolean isLeftToLibrary(String list) {
        return list.isBlank() || LEFT_TO_LIBRARY.contains(list.toLowerCase(Locale.ROOT));
    }

    /**
     * The ciphers of TLS 1.2 and older that {@code list} means.
     *
     * @param isNative whether it is for BoringSSL; else it must be names, and Java's are returned
     */
    static List<String> expand(String list, boolean isNative) throws UnknownCipherException {
        String asked = list.equalsIgnoreCase("all") ? "ALL" : list;
        List<String> found = isNative ? expandNatively(asked) : inJava(asked);
        if (found.isEmpty()) {
            throw new UnknownCipherException("no known cipher in '" + list + "'");
        }
        return found;
    }

    private static List<String> inJava(String list) {
        Set<String> supported = Set.of(javaParameters().getCipherSuites());
        return Stream.of(list.equals("ALL") ? javaParameters().getCipherSuites() : list.split("[:, ]+", -1))
                .map(name -> Objects.requireNonNullElse(CipherSuiteConverter.toJava(name, "TLS"), name))
                .filter(name -> supported.contains(name) && !V1_3.contains(name))
                .distinct()
                .toList();
    }

    private static List<String> expandNatively(String list) {
        List<String> found = new ArrayList<>();
        try {
            long context = io.netty.internal.tcnative.SSLContext.make(SSL.SSL_PROTOCOL_ALL, SSL.SSL_MODE_SERVER);
            try {
                io.netty.internal.tcnative.SSLContext.setCipherSuite(context, list, false);
                long connection = SSL.newSSL(context, true);
                try {
                    Stream.of(SSL.getCiphers(connection))
                            .filter(cipher -> !cipher.startsWith("TLS_") && OpenSsl.isCipherSuiteAvailable(cipher))
                            .forEach(found::add);
                } finally {
                    SSL.freeSSL(connection);
                }
            } finally {
                io.netty.internal.tcnative.SSLContext.free(context);
            }
        } catch (Exception e) { // declared so; it is OpenSSL's word that there is none
            return List.of();
        }
        return found;
    }

    /** The ciphers of TLS 1.3 in {@code list}, by their one name; all for null. */
    static List<String> expand13(@Nullable String list) throws UnknownCipherException {
        if (list == null) {
            return V1_3;
        }
        Set<String> found = new LinkedHashSet<>();
        for (String name : list.split("[:, ]+", -1)) {
            if (V1_3.contains(name)) {
                found.add(name);
            } else if (!V1_3_OTHERS.contains(name)) {
                throw new UnknownCipherException("'" + name + "' is no cipher of TLS 1.3");
            }
        }
        if (found.isEmpty()) {
            throw new UnknownCipherException(
                    "no cipher in '" + list + "' is supported: there are " + String.join(", ", V1_3));
        }
        return List.copyOf(found);
    }

    /** OpenSSL's name of one that Java calls {@code suite}: {@code ECDHE-RSA-AES256-GCM-SHA384}. */
    static String openSslName(String suite) {
        String name = CipherSuiteConverter.toOpenSsl(suite, false);
        return name == null ? suite : name;
    }

    /** Those of TLS 1.2 and older that the JDK allows, by Java's names. */
    static List<String> usualOfJava() {
        return Stream.of(javaParameters().getCipherSuites())
                .filter(name -> !V1_3.contains(name))
                .toList();
    }

    private static SSLParameters javaParameters() {
        try {
            return SSLContext.getDefault().getSupportedSSLParameters();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
