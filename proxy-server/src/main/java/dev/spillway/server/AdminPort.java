package dev.spillway.server;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.server.http.HttpEntrance;
import dev.spillway.server.http.Pages;
import dev.spillway.server.lane.Lanes;
import dev.spillway.server.pipeline.CallerDoor;
import dev.spillway.server.transport.NettyTransport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where operators connect: one port for the console and for HTTP, on the event loop of one lane.
 *
 * <p>Opened and closed on a thread that may block; its connections are confined to that loop. There may be {@link #MOST} of
 * them. Those above are told so, as long as there are not many more, and health is answered to them, too; the rest are closed.
 */
final class AdminPort {
    static final int MOST = 100;
    private static final int ROOM_ABOVE = 1000;
    /** For the first byte of a connection. */
    private static final long SILENCE_LIMIT_SECONDS = 10;

    private static final long CROWDED_LIMIT_SECONDS = 2;
    private static final Logger LOG = LoggerFactory.getLogger(AdminPort.class);

    private final NettyTransport transport;
    private final ProxyConfig config;
    private final EventLoop loop;
    private final Lanes lanes;
    private final Supplier<Pages> makePages;
    private final List<Channel> listeners = new ArrayList<>();
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private int connected;
    private @Nullable Pages pages;
    /** Those who came before the pages were ready. */
    private final List<Waiter> waiting = new ArrayList<>();

    private record Waiter(Consumer<Pages> served, Runnable failed) {}

    /** {@code loop} is that of one of the lanes; {@code pages} are made when they are first asked for. */
    AdminPort(NettyTransport transport, ProxyConfig config, EventLoop loop, Lanes lanes, Supplier<Pages> pages) {
        this.transport = transport;
        this.config = config.with(Settings.SO_REUSEPORT, false) // an answer has to be of this process
                .with(Settings.TCP_DEFER_ACCEPT, false);
        this.loop = loop;
        this.lanes = lanes;
        this.makePages = pages;
    }

    /**
     * Opens it, if there is to be one.
     *
     * @throws IOException if somebody has chosen a place where it cannot be opened; the message is for the user
     */
    void open() throws IOException {
        if (config.adminListenPort() == 0) {
            return;
        }
        for (String address : config.adminListenAddr()) {
            InetSocketAddress place = address.equals("*")
                    ? new InetSocketAddress(config.adminListenPort())
                    : new InetSocketAddress(address, config.adminListenPort());
            var binding = transport
                    .serverBootstrap(place, config)
                    .group(loop)
                    .childHandler(new Acceptor())
                    .bind(place)
                    .awaitUninterruptibly();
            if (binding.isSuccess()) {
                listeners.add(binding.channel());
            } else {
                String problem = "cannot open the admin port, " + address + " port " + config.adminListenPort() + ": "
                        + binding.cause().getMessage();
                refuse(problem, binding.cause());
            }
        }
    }

    /** Of several proxies on one machine the first has the usual port; clients are worth more than it. */
    private void refuse(String problem, Throwable cause) throws IOException {
        boolean isUsual = config.adminListenAddr().equals(ProxyConfig.defaults().adminListenAddr())
                && config.adminListenPort() == ProxyConfig.defaults().adminListenPort();
        if (!isUsual) {
            throw new IOException(problem, cause);
        }
        LOG.warn(
                "{}; there is none ({} chooses another, 0 means none)",
                problem,
                AdminSettings.ADMIN_LISTEN_PORT.name());
    }

    /** For the log; null if it is not open. */
    @Nullable
    String place() {
        return listeners.isEmpty() ? null : config.adminListenAddr() + " port " + config.adminListenPort();
    }

    private final class Acceptor extends ChannelInitializer<Channel> {
        @Override
        public boolean isSharable() {
            return true;
        }

        @Override
        protected void initChannel(Channel channel) {
            accept(channel);
        }
    }

    private void accept(Channel channel) {
        connected++;
        channels.add(channel);
        channel.closeFuture().addListener(closed -> connected--);
        if (connected > MOST + ROOM_ABOVE) {
            channel.config().setAutoRead(false); // see ConnectionHandler.closeNow
            var _ = channel.close();
            return;
        }
        boolean isCrowded = connected > MOST;
        Runnable hangUp = () -> {
            var _ = channel.close();
        };
        var silence =
                loop.schedule(hangUp, isCrowded ? CROWDED_LIMIT_SECONDS : SILENCE_LIMIT_SECONDS, TimeUnit.SECONDS);
        channel.pipeline().addLast("caller-door", new CallerDoor(new Caller(channel, isCrowded, silence)));
    }

    /** Makes of a connection what its client wants it to be. */
    private final class Caller implements CallerDoor.Host {
        private final Channel channel;
        private final boolean isCrowded;
        private final Future<?> silence;

        Caller(Channel channel, boolean isCrowded, Future<?> silence) {
            this.channel = channel;
            this.isCrowded = isCrowded;
            this.silence = silence;
        }

        @Override
        public void onPostgres() {
            silence.cancel(false);
            lanes.of(loop).operators().accept(channel, isCrowded ? MOST : 0);
        }

        @Override
        public void onTls(boolean isPostgres) {
            SslHandler tls = isPostgres ? null : lanes.of(loop).operators().tls(channel.alloc());
            if (tls == null) {
                onPostgres(); // which tells those who may not
            } else {
                CallerDoor.openWithin(channel.pipeline(), tls, this);
            }
        }

        @Override
        public void onHttp(Runnable enter) {
            whenReady(
                    ready -> {
                        silence.cancel(false);
                        HttpEntrance.open(channel.pipeline(), ready, isCrowded);
                        enter.run();
                    },
                    () -> {
                        silence.cancel(false);
                        HttpEntrance.fail(channel);
                    });
        }

        @Override
        public void onStranger() {
            silence.cancel(false);
            HttpEntrance.refuse(channel);
        }
    }

    /**
     * Runs {@code next} on the event loop; later for the first, so that the lane does not wait until all is loaded. Or {@code
     * failed}, if they could not be made: whoever comes then has it tried again.
     */
    private void whenReady(Consumer<Pages> next, Runnable failed) {
        Pages made = pages;
        if (made != null) {
            next.accept(made);
            return;
        }
        waiting.add(new Waiter(next, failed));
        if (waiting.size() == 1) {
            Thread.ofPlatform().name("pages-loading").daemon().start(this::prepare);
        }
    }

    private void prepare() {
        try {
            Pages made = makePages.get();
            HttpEntrance.prepare(made);
            loop.execute(() -> {
                pages = made;
                takeWaiting().forEach(waiter -> waiter.served.accept(made));
            });
        } catch (RuntimeException | Error e) {
            LOG.error("the pages of the admin port could not be made; the next request has it tried again", e);
            loop.execute(() -> takeWaiting().forEach(waiter -> waiter.failed.run()));
        }
    }

    private List<Waiter> takeWaiting() {
        List<Waiter> all = List.copyOf(waiting);
        waiting.clear();
        return all;
    }

    /** Of the sockets that are open. */
    Stream<SocketAddress> addresses() {
        return listeners.stream().map(Channel::localAddress);
    }

    /** Lets no new connection in. Repeating it does nothing. */
    void close() {
        listeners.forEach(listener -> listener.close().awaitUninterruptibly());
    }

    /** Closes its connections; what is returned is done when none is left. */
    Future<?> closeAll() {
        return channels.close();
    }
}
