package dev.spillway.server.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Transport;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@SuppressWarnings("FutureReturnValueIgnored")
class NettyTransportTest {
    private static final ProxyConfig CONFIG = ProxyConfig.defaults()
            .with(Settings.TCP_KEEPCNT, 3)
            .with(Settings.TCP_KEEPIDLE, 61)
            .with(Settings.TCP_KEEPINTVL, 7)
            .with(Settings.TCP_USER_TIMEOUT, 12_345)
            .with(Settings.TCP_SOCKET_BUFFER, 50_000)
            .with(Settings.LISTEN_BACKLOG, 17)
            .with(Settings.SO_REUSEPORT, true);

    @ParameterizedTest
    @EnumSource(Transport.class)
    void connectsOrSaysWhyItCannot(Transport wanted) throws InterruptedException {
        if (!isOffered(wanted)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> NettyTransport.choose(wanted))
                    .withMessageStartingWith("transport \"" + wanted.spelling() + "\" does not work on this system (");
            return;
        }
        NettyTransport transport = NettyTransport.choose(wanted);
        assertThat(transport.name()).isNotEqualTo("auto");
        EventLoopGroup group = transport.newGroup(1, "test-loop", () -> 0);
        BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();
        try {
            InetSocketAddress anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            Channel server = transport
                    .serverBootstrap(anywhere, CONFIG)
                    .group(group)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            accepted.add(channel);
                        }
                    })
                    .bind(anywhere)
                    .sync()
                    .channel();
            Channel client = transport
                    .clientBootstrap(server.localAddress(), CONFIG)
                    .group(group)
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect()
                    .sync()
                    .channel();
            assertThat(client.isActive()).isTrue();
            client.writeAndFlush(Unpooled.wrappedBuffer(new byte[1])); // or it would not be accepted
            assertOptions(transport, server, client, Objects.requireNonNull(accepted.poll(10, TimeUnit.SECONDS)));
            assertThat(group.submit(() -> Thread.currentThread().getName())
                            .sync()
                            .getNow())
                    .startsWith("test-loop");
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    /** What the system says of the sockets, on both sides of a connection. */
    private static void assertOptions(NettyTransport transport, Channel server, Channel... ends) {
        TcpOptions options = transport.tcpOptions();
        for (Channel end : ends) {
            ChannelConfig config = end.config();
            assertThat(config.getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            assertThat(config.getOption(options.keepCount())).isEqualTo(3);
            assertThat(config.getOption(options.keepIdle())).isEqualTo(61);
            assertThat(config.getOption(options.keepInterval())).isEqualTo(7);
            assertThat(config.getOption(ChannelOption.SO_RCVBUF)).isBetween(50_000, 100_000);
            assertThat(config.getOption(ChannelOption.SO_SNDBUF)).isBetween(50_000, 100_000);
            if (options.userTimeout() != null) {
                assertThat(config.getOption(options.userTimeout())).isEqualTo(12_345);
            }
        }
        assertThat(server.config().getOption(ChannelOption.SO_BACKLOG)).isEqualTo(17);
        assertThat(server.config().getOption(options.reusePort())).isTrue();
        if (options.deferAccept() != null) {
            assertThat(server.config().getOption(options.deferAccept())).isPositive();
        }
        assertThat(transport.withoutEffect(CONFIG).isEmpty()).isEqualTo(options.userTimeout() != null);
    }

    private static boolean isOffered(Transport wanted) {
        return switch (wanted) {
            case AUTO, NIO -> true;
            case EPOLL -> Epoll.isAvailable();
            case IO_URING -> IoUring.isAvailable();
        };
    }
}
