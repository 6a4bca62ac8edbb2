package dev.spillway.server.pipeline;

import dev.spillway.core.session.Phase;
import dev.spillway.core.session.Protection;
import dev.spillway.core.session.Wire;
import dev.spillway.server.transport.PeerProcess;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection as its session sees it: channel events become verbs of the current {@link Phase}, verbs of the {@link
 * Wire} become channel operations.
 *
 * <p>Called by Netty and by the phase, on the channel's event loop only. That loop is asked for each time and never
 * kept, for a channel may move to another.
 *
 * <p>A buffer that was read is the phase's; once the connection is closing it is released here. {@link #write} takes its
 * buffer in every state.
 *
 * <p>Lives as its channel: {@code OPEN}, from {@link #close} or a failure on {@code CLOSING}, in which the phase hears
 * nothing more, and {@code CLOSED}, which it hears of once. A phase exists from the moment the channel is active.
 *
 * <p>Must never call the phase from within a verb. Netty reports writability from inside {@code write} and {@code
 * flush}; such a report is handed on in a task of its own.
 */
// hot: channelRead, write, flush
@SuppressWarnings("FutureReturnValueIgnored") // what fails arrives in exceptionCaught
public final class ConnectionHandler extends ChannelInboundHandlerAdapter implements Wire {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionHandler.class);

    /** How long a peer may take to read the last that it is told. */
    private static final int LAST_WORDS_LIMIT_SECONDS = 10;

    private enum State {
        OPEN,
        CLOSING,
        CLOSED
    }

    /** Counts the connections of this process. */
    private static final AtomicInteger IDS = new AtomicInteger();

    private final int id = IDS.updateAndGet(last -> last == Integer.MAX_VALUE ? 1 : last + 1);
    private final Function<Wire, Phase> first;
    private final Ends ends;

    @SuppressWarnings("NullAway.Init") // set by handlerAdded, before which nobody has this wire
    private ChannelHandlerContext ctx;

    private @Nullable Phase phase;
    private State state = State.OPEN;
    /** Written to since the last flush. */
    private boolean dirty;
    /** Among those that are sent when the loop has dealt with what it read. */
    private boolean isFlushQueued;
    /** Inside a verb that may make Netty report writability. */
    private boolean inVerb;
    /** To be done when the end has been told: the rest of a move that it has overtaken. */
    private Runnable afterEnd = () -> {};
    /** A report of writability waits in the event loop. */
    private boolean reportQueued;
    /** Whose TLS it is; null without. */
    private @Nullable TlsListener tls;

    private boolean isShakingHands;
    private @Nullable Protection protection;

    private final ReadSwitch reading = new ReadSwitch();

    /** {@code first} makes the phase that a new connection begins with; what it returns wins over {@link #become}. */
    public ConnectionHandler(Function<Wire, Phase> first) {
        this(first, null);
    }

    /** {@code known} is where the peer really is, if not at the other end of the socket. */
    public ConnectionHandler(Function<Wire, Phase> first, @Nullable SocketAddress known) {
        this.first = first;
        this.ends = new Ends(known);
    }

    // What Netty calls.

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        ctx = added;
        if (!added.channel().isActive()) {
            return;
        }
        try {
            begin();
        } catch (RuntimeException e) {
            exceptionCaught(added, e); // thrown on, it would remove this handler and leave the socket open
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext active) {
        if (phase == null && state == State.OPEN) {
            begin();
        }
    }

    private void begin() {
        ends.begin(ctx.channel());
        phase = first.apply(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext from, Object message) {
        Phase listener = listener();
        if (listener != null && message instanceof ByteBuf bytes) {
            listener.onRead(bytes);
        } else {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext from) {
        Phase listener = listener();
        if (listener != null) {
            listener.onReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext from) {
        if (!inVerb) {
            reportWritability();
        } else if (!reportQueued) {
            reportQueued = true;
            from.channel().eventLoop().execute(this::reportQueuedWritability);
        }
    }

    private void reportQueuedWritability() {
        EventLoop loop = ctx.channel().eventLoop();
        if (!loop.inEventLoop()) { // the channel moved while this waited
            loop.execute(this::reportQueuedWritability);
            return;
        }
        reportQueued = false;
        try {
            reportWritability();
        } catch (RuntimeException e) {
            exceptionCaught(ctx, e); // no pipeline around a task
        }
    }

    private void reportWritability() {
        Phase listener = listener();
        if (listener != null) {
            listener.onWritabilityChanged();
        }
    }

    /** Who hears of events other than the end: nobody before the connection is active and while it closes. */
    private @Nullable Phase listener() {
        return state == State.OPEN ? phase : null;
    }

    @Override
    public void channelInactive(ChannelHandlerContext from) {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        Phase last = phase;
        if (last != null) {
            last.onClosed();
        }
        afterEnd.run();
    }

    /** A peer that broke off is everyday life and shows as the end of the connection; anything else is our defect. */
    @Override
    public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
        boolean known = state == State.CLOSING; // what fails while closing follows from what was reported
        if (state == State.OPEN) {
            state = State.CLOSING;
        }
        if (!known && !isPeersDoing(cause)) {
            LOG.error("connection failed peer={} local={}", peer(), local(), cause);
        }
        closeNow();
    }

    /** TLS errors arrive wrapped in a DecoderException. */
    private static boolean isPeersDoing(Throwable cause) {
        return cause instanceof IOException || cause.getCause() instanceof IOException;
    }

    /**
     * From now on everything goes through {@code handler}, which has yet to shake hands. What was written before leaves in clear text.
     *
     * @param listener may be called before this returns
     */
    public void secure(SslHandler handler, TlsListener listener) {
        tls = listener;
        isShakingHands = true;
        insert("read-gate", ReadGate.INSTANCE);
        insert("tls", handler);
    }

    /** Puts {@code handler} between the socket and this one. */
    void insert(@Nullable String name, ChannelHandler handler) {
        ctx.pipeline().addBefore(ctx.name(), name, handler);
    }

    /** What was given to {@link #secure}; null: nothing. */
    public @Nullable TlsListener tls() {
        return tls;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext from, Object event) {
        if (event instanceof SslHandshakeCompletionEvent end) {
            onHandshake(from, end);
        } else if (event instanceof SslCloseCompletionEvent && state == State.OPEN) {
            state = State.CLOSING;
            closeNow(); // the peer says that nothing more comes
        }
    }

    private void onHandshake(ChannelHandlerContext from, SslHandshakeCompletionEvent end) {
        TlsListener listener = tls;
        boolean isAwaited = isShakingHands && state == State.OPEN;
        isShakingHands = false;
        if (!isAwaited || listener == null) {
            return;
        }
        SslHandler handler = from.pipeline().get(SslHandler.class);
        if (end.isSuccess()) {
            protection = listener.protection(handler);
            listener.onSecured(handler);
        } else {
            listener.onFailed(TlsProblem.of(end.cause()));
        }
    }

    @Override
    public @Nullable Protection protection() {
        return protection;
    }

    /** Runs {@code action} on the connection's event loop, later. */
    public void execute(Runnable action) {
        ctx.channel().eventLoop().execute(action);
    }

    /** Nobody wants it any more: its phase hears of nothing but its end, which the caller brings about. */
    public void abandon() {
        if (state == State.OPEN) {
            state = State.CLOSING;
        }
    }

    public boolean isOpen() {
        return state == State.OPEN && ctx.channel().isActive();
    }

    /** Runs {@code action} when the connection has ended, on its event loop. */
    public void whenClosed(Runnable action) {
        ctx.channel().closeFuture().addListener(closed -> action.run());
    }

    /** Where the peer is, for whoever wants another connection to it. Known once the connection is active. */
    public SocketAddress remoteAddress() {
        return ends.remote();
    }

    /** What the connection is in now; null before it is active. */
    public @Nullable Phase phase() {
        return phase;
    }

    // What the session calls.

    @Override
    public void write(ByteBuf message) {
        if (state != State.OPEN) {
            message.release();
            return;
        }
        dirty = true;
        inVerb = true;
        ctx.write(message, ctx.voidPromise());
        inVerb = false;
    }

    @Override
    public void flush() {
        if (dirty && !isFlushQueued) {
            isFlushQueued = true;
            Flushes.ofLoop().add(this, ctx.channel().eventLoop());
        }
    }

    /** For {@link Flushes}. */
    void flushNow() {
        isFlushQueued = false;
        if (!dirty) {
            return;
        }
        dirty = false;
        inVerb = true;
        ctx.flush();
        inVerb = false;
    }

    @Override
    public void close() {
        if (state != State.OPEN) {
            return;
        }
        suspend(false);
        setReading(true); // or its leaving would not be noticed
        state = State.CLOSING;
        dirty = false;
        if (isShakingHands) {
            closeNow(); // nothing can be said yet
            return;
        }
        // Netty writes in order: when the empty buffer is through, so is all that came before it.
        ChannelFuture written = ctx.writeAndFlush(Unpooled.EMPTY_BUFFER);
        if (written.isDone()) {
            closeNow();
            return;
        }
        // A peer that does not take what was written would keep the connection and its buffers for ever.
        var limit = ctx.channel().eventLoop().schedule(this::closeNow, LAST_WORDS_LIMIT_SECONDS, TimeUnit.SECONDS);
        written.addListener(done -> {
            limit.cancel(false);
            closeNow();
        });
    }

    /**
     * Netty's io_uring channel may close later than it is told to, and a read that is asked for in between is one that
     * nobody cancels: the kernel would keep the socket open for it, and the event loop could not end.
     */
    private void closeNow() {
        ctx.channel().config().setAutoRead(false);
        ctx.close();
    }

    @Override
    public void setReading(boolean on) {
        if (state == State.OPEN) {
            reading.want(ctx.channel().config(), on);
        }
    }

    /** Nothing more is read, whatever the phase wants; or no longer so. A connection that moves is not suspended after it. */
    public void suspend(boolean on) {
        if (state == State.OPEN) {
            reading.suspend(ctx.channel().config(), on);
        }
    }

    @Override
    public boolean isWritable() {
        return ctx.channel().isWritable();
    }

    @Override
    public void become(Phase next) {
        phase = next;
    }

    @Override
    public ByteBufAllocator allocator() {
        return ctx.alloc();
    }

    @Override
    public String peer() {
        return ends.peer();
    }

    @Override
    public String local() {
        return ends.local();
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public int peerProcessId() {
        return PeerProcess.of(ctx.channel()).id();
    }

    /** Who is at the other end of a Unix socket. */
    public PeerProcess peerProcess() {
        return PeerProcess.of(ctx.channel());
    }

    @Override
    public long unsentBytes() {
        ChannelOutboundBuffer unsent = ctx.channel().unsafe().outboundBuffer();
        return unsent == null ? 0 : unsent.totalPendingWriteBytes();
    }

    /** Has the system taken all that was written? */
    public boolean hasSentAll() {
        return unsentBytes() == 0;
    }

    /**
     * Moves the connection to another event loop. It must be idle: the phase holds bytes that may come, which reach it on the
     * loop it is on. What was written leaves first.
     *
     * @param arrived called on {@code target} in every case; the connection is closed if it could not be moved
     */
    public void move(EventLoop target, Runnable arrived) {
        suspend(false);
        setReading(false);
        dirty = false;
        // Netty deregisters in a task of its own, that is after the read event from which this may be called.
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(sent -> leave(target, arrived));
    }

    /**
     * Netty's io_uring channel tells of the deregistration and then looks at its fields once more; another loop must not
     * have the channel by then. Its assertion would end the event loop.
     */
    private void leave(EventLoop target, Runnable arrived) {
        EventLoop old = ctx.channel().eventLoop();
        if (!ctx.channel().isOpen()) {
            // What was written could not be sent. Netty would tell nobody of the end of a channel that leaves its loop
            // now.
            whenEnded(() -> target.execute(arrived));
            return;
        }
        ctx.channel().deregister().addListener(left -> old.execute(() -> register(target, arrived)));
    }

    private void whenEnded(Runnable action) {
        if (state == State.CLOSED) {
            action.run();
        } else {
            afterEnd = action;
        }
    }

    private void register(EventLoop target, Runnable arrived) {
        Channel channel = ctx.channel();
        if (!channel.isOpen()) {
            channelInactive(ctx); // nobody else would tell
            releaseTls();
            target.execute(arrived);
            return;
        }
        target.register(channel).addListener(registered -> {
            if (!registered.isSuccess()) {
                channel.close();
                channelInactive(ctx);
                releaseTls();
            }
            arrived.run();
        });
    }

    /** Netty empties the pipeline of a channel that leaves its event loop last of all; this one has left before its end. */
    private void releaseTls() {
        SslHandler handler = ctx.pipeline().get(SslHandler.class);
        if (handler != null) {
            ctx.pipeline().remove(handler);
        }
    }
}
