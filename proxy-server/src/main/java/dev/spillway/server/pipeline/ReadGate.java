package dev.spillway.server.pipeline;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;

/**
 * Stands between the socket and the handler of TLS, which asks for more bytes when those that came were no whole record, even
 * where reading is off. A channel that is closed or changes its event loop must not be read: see {@link ConnectionHandler}.
 *
 * <p>Called by Netty on the channel's event loop; stateless. What it drops is made up for when reading is switched on.
 */
@io.netty.channel.ChannelHandler.Sharable
final class ReadGate extends ChannelOutboundHandlerAdapter {
    static final ReadGate INSTANCE = new ReadGate();

    private ReadGate() {}

    @Override
    public void read(ChannelHandlerContext from) {
        if (from.channel().config().isAutoRead()) {
            from.read();
        }
    }
}
