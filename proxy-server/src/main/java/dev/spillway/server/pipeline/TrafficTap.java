package dev.spillway.server.pipeline;

import dev.spillway.core.protocol.trace.MessageMeter;
import dev.spillway.core.protocol.trace.TrafficListener;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ClientTraffic;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Stands between a client's {@link ConnectionHandler} and its socket, or its TLS, for as long as somebody wants to know which
 * messages pass, and tells that one. It changes nothing, holds nothing back, and keeps no buffer.
 *
 * <p>Called by Netty on the client's event loop, which may change; {@link #remove} by whoever likes. A client that nobody
 * watches has none.
 */
public final class TrafficTap extends ChannelDuplexHandler {
    private final TrafficListener listener;
    private final AtomicBoolean isTaken = new AtomicBoolean();
    private final AtomicBoolean isUnwanted = new AtomicBoolean();
    private final AtomicBoolean isEnded = new AtomicBoolean();
    private final MessageMeter fromClient =
            new MessageMeter(true, (name, length, detail) -> tell(true, name, length, detail));
    private final MessageMeter toClient =
            new MessageMeter(false, (name, length, detail) -> tell(false, name, length, detail));
    private IntSupplier server = () -> 0;
    private volatile @Nullable ChannelHandlerContext context;

    public TrafficTap(TrafficListener listener) {
        this.listener = listener;
    }

    /** Begins to watch {@code client}, on its event loop and between two reads, unless it watches somebody already. */
    public void begin(ClientSession client) {
        if (client.wire() instanceof ConnectionHandler connection && isTaken.compareAndSet(false, true)) {
            ClientTraffic.align(client, fromClient, toClient);
            begin(connection, () -> ClientTraffic.server(client));
        }
    }

    /** {@code current}: the number of its server, 0 if it has none. */
    void begin(ConnectionHandler connection, IntSupplier current) {
        server = current;
        connection.insert(null, this);
    }

    private void tell(boolean isFromClient, String name, long lengthBytes, String detail) {
        listener.onMessage(isFromClient, server.getAsInt(), name, lengthBytes, detail);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        if (isUnwanted.get()) {
            remove();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext from, Object message) {
        if (message instanceof ByteBuf bytes) {
            fromClient.read(bytes);
        }
        from.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext from, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes) {
            toClient.read(bytes);
        }
        var _ = from.write(message, promise);
    }

    @Override
    public void channelInactive(ChannelHandlerContext from) {
        end();
        from.fireChannelInactive();
    }

    /** The channel has ended, or nobody wants to know any more. */
    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
        end();
    }

    private void end() {
        if (isEnded.compareAndSet(false, true)) {
            listener.onEnd();
        }
    }

    /** Ends it, soon. Usable from any thread, also before it has begun; repeating it does nothing. */
    public void remove() {
        isUnwanted.set(true);
        ChannelHandlerContext own = context;
        if (own != null && !own.isRemoved() && own.channel().isOpen()) {
            own.channel().eventLoop().execute(() -> {
                if (!own.isRemoved()) {
                    own.pipeline().remove(this);
                }
            });
        }
    }
}
