package dev.spillway.server.lane;

import dev.spillway.core.auth.RandomBytes;
import dev.spillway.core.auth.ServerAuth;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.OwnLogin;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.startup.CommandLineOptions;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.ServerLogin;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.SessionPorts;
import dev.spillway.core.session.Wire;
import dev.spillway.core.stats.LaneView;
import dev.spillway.server.pipeline.ConnectionHandler;
import dev.spillway.server.transport.NettyTransport;
import dev.spillway.server.transport.TlsContexts;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.group.ChannelGroup;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes the connections that begin at a lane: servers for its pools, and cancel requests.
 *
 * <p>Built with its lane and confined to that lane's event loop. However an opening ends, its pool is told once.
 */
final class ServerConnector {
    private final EventLoop loop;
    private final NettyTransport transport;
    private ProxyConfig config;
    private Credentials credentials;
    private TlsContexts tls;
    private final SessionPorts ports;
    private final ChannelGroup channels;
    private final RandomBytes random = RandomBytes.secure();
    private final HostLookup lookup;
    private final TryOrder order;
    private final Set<Opening> openings = new LinkedHashSet<>();
    private long cancels;

    /**
     * @param names where the addresses of hosts come from
     * @param number the lane's
     * @param ports those of the lane, for the sessions of its servers
     * @param channels gets every connection that is made
     */
    ServerConnector(
            EventLoop loop,
            NettyTransport transport,
            ProxyConfig config,
            Credentials credentials,
            TlsContexts tls,
            NameSources names,
            int number,
            SessionPorts ports,
            ChannelGroup channels) {
        this.loop = loop;
        this.transport = transport;
        this.config = config;
        this.credentials = credentials;
        this.tls = tls;
        this.ports = ports;
        this.channels = channels;
        this.lookup = new HostLookup(loop, transport, config, names, channels::add);
        this.order = new TryOrder(number);
    }

    /** For what begins from now on. */
    void apply(ProxyConfig next, Credentials nextCredentials, TlsContexts nextTls) {
        config = next;
        credentials = nextCredentials;
        tls = nextTls;
        lookup.apply(next);
    }

    /** Opens a server of {@code pool} and tells the pool how that ended, never before this returns. */
    void open(ServerPool pool, DatabaseConfig database, String user) {
        Opening opening = new Opening(this, pool, database, user, nowNanos());
        openings.add(opening);
        loop.execute(opening::tryNextHost);
    }

    /** Ends the openings that are older than server_connect_timeout. */
    void endSlowOpenings(long nowNanos) {
        openings.removeIf(Opening::isOver);
        List.copyOf(openings).forEach(opening -> opening.tick(nowNanos));
    }

    /** What is being opened now. */
    List<LaneView.OpeningEntry> openings() {
        return openings.stream()
                .filter(opening -> !opening.isOver())
                .map(Opening::entry)
                .toList();
    }

    /** Ends the openings for {@code pool}, which is paused or retired. */
    void abandonOpenings(ServerPool pool) {
        List.copyOf(openings).stream().filter(opening -> opening.isFor(pool)).forEach(Opening::abandon);
    }

    // ---- for openings ----------------------------------------------------------------------------------------------

    HostLookup lookup() {
        return lookup;
    }

    /** See {@link NettyTransport#unixAddress}. */
    SocketAddress unixAddress(String directory, int port) {
        return transport.unixAddress(directory, port);
    }

    long nowNanos() {
        return ports.nowNanos();
    }

    /** For all of an opening; 0: none. */
    Duration connectTimeout() {
        return config.serverConnectTimeout();
    }

    /** In which order {@code places}, which stand in for each other, are tried. {@code group} names them together. */
    <T> List<T> order(DatabaseConfig database, String group, List<T> places) {
        return switch (database.loadBalanceHosts()) {
            case ROUND_ROBIN ->
                order.inTurn(
                        group, places, nowNanos() - config.serverLoginRetry().toNanos());
            case DISABLE -> order.sameFirst(places, nowNanos());
        };
    }

