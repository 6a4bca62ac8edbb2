package dev.spillway.server.pipeline;

import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.startup.ProxyHeader;
import dev.spillway.server.transport.AddressText;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a client's {@link ConnectionHandler} until the header of the PROXY protocol has come, and then leaves.
 *
 * <p>Called by Netty on the channel's event loop. It holds at most one header and one read of the socket; what follows the
 * header goes on to the handler that the {@link Gate} has put behind it.
 *
 * <p>A connection without a header is closed without an answer: whoever speaks there is no client of ours. The lane bounds
 * the wait.
 */
public final class ProxyHeaderHandler extends ByteToMessageDecoder {
    /** Who decides about connections behind a load balancer. */
    public interface Gate {
        /** The header has come: puts the next handlers into the pipeline. */
        void open(ProxyHeader header);

        /** There is none; the connection is being closed. {@code peer} is the other end of the socket. */
        void refused(String peer, String why);
    }

    private final Gate gate;
    private @Nullable ChannelHandlerContext context;

    public ProxyHeaderHandler(Gate gate) {
        this.gate = gate;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    protected void decode(ChannelHandlerContext from, ByteBuf in, List<Object> out) {
        ProxyHeader header;
        try {
            header = ProxyHeader.decode(in);
        } catch (ProtocolViolation e) {
            in.skipBytes(in.readableBytes());
            refuse(e.text());
            return;
        }
        if (header != null) {
            gate.open(header);
            from.pipeline().remove(this);
        }
    }

    /** Closes the connection. */
    public void refuse(String why) {
        ChannelHandlerContext own = context;
        if (own == null || !own.channel().isOpen()) {
            return;
        }
        gate.refused(AddressText.of(own.channel().remoteAddress(), null), why);
        own.channel().config().setAutoRead(false); // see ConnectionHandler.closeNow
        var _ = own.close();
    }

    /** A peer that broke off before it was anybody. */
    @Override
    public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
        var _ = from.close();
    }
}
