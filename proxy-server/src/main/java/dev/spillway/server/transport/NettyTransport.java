package dev.spillway.server.transport;

import dev.spillway.core.config.ProxyConfig;
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
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
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
import io.netty.util.concurrent.ThreadPerTaskExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The system's interface for sockets, as Netty needs it: event loops, channel classes, and bootstraps with the options
 * that all connections share.
 *
 * <p>Chosen once while starting, on the caller's thread; immutable. Owns nothing: whoever asks for a group shuts it
 * down.
 */
public final class NettyTransport {
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
    private final Kinds kinds;

    /** The channel classes and options of one transport; those of another do not run on its event loops. */
    private record Kinds(
            Class<? extends ServerChannel> tcpServer,
            Class<? extends SocketChannel> tcp,
            Class<? extends DatagramChannel> datagram,
            Class<? extends ServerChannel> unixServer,
            Class<? extends Channel> unix,
            TcpOptions tcpOptions) {}

    private NettyTransport(Transport transport, IoHandlerFactory ioHandlers, Kinds kinds) {
        this.transport = transport;
        this.ioHandlers = ioHandlers;
        this.kinds = kinds;
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
                new Kinds(
                        IoUringServerSocketChannel.class,
                        IoUringSocketChannel.class,
                        IoUringDatagramChannel.class,
                        IoUringServerDomainSocketChannel.class,
                        IoUringDomainSocketChannel.class,
                        TcpOptions.IO_URING));
    }

    private static NettyTransport epoll() {
        require(Epoll.isAvailable(), Transport.EPOLL, Epoll.unavailabilityCause());
        return new NettyTransport(
                Transport.EPOLL,
                EpollIoHandler.newFactory(),
                new Kinds(
                        EpollServerSocketChannel.class,
                        EpollSocketChannel.class,
                        EpollDatagramChannel.class,
                        EpollServerDomainSocketChannel.class,
                        EpollDomainSocketChannel.class,
                        TcpOptions.EPOLL));
    }

    private static NettyTransport nio() {
        return new NettyTransport(
                Transport.NIO,
                NioIoHandler.newFactory(),
                new Kinds(
                        NioServerSocketChannel.class,
                        NioSocketChannel.class,
                        NioDatagramChannel.class,
                        NioServerDomainSocketChannel.class,
                        NioDomainSocketChannel.class,
                        TcpOptions.NIO));
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

    /**
     * New event loops, one thread each, which keep the process alive until the caller shuts them down.
     *
     * @param next says on which of them, counted from 0, the next connection is to be
     */
    public EventLoopGroup newGroup(int threads, String threadNamePrefix, IntSupplier next) {
        return new MultiThreadIoEventLoopGroup(
                threads,
                new ThreadPerTaskExecutor(new DefaultThreadFactory(threadNamePrefix, false)),
                loops -> () -> loops[next.getAsInt()],
                ioHandlers);
    }

    /**
     * The address of the Unix socket of {@code port} in {@code directory}, where libpq looks for it; {@code @} stands for
     * Linux's abstract namespace.
     *
     * @throws IllegalArgumentException if this transport cannot reach it; the message says why
     */
    public SocketAddress unixAddress(String directory, int port) {
        boolean isAbstract = directory.startsWith("@");
        String path = directory + "/.s.PGSQL." + port;
        if (transport != Transport.NIO) {
            return new DomainSocketAddress(isAbstract ? '\0' + path.substring(1) : path);
        }
        if (isAbstract) {
            throw new IllegalArgumentException("abstract Unix sockets need another transport than nio");
        }
        return UnixDomainSocketAddress.of(path);
    }

    /** For listening on {@code address}; lacks groups and handlers. */
    public ServerBootstrap serverBootstrap(SocketAddress address, ProxyConfig config) {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .option(ChannelOption.SO_BACKLOG, config.listenBacklog())
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, READ_BUFFERS);
        if (address instanceof InetSocketAddress) {
            kinds.tcpOptions.applyTo(bootstrap, config);
            return bootstrap.channel(kinds.tcpServer);
        }
        return bootstrap.channel(kinds.unixServer);
    }

    /** For connecting to {@code address}, which must need no look-up; lacks a group and a handler. */
    public Bootstrap clientBootstrap(SocketAddress address, ProxyConfig config) {
        Bootstrap bootstrap = new Bootstrap()
                .remoteAddress(address)
                .disableResolver()
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .option(ChannelOption.RECVBUF_ALLOCATOR, READ_BUFFERS);
        if (address instanceof InetSocketAddress) {
            kinds.tcpOptions.applyTo(bootstrap, config);
            return bootstrap.channel(kinds.tcp);
        }
        return bootstrap.channel(kinds.unix);
    }

    /** Names of settings that somebody set and this transport cannot do. */
    public List<String> withoutEffect(ProxyConfig config) {
        return kinds.tcpOptions.withoutEffect(config);
    }

    /** Of this transport, to read them from its channels. */
    TcpOptions tcpOptions() {
        return kinds.tcpOptions;
    }

    /**
     * A resolver on {@code loop} that remembers nothing and has a socket only while it asks.
     *
     * @param opened is told of each such socket, which the resolver closes itself
     */
    public NameResolver<InetAddress> nameResolver(
            EventLoop loop, DnsServerAddressStreamProvider nameServers, Consumer<Channel> opened) {
        var sockets = new ReflectiveChannelFactory<>(kinds.datagram);
        return new DnsNameResolverBuilder(loop)
                .datagramChannelFactory(() -> {
                    DatagramChannel socket = sockets.newChannel();
                    opened.accept(socket);
                    return socket;
                })
                .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
                .socketChannelType(kinds.tcp)
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
