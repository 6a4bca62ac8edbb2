package dev.spillway.server.ops;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The system's log: a datagram per line, to a Unix socket.
 *
 * <p>Called by the thread that writes the log, which never waits for whoever reads the socket. Where nobody does, or too slowly,
 * lines are lost; how many, the system's log is told with the first that it takes again. While nobody is there it is tried once a
 * second.
 */
final class Syslog extends UnsynchronizedAppenderBase<ILoggingEvent> {
    /** Where Linux has it. */
    static final String PLACE = "/dev/log";

    /** What daemons take of a line as they are installed. */
    private static final int LONGEST_BYTES = 8000;

    /** Lines of so many bytes may wait for a daemon that is slow. */
    private static final int WAITING_BYTES = 1 << 20;

    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long PATIENCE_MILLIS = 1000;

    private final String place;
    private final SyslogLayout layout;
    private final LongSupplier nanoTime;
    private final EventLoopGroup loops;
    private final AtomicLong lost = new AtomicLong();
    private volatile @Nullable Channel channel;
    private long nextTryNanos;

    /** Nothing is opened yet. {@code place} is the path of the socket. */
    Syslog(String place, SyslogLayout layout, LongSupplier nanoTime) {
        this.place = place;
        this.layout = layout;
        this.nanoTime = nanoTime;
        this.loops = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("syslog", true), EpollIoHandler.newFactory());
        this.nextTryNanos = nanoTime.getAsLong();
    }

    /** Can there be one on this system? */
    static boolean isPossible() {
        return Epoll.isAvailable();
    }

    /** Opens it; returns why that cannot be done, for people, or null. Lines may come all the same. */
    @Nullable
    String open() {
        nextTryNanos = nanoTime.getAsLong() + RETRY_NANOS;
        ChannelFuture connected = new Bootstrap()
                .group(loops)
                .channel(EpollDomainDatagramChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, waterMark())
                .handler(new Deaf())
                .connect(new DomainSocketAddress(place))
                .awaitUninterruptibly();
        if (connected.isSuccess()) {
            channel = connected.channel();
            return null;
        }
        return String.valueOf(connected.cause().getMessage());
    }

    private static WriteBufferWaterMark waterMark() {
        return new WriteBufferWaterMark(WAITING_BYTES / 2, WAITING_BYTES);
    }

    @Override
    protected void append(ILoggingEvent event) {
        Channel to = ready();
        if (to == null || !to.isWritable()) {
            lost.incrementAndGet();
            return;
        }
        long before = lost.getAndSet(0);
        if (before > 0) {
            send(to, layout.line(Level.WARN, event.getTimeStamp(), "lines lost on the way here: " + before), before);
        }
        send(to, layout.doLayout(event), 1);
    }

    private @Nullable Channel ready() {
        Channel known = channel;
        if ((known == null || !known.isActive()) && nanoTime.getAsLong() - nextTryNanos >= 0) {
            String _ = open();
        }
        return channel;
    }

    /** {@code lines}: how many are lost if it does not arrive. A daemon that is started anew has another socket of that name. */
    private void send(Channel to, String line, long lines) {
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        byte[] sent = bytes.length > LONGEST_BYTES ? Arrays.copyOf(bytes, LONGEST_BYTES) : bytes;
        to.writeAndFlush(Unpooled.wrappedBuffer(sent)).addListener(done -> {
            if (!done.isSuccess()) {
                lost.addAndGet(lines);
                var _ = to.close();
            }
        });
    }

    /** Waits a little for what is on its way. */
    @Override
    public void stop() {
        super.stop();
        Channel last = channel;
        if (last != null) {
            last.close().awaitUninterruptibly(PATIENCE_MILLIS);
        }
        var _ = loops.shutdownGracefully(0, PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Nothing ever comes from there; what fails is told to whoever sends. */
    private static final class Deaf extends ChannelInboundHandlerAdapter {
        @Override
        public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
            var _ = from.close();
        }
    }
}
