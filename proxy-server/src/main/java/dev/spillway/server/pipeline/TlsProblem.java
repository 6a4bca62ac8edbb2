package dev.spillway.server.pipeline;

import java.nio.channels.ClosedChannelException;

/** Why a handshake failed, for people: libraries wrap it several times. Stateless. */
final class TlsProblem {
    private static final int DEEPEST = 10;

    private TlsProblem() {}

    static String of(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause.getCause() != null && depth < DEEPEST; depth++) {
            cause = cause.getCause();
        }
        if (cause instanceof ClosedChannelException) {
            return "TLS handshake failed: the peer closed the connection";
        }
        String text = cause.getMessage();
        return "TLS handshake failed: " + (text == null ? cause.getClass().getSimpleName() : text);
    }
}
