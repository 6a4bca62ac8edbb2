package dev.spillway.server.lane;

import dev.spillway.core.auth.RandomBytes;
import dev.spillway.core.auth.ServerAuth;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import dev.spillway.core.session.ServerLogin;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.SessionPorts;
import dev.spillway.core.session.Wire;
import dev.spillway.server.pipeline.ConnectionHandler;
import dev.spillway.server.transport.NettyTransport;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.group.ChannelGroup;
import io.netty.util.ReferenceCountUtil;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Makes the connections that begin at a lane: servers for its pools, and cancel requests.
 *
 * <p>Built with its lane and confined to that lane's event loop. However an opening ends, its pool is told once.
 */
final class ServerConnector {
    private final EventLoop loop;
    private final NettyTransport transport;
    private final ProxyConfig config;
    private final Credentials credentials;
    private final SessionPorts ports;
    private final ChannelGroup channels;
    private final RandomBytes random = RandomBytes.secure();
    private final Map<ServerLogin, Opening> openings = new LinkedHashMap<>();

    /** A connection that stands and is logging in. */
    private record Opening(String pool, long sinceNanos) {}

    /**
     * @param ports those of the lane, for the sessions of its servers
     * @param channels gets every connection that is made
     */
    ServerConnector(
            EventLoop loop,
            NettyTransport transport,
            ProxyConfig config,
            Credentials credentials,
            SessionPorts ports,
            ChannelGroup channels) {
        this.loop = loop;
        this.transport = transport;
        this.config = config;
        this.credentials = credentials;
        this.ports = ports;
        this.channels = channels;
    }

    /** Opens a server of {@code pool} and tells the pool how that ended. */
    void open(ServerPool pool, DatabaseConfig database, String user) {
        Map<String, String> startup = new LinkedHashMap<>();
        startup.put("user", user);
        startup.put("database", Objects.requireNonNullElse(database.dbname(), database.name()));
        var attempt = bootstrap()
                .handler(new ConnectionHandler(wire -> login(wire, pool, database, user, startup)))
                .connect(database.host(), database.port());
        channels.add(attempt.channel());
        attempt.addListener(connecting -> {
            if (!connecting.isSuccess()) {
                String name = pool.pool().name();
                String why = String.valueOf(connecting.cause().getMessage());
                ports.log("server login failed", name, why);
                pool.pool().onOpenFailed(ProxyError.SERVER_UNREACHABLE.fields(name, why), false, ports.nowNanos());
            }
        });
    }

    private Bootstrap bootstrap() {
        return transport
                .clientBootstrap(config.tcpKeepalive())
                .group(loop)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, connectTimeoutMillis());
    }

    private int connectTimeoutMillis() {
        return (int) Math.min(Integer.MAX_VALUE, config.serverConnectTimeout().toMillis());
    }

    private ServerLogin login(
            Wire wire, ServerPool pool, DatabaseConfig database, String user, Map<String, String> startup) {
        ServerAuth auth = ServerAuth.of(user, credentials.forServer(database, user), random);
        ServerLogin login = new ServerLogin(wire, ports, pool, auth, startup);
        openings.put(login, new Opening(pool.pool().name(), ports.nowNanos()));
        return login;
    }

    /** Ends the openings that are older than server_connect_timeout. */
    void endSlowOpenings(long nowNanos) {
        openings.keySet().removeIf(ServerLogin::isOver);
        Duration limit = config.serverConnectTimeout();
        openings.forEach((login, opening) -> {
            if (limit.isPositive() && nowNanos - opening.sinceNanos() > limit.toNanos()) {
                login.fail(
                        ProxyError.SERVER_UNREACHABLE.fields(opening.pool(), "server_connect_timeout is over"), false);
            }
        });
    }

    /** Sends a cancel request to {@code server}; see {@link SessionPorts#sendCancel}. */
    void sendCancel(SocketAddress server, CancelKey key, SessionPorts.CancelEnd ended) {
        var attempt = bootstrap().handler(new Deaf()).connect(server);
        channels.add(attempt.channel());
        attempt.addListener(connecting -> {
            if (!connecting.isSuccess()) {
                ended.ended(true); // nothing was sent, so nothing can come
                return;
            }
            Channel channel = attempt.channel();
            ByteBuf message = channel.alloc().buffer(32);
            FrontendMessages.cancelRequest(message, key);
            channel.writeAndFlush(message).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
            var deadline = loop.schedule(
                    () -> {
                        var _ = channel.close();
                    },
                    config.cancelWaitTimeout().toMillis(),
                    TimeUnit.MILLISECONDS);
            channel.closeFuture().addListener(closed -> ended.ended(deadline.cancel(false)));
        });
    }

    /** A server says nothing to a cancel request. */
    private static final class Deaf extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ReferenceCountUtil.release(message);
        }
    }
}
