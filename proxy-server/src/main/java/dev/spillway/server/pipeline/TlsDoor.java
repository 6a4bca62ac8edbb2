package dev.spillway.server.pipeline;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Stands before a client's {@link ConnectionHandler} until its first byte has come, and then leaves: a client may begin with the
 * handshake of TLS, without asking for it, as libpq does with {@code sslnegotiation=direct}.
 *
 * <p>Called by Netty on the channel's event loop. It hands on all that it is given.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL">SSL Session Encryption</a>
 */
public final class TlsDoor extends ByteToMessageDecoder {
    /** The first byte of a startup packet is its length's, and zero. */
    private static final int HANDSHAKE = 0x16;

    private final Runnable secure;

    /** {@code secure} puts the handler of TLS behind this one. */
    public TlsDoor(Runnable secure) {
        this.secure = secure;
    }

    @Override
    protected void decode(ChannelHandlerContext from, ByteBuf in, List<Object> out) {
        if (in.getByte(in.readerIndex()) == HANDSHAKE) {
            secure.run();
        }
        from.pipeline().remove(this);
    }
}
