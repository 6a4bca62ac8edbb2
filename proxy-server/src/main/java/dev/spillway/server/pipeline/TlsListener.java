package dev.spillway.server.pipeline;

import dev.spillway.core.session.Protection;
import io.netty.handler.ssl.SslHandler;

/** Hears how the handshake of a connection ended. Called once, on the connection's event loop. */
public interface TlsListener {
    /** What the handshake has come to. */
    Protection protection(SslHandler handler);

    /** The handshake has succeeded; after {@link #protection}. */
    void onSecured(SslHandler handler);

    /** It has failed, or the connection ended before it was done; the connection is being closed. */
    void onFailed(String why);
}
