package dev.spillway.core.session;

import org.jspecify.annotations.Nullable;

/**
 * What protects a connection: TLS, after its handshake. Immutable.
 *
 * @param version such as {@code TLSv1.3}
 * @param cipher OpenSSL's name of it
 * @param peerName the common name in the certificate that the peer has proved to be its own; null if it has shown none, or we did
 *     not ask whether it is genuine
 */
public record Protection(
        String version, String cipher, @Nullable String peerName) {
    /** As PgBouncer shows it. */
    public String text() {
        return version + '/' + cipher;
    }
}
