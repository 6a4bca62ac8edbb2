package dev.spillway.server.transport;

import dev.spillway.core.config.ProxyConfig;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.channel.uring.IoUringChannelOption;
import java.net.StandardSocketOptions;
import java.util.ArrayList;
import java.util.List;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * The options of TCP sockets that have a setting, under the names one transport knows them by.
 *
 * @param userTimeout null where the transport has none, like {@code deferAccept}
 */
record TcpOptions(
        ChannelOption<Integer> keepCount,
        ChannelOption<Integer> keepIdle,
        ChannelOption<Integer> keepInterval,
        @Nullable ChannelOption<Integer> userTimeout,
        @Nullable ChannelOption<Integer> deferAccept,
        ChannelOption<Boolean> reusePort) {
    /** PgBouncer's. */
    private static final int DEFER_ACCEPT_SECONDS = 45;

    static final TcpOptions EPOLL = new TcpOptions(
            EpollChannelOption.TCP_KEEPCNT,
            EpollChannelOption.TCP_KEEPIDLE,
            EpollChannelOption.TCP_KEEPINTVL,
            EpollChannelOption.TCP_USER_TIMEOUT,
            EpollChannelOption.TCP_DEFER_ACCEPT,
            UnixChannelOption.SO_REUSEPORT);

    static final TcpOptions IO_URING = new TcpOptions(
            IoUringChannelOption.TCP_KEEPCNT,
            IoUringChannelOption.TCP_KEEPIDLE,
            IoUringChannelOption.TCP_KEEPINTVL,
            IoUringChannelOption.TCP_USER_TIMEOUT,
            IoUringChannelOption.TCP_DEFER_ACCEPT,
            UnixChannelOption.SO_REUSEPORT);

    static final TcpOptions NIO = new TcpOptions(
            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT),
            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE),
            NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL),
            null,
            null,
            NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT));

    /** Where an option of a connection goes. */
    private interface Taker {
        <T> void take(ChannelOption<T> option, T value);
    }

    void applyTo(Bootstrap bootstrap, ProxyConfig config) {
        each(config, bootstrap::option);
    }

    /** For the listening socket and for the connections it accepts. */
    void applyTo(ServerBootstrap bootstrap, ProxyConfig config) {
        each(config, bootstrap::childOption);
        bootstrap.option(ChannelOption.SO_REUSEADDR, true);
        if (config.soReuseport()) {
            bootstrap.option(reusePort, true);
        }
        if (deferAccept != null && config.tcpDeferAccept()) {
            bootstrap.option(deferAccept, DEFER_ACCEPT_SECONDS);
        }
    }

    private void each(ProxyConfig config, Taker taker) {
        taker.take(ChannelOption.TCP_NODELAY, true);
        taker.take(ChannelOption.SO_KEEPALIVE, config.tcpKeepalive());
        takeIfSet(taker, keepCount, config.tcpKeepcnt());
        takeIfSet(taker, keepIdle, config.tcpKeepidle());
        takeIfSet(taker, keepInterval, config.tcpKeepintvl());
        takeIfSet(taker, userTimeout, config.tcpUserTimeout());
        takeIfSet(taker, ChannelOption.SO_SNDBUF, config.tcpSocketBuffer());
        takeIfSet(taker, ChannelOption.SO_RCVBUF, config.tcpSocketBuffer());
    }

    private static void takeIfSet(Taker taker, @Nullable ChannelOption<Integer> option, int value) {
        if (option != null && value > 0) {
            taker.take(option, value);
        }
    }

    /** Names of settings that somebody set and this transport cannot do. That tcp_defer_accept is on is no such wish. */
    List<String> withoutEffect(ProxyConfig config) {
        List<String> names = new ArrayList<>();
        if (userTimeout == null && config.tcpUserTimeout() > 0) {
            names.add("tcp_user_timeout");
        }
        return names;
    }
}
