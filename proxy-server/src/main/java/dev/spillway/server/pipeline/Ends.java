package dev.spillway.server.pipeline;

import dev.spillway.server.transport.AddressText;
import io.netty.channel.Channel;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Who is at the two ends of a connection. Confined to its event loop. */
final class Ends {
    private final @Nullable SocketAddress known;

    @SuppressWarnings("NullAway.Init") // set when the connection is active, like the next
    private SocketAddress remote;

    private @Nullable SocketAddress own;
    /** Made when somebody wants to know: for most connections nobody does. */
    private @Nullable String peer;

    /** {@code known} is where the peer really is, if not at the other end of the socket. */
    Ends(@Nullable SocketAddress known) {
        this.known = known;
    }

    /** The connection is active: what the ends are does not change any more. */
    void begin(Channel channel) {
        remote = known == null ? channel.remoteAddress() : known;
        own = channel.localAddress();
    }

    SocketAddress remote() {
        return remote;
    }

    String peer() {
        String text = peer;
        if (text == null) {
            text = AddressText.of(remote, own);
            peer = text;
        }
        return text;
    }

    String local() {
        return AddressText.of(own, remote);
    }
}
