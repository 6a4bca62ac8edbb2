package dev.spillway.server.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Transport;
import dev.spillway.server.transport.NettyTransport;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A connection that ends while it changes event loops. */
@SuppressWarnings("FutureReturnValueIgnored")
class ConnectionMoveTest {
    @ParameterizedTest
    @EnumSource(names = {"AUTO", "NIO"})
    void oneThatItsPeerHasResetIsKnownToHaveEndedWhenItArrives(Transport wanted) throws Exception {
        NettyTransport transport = NettyTransport.choose(wanted);
        EventLoopGroup loops = transport.newGroup(2, "test-loop", new AtomicInteger()::getAndIncrement);
        List<String> events = new CopyOnWriteArrayList<>();
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            ConnectionHandler handler = new ConnectionHandler(wire -> new RecordingPhase(events));
            EventLoop from = loops.next();
            EventLoop to = loops.next();
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.getLocalPort());
            transport
                    .clientBootstrap(address, ProxyConfig.defaults())
                    .group(from)
                    .handler(handler)
                    .connect()
                    .sync();
            from.submit(() -> handler.setReading(false)).sync();
            Socket peer = listener.accept();
            peer.setSoLinger(true, 0);
            peer.close();

            from.execute(() -> {
                handler.write(Unpooled.wrappedBuffer(new byte[100]));
                handler.move(to, () -> events.add("arrived"));
            });

            await().untilAsserted(() -> assertThat(events).contains("arrived"));
            assertThat(events).containsExactly("closed", "arrived");
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
        }
    }
}
