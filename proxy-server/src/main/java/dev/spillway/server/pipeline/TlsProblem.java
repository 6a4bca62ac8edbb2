package dev.spillway.server.pipeline;

import io.netty.handler.ssl.NotSslRecordException;
import java.nio.channels.ClosedChannelException;

/** Why a handshake failed, for people: libraries wrap it several times. Stateless. */
final class TlsProblem {
    private static final int DEEPEST = 10;
    private static final int MOST_CHARACTERS = 200;

    /**
     * What BoringSSL says of an alert that comes in clear text where TLS 1.3 is encrypted already: OpenSSL's clients send one when they
     * end the handshake, before they have keys of their own.
     */
    private static final String UNENCRYPTED_ALERT = "BAD_PACKET_LENGTH";

    private TlsProblem() {}

    static String of(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause.getCause() != null && depth < DEEPEST; depth++) {
            cause = cause.getCause();
        }
        if (cause instanceof ClosedChannelException) {
            return "TLS handshake failed: the peer closed the connection";
        }
        if (cause instanceof NotSslRecordException) { // its message is all that came
            return "TLS handshake failed: what came is no TLS";
        }
        String text = cause.getMessage();
        if (text != null && text.contains(UNENCRYPTED_ALERT)) {
            return "TLS handshake failed: the peer broke it off, as one does that does not trust the certificate it"
                    + " was shown ("
                    + UNENCRYPTED_ALERT + ")";
        }
        if (text != null && text.length() > MOST_CHARACTERS) {
            text = text.substring(0, MOST_CHARACTERS) + "...";
        }
        return "TLS handshake failed: " + (text == null ? cause.getClass().getSimpleName() : text);
    }
}
