package dev.spillway.server.lane;

import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.Protection;
import dev.spillway.server.pipeline.ConnectionHandler;
import dev.spillway.server.pipeline.TlsDoor;
import dev.spillway.server.pipeline.TlsListener;
import dev.spillway.server.transport.TlsContexts;
import dev.spillway.server.transport.TlsRules;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.util.function.Supplier;

/** The handshake with one client, asked for or direct. Confined to the lane of the connection. */
final class ClientTls implements TlsListener {
    private final ConnectionHandler client;
    private final boolean isDirect;
    private final boolean isVerified;

    private ClientTls(ConnectionHandler client, boolean isDirect, boolean isVerified) {
        this.client = client;
        this.isDirect = isDirect;
        this.isVerified = isVerified;
    }

    /** May {@code client} have TLS? Nobody listens in on a Unix socket. */
    static boolean isOffered(TlsContexts contexts, ConnectionHandler client) {
        return contexts.isOfferedToClients() && isTcp(client);
    }

    /** Must {@code client} have TLS? */
    static boolean isRequired(TlsContexts contexts, ConnectionHandler client) {
        return contexts.isRequiredOfClients() && isTcp(client);
    }

    private static boolean isTcp(ConnectionHandler client) {
        return client.remoteAddress() instanceof InetSocketAddress;
    }

    /** For one that has asked for it. */
    static void secure(TlsContexts contexts, ConnectionHandler client) {
        secure(contexts, client, false);
    }

    /** For one that may begin with its handshake, with the contexts of that moment. */
    static void openDoor(Supplier<TlsContexts> current, ConnectionHandler client, ChannelPipeline pipeline) {
        pipeline.addLast("tls-door", new TlsDoor(() -> {
            TlsContexts contexts = current.get();
            if (isOffered(contexts, client)) {
                secure(contexts, client, true);
            }
        }));
    }

    private static void secure(TlsContexts contexts, ConnectionHandler client, boolean isDirect) {
        client.secure(
                contexts.forClient(client.allocator()), new ClientTls(client, isDirect, contexts.areClientsVerified()));
    }

    @Override
    public Protection protection(SslHandler handler) {
        return TlsContexts.protection(handler, isVerified);
    }

    /** As PostgreSQL has it: without the name, what was sent could be for a server of another protocol. */
    @Override
    public void onSecured(SslHandler handler) {
        if (isDirect && !TlsRules.APPLICATION_PROTOCOL.equals(handler.applicationProtocol())) {
            onFailed("direct TLS without ALPN \"" + TlsRules.APPLICATION_PROTOCOL + '"');
            client.close();
        }
    }

    @Override
    public void onFailed(String why) {
        if (client.phase() instanceof ClientLogin login) {
            login.onUnprotected(why);
        }
    }
}
