package dev.spillway.server.pipeline;

import dev.spillway.server.transport.TlsRules;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import java.util.List;

/**
 * Stands first on a connection to the admin port until its first byte has come, tells by it who calls, and leaves.
 *
 * <p>Called by Netty on the channel's event loop. It hands on all that it is given, to the handlers that the {@link Host} has
 * put behind it. Whoever opened the connection bounds the wait.
 *
 * <p>A startup packet of PostgreSQL begins with its length, of which the first byte is zero; a request of HTTP with its method, a
 * word; a handshake of TLS, which both may begin with, with the type of its record. Clients of PostgreSQL name their protocol in
 * it, and for others there is another door {@linkplain #openWithin within}.
 */
public final class CallerDoor extends ByteToMessageDecoder {
    /** Makes the pipeline that fits whoever calls. */
    public interface Host {
        void onPostgres();

        /** It begins with a handshake of TLS; {@code isPostgres}: to speak PostgreSQL within. */
        void onTls(boolean isPostgres);

        /** Runs {@code enter} on the event loop when the handlers are there, now or later; nothing passes the door until then. */
        void onHttp(Runnable enter);

        /** It speaks nothing that is known here. */
        void onStranger();
    }

    private static final int HANDSHAKE = 0x16;

    private final Host host;
    private final boolean isWithin;
    private boolean isKnown;

    public CallerDoor(Host host) {
        this(host, false);
    }

    private CallerDoor(Host host, boolean isWithin) {
        this.host = host;
        this.isWithin = isWithin;
    }

    /** Puts TLS into {@code pipeline}, and behind it a door where only HTTP is known: clients of PostgreSQL say so before. */
    public static void openWithin(ChannelPipeline pipeline, SslHandler tls, Host host) {
        pipeline.addLast("read-gate", ReadGate.INSTANCE);
        pipeline.addLast("tls", tls);
        pipeline.addLast("caller-door-within", new CallerDoor(host, true));
    }

    @Override
    protected void decode(ChannelHandlerContext from, ByteBuf in, List<Object> out) {
        if (isKnown) {
            return; // its room is being made ready
        }
        byte first = in.getByte(in.readerIndex());
        if (first == HANDSHAKE && !isWithin && in.readableBytes() < ClientHello.length(in)) {
            return;
        }
        isKnown = true;
        if (first == HANDSHAKE && !isWithin) {
            host.onTls(ClientHello.offers(in, TlsRules.APPLICATION_PROTOCOL));
        } else if (first == 0 && !isWithin) {
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
