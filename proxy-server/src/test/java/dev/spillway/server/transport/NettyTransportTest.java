package dev.spillway.server.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.spillway.core.config.Transport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@SuppressWarnings("FutureReturnValueIgnored")
class NettyTransportTest {
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
        EventLoopGroup group = transport.newGroup(1, "test-loop");
        try {
            InetSocketAddress anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            Channel server = transport
                    .serverBootstrap(anywhere, true)
                    .group(group)
                    .childHandler(new ChannelInboundHandlerAdapter())
                    .bind(anywhere)
                    .sync()
                    .channel();
            Channel client = transport
                    .clientBootstrap(server.localAddress(), true)
                    .group(group)
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect()
                    .sync()
                    .channel();
            assertThat(client.isActive()).isTrue();
            assertThat(group.submit(() -> Thread.currentThread().getName())
                            .sync()
                            .getNow())
                    .startsWith("test-loop");
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }

    private static boolean isOffered(Transport wanted) {
        return switch (wanted) {
            case AUTO, NIO -> true;
            case EPOLL -> Epoll.isAvailable();
            case IO_URING -> IoUring.isAvailable();
        };
    }
}
