package dev.spillway.server.pipeline;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Stands first on a connection to the admin port until its first byte has come, tells by it who calls, and leaves.
 *
 * <p>Called by Netty on the channel's event loop. It hands on all that it is given, to the handlers that the {@link Host} has
 * put behind it. Whoever opened the connection bounds the wait.
 *
 * <p>A startup packet of PostgreSQL begins with its length, of which the first byte is zero; a handshake of TLS, which its
 * clients may begin with too, with the type of its record; a request of HTTP with its method, a word.
 */
public final class CallerDoor extends ByteToMessageDecoder {
    /** Makes the pipeline that fits whoever calls. */
    public interface Host {
        void onPostgres();

        /** Runs {@code enter} on the event loop when the handlers are there, now or later; nothing passes the door until then. */
        void onHttp(Runnable enter);

        /** It speaks nothing that is known here. */
        void onStranger();
    }

    private static final int HANDSHAKE = 0x16;

    private final Host host;
    private boolean isKnown;

    public CallerDoor(Host host) {
        this.host = host;
    }

    @Override
    protected void decode(ChannelHandlerContext from, ByteBuf in, List<Object> out) {
        if (isKnown) {
            return; // its room is being made ready
        }
        isKnown = true;
        byte first = in.getByte(in.readerIndex());
        if (first == 0 || first == HANDSHAKE) {
            host.onPostgres();
        } else if (first >= 'A' && first <= 'Z') {
            from.channel().config().setAutoRead(false);
            host.onHttp(() -> enter(from));
            return;
        } else {
            host.onStranger();
        }
        from.pipeline().remove(this);
    }

    private void enter(ChannelHandlerContext from) {
        if (!from.isRemoved()) {
            from.pipeline().remove(this);
            from.channel().config().setAutoRead(true);
        }
    }

    /** A peer that broke off before it was anybody. */
    @Override
    public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
        from.channel().config().setAutoRead(false); // see ConnectionHandler.closeNow
        var _ = from.close();
    }
}