    void onFailure(Object place) {
        order.onFailure(place, nowNanos());
    }

    /** One of the places where a server of that pool may be is left for another. */
    void onNotReached(String pool, String where, String why) {
        ports.log().serverNotReached(pool, where, false, why);
    }

    /** {@code limitMillis} 0: none of ours. */
    ChannelFuture connect(SocketAddress address, long limitMillis, ChannelHandler handler) {
        ChannelFuture connecting = transport
                .clientBootstrap(address, config)
                .group(loop)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(Integer.MAX_VALUE, limitMillis))
                .handler(handler)
                .connect();
        channels.add(connecting.channel());
        return connecting;
    }

    ServerLogin logIn(Wire wire, ServerPool pool, DatabaseConfig database, String user) {
        Map<String, String> startup = new LinkedHashMap<>();
        startup.put("user", user);
        startup.put("database", Objects.requireNonNullElse(database.dbname(), database.name()));
        String connectQuery = database.connectQuery();
        OwnLogin own = pool.pool().share().key().own();
        if (own != null) {
            connectQuery = ""; // not every walsender can run one
            startup.put("replication", own.replication().value());
            startup.put("options", CommandLineOptions.write(own.settings()));
        }
        ServerAuth auth = ServerAuth.of(user, credentials.forServer(database, user), random);
        return new ServerLogin(wire, ports, pool, auth, startup, connectQuery);
    }

    /** No connection stands, for the reason given; {@code where} was tried last, or empty: no address is known. */
    void onOpenFailed(ServerPool pool, String where, String why) {
        String name = pool.pool().name();
        ports.log().serverNotReached(name, where, true, why);
        pool.pool().onOpenFailed(ProxyError.SERVER_UNREACHABLE.fields(name, why), false, nowNanos());
    }

    /** What a new connection to a server begins with; {@code target} null: it stays as it is. */
    Phase begin(ServerTls.@Nullable Target target, Wire wire, ServerTls.Next next) {
        return target == null ? next.begin(wire) : ServerTls.begin(tls, target, wire, next);
    }

    // ---- cancels ---------------------------------------------------------------------------------------------------

    /** How many have been sent. */
    long cancels() {
        return cancels;
    }

    /** Sends a cancel request to {@code server}, as protected as that is; see {@link SessionPorts#sendCancel}. */
    void sendCancel(ConnectionHandler server, CancelKey key, SessionPorts.CancelEnd ended) {
        cancels++;
        CancelConnection cancel = new CancelConnection(key);
        ServerTls.Target target = ServerTls.targetOf(server);
        SslContext context = ServerTls.contextOf(server);
        var attempt = connect(
                server.remoteAddress(),
                config.serverConnectTimeout().toMillis(),
                new ConnectionHandler(wire ->
                        target == null ? cancel.begin(wire) : ServerTls.begin(tls, context, target, wire, cancel)));
        if (context != null) { // it may go out of use meanwhile
            ReferenceCountUtil.retain(context);
            attempt.channel().closeFuture().addListener(closed -> ReferenceCountUtil.release(context));
        }
        attempt.addListener(connecting -> {
            if (!connecting.isSuccess()) {
                ended.ended(true); // nothing was sent, so nothing can come
                return;
            }
            Channel channel = attempt.channel();
            long limitMillis = config.cancelWaitTimeout().toMillis();
            if (limitMillis == 0) {
                channel.closeFuture().addListener(closed -> ended.ended(true));
                return;
            }
            var deadline = loop.schedule(
                    () -> {
                        var _ = channel.close();
                    },
                    limitMillis,
                    TimeUnit.MILLISECONDS);
            channel.closeFuture().addListener(closed -> ended.ended(deadline.cancel(false)));
        });
    }
}
