package dev.spillway.server.transport;

import dev.spillway.core.config.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.resolver.NameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.netty.resolver.dns.DnsServerAddressStreamProvider;
import io.netty.resolver.dns.NoopAuthoritativeDnsServerCache;
import io.netty.resolver.dns.NoopDnsCache;
import io.netty.resolver.dns.NoopDnsCnameCache;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetAddress;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The system's interface for sockets, as Netty needs it: event loops, channel classes, and bootstraps with the options
 * that all connections share.
 *
 * <p>Chosen once while starting, on the caller's thread; immutable. Owns nothing: whoever asks for a group shuts it
 * down.
 */
public final class NettyTransport {
    /** Connections that wait for accept; Linux caps it at net.core.somaxconn. */
    private static final int ACCEPT_BACKLOG = 4096;

    /** Bytes written and not yet sent, from which a peer counts as slow, and below which it no longer does. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(64 << 10, 256 << 10);

    /**
     * Small buffers for queries, up to 256 KiB for results. After four reads the loop turns to its other connections:
     * at most 1 MiB is taken in between two flushes, which bounds how far a peer's queue overshoots its mark.
     */
    private static final RecvByteBufAllocator READ_BUFFERS =
            new AdaptiveRecvByteBufAllocator(512, 2048, 256 << 10).maxMessagesPerRead(4);

    /** How long one name server has for one answer; there are others, and a second round. */
    private static final long NAME_SERVER_TIMEOUT_MILLIS = 2000;

    static {
        // Netty's io_uring channel (4.2.18) reads on readiness. A readiness that is asked for once and for all tells it
        // of a peer's reset once, and when a read is under way at that moment, what it reads is taken for all there is:
        // the end of the connection is never noticed. Asked for anew after each read, it is told again.
        System.setProperty("io.netty.iouring.pollAddMultishotEnabled", "false");
    }

    private final Transport transport;
    private final IoHandlerFactory ioHandlers;
    private final Class<? extends ServerChannel> serverChannel;
    private final Class<? extends SocketChannel> clientChannel;
    private final Class<? extends DatagramChannel> datagramChannel;

    private NettyTransport(
            Transport transport,
            IoHandlerFactory ioHandlers,
            Class<? extends ServerChannel> serverChannel,
            Class<? extends SocketChannel> clientChannel,
            Class<? extends DatagramChannel> datagramChannel) {
        this.transport = transport;
        this.ioHandlers = ioHandlers;
        this.serverChannel = serverChannel;
        this.clientChannel = clientChannel;
        this.datagramChannel = datagramChannel;
    }

    /**
     * The transport that was asked for.
     *
     * @throws IllegalStateException if this system does not offer it; the message says why
     */
    public static NettyTransport choose(Transport wanted) {
        return switch (wanted) {
            case AUTO -> fastest();
            case IO_URING -> ioUring();
            case EPOLL -> epoll();
            case NIO -> nio();
        };
    }

    /** In the order in which they measure; containers often forbid io_uring, which shows here and not later. */
    private static NettyTransport fastest() {
        if (IoUring.isAvailable()) {
            return ioUring();
        }
        return Epoll.isAvailable() ? epoll() : nio();
    }

    private static NettyTransport ioUring() {
        require(IoUring.isAvailable(), Transport.IO_URING, IoUring.unavailabilityCause());
        return new NettyTransport(
                Transport.IO_URING,
                IoUringIoHandler.newFactory(),
                IoUringServerSocketChannel.class,
                IoUringSocketChannel.class,
                IoUringDatagramChannel.class);
    }

    private static NettyTransport epoll() {
        require(Epoll.isAvailable(), Transport.EPOLL, Epoll.unavailabilityCause());
        return new NettyTransport(
                Transport.EPOLL,
                EpollIoHandler.newFactory(),
                EpollServerSocketChannel.class,
                EpollSocketChannel.class,
                EpollDatagramChannel.class);
    }

    private static NettyTransport nio() {
        return new NettyTransport(
                Transport.NIO,
                NioIoHandler.newFactory(),
                NioServerSocketChannel.class,
                NioSocketChannel.class,
                NioDatagramChannel.class);
    }

    private static void require(boolean available, Transport wanted, @Nullable Throwable cause) {
        if (!available) {
            String reason = cause == null ? "unknown reason" : String.valueOf(cause.getMessage());
            throw new IllegalStateException(
                    "transport \"%s\" does not work on this system (%s); \"%s\" takes the best that does"
                            .formatted(wanted.spelling(), reason, Transport.AUTO.spelling()),
                    cause);
        }
    }

    /** As in configurations; never {@code auto}. */
    public String name() {
        return transport.spelling();
    }

    /** New event loops, one thread each, which keep the process alive until the caller shuts them down. */
    public EventLoopGroup newGroup(int threads, String threadNamePrefix) {
        return new MultiThreadIoEventLoopGroup(threads, new DefaultThreadFactory(threadNamePrefix, false), ioHandlers);
    }

    /** For listening; lacks groups and handlers. {@code keepAlive} is about the accepted connections. */
    public ServerBootstrap serverBootstrap(boolean keepAlive) {
        return new ServerBootstrap()
                .channel(serverChannel)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.SO_BACKLOG, ACCEPT_BACKLOG)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, keepAlive)
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, READ_BUFFERS);
    }

    /** For connecting to addresses, not names: those are looked up before; lacks a group and a handler. */
    public Bootstrap clientBootstrap(boolean keepAlive) {
        return new Bootstrap()
                .channel(clientChannel)
                .disableResolver()
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, keepAlive)
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .option(ChannelOption.RECVBUF_ALLOCATOR, READ_BUFFERS);
    }

    /**
     * A resolver on {@code loop} that remembers nothing and has a socket only while it asks.
     *
     * @param opened is told of each such socket, which the resolver closes itself
     */
    public NameResolver<InetAddress> nameResolver(
            EventLoop loop, DnsServerAddressStreamProvider nameServers, Consumer<Channel> opened) {
        var sockets = new ReflectiveChannelFactory<>(datagramChannel);
        return new DnsNameResolverBuilder(loop)
                .datagramChannelFactory(() -> {
                    DatagramChannel socket = sockets.newChannel();
                    opened.accept(socket);
                    return socket;
                })
                .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
                .socketChannelType(clientChannel)
                .nameServerProvider(nameServers)
                .hostsFileEntriesResolver((name, types) -> null)
                .resolveCache(NoopDnsCache.INSTANCE)
                .cnameCache(NoopDnsCnameCache.INSTANCE)
                .authoritativeDnsServerCache(NoopAuthoritativeDnsServerCache.INSTANCE)
                .completeOncePreferredResolved(false)
                .queryTimeoutMillis(NAME_SERVER_TIMEOUT_MILLIS)
                .build();
    }
}
