package dev.spillway.server.lane;

import dev.spillway.core.auth.ClientAuth;
import dev.spillway.core.auth.KeyDerivation;
import dev.spillway.core.auth.RandomBytes;
import dev.spillway.core.auth.ScramIssuer;
import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Pool;
import dev.spillway.core.pool.PoolShare;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.startup.ProxyHeader;
import dev.spillway.core.protocol.startup.StartupPacket;
import dev.spillway.core.session.ClientIdentity;
import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.Ending;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.Protection;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.ServerSession;
import dev.spillway.core.session.SessionPorts;
import dev.spillway.core.session.StartupRequest;
import dev.spillway.core.session.TimeLimits;
import dev.spillway.core.session.WelcomeProbe;
import dev.spillway.core.session.Wire;
import dev.spillway.core.stats.LaneView;
import dev.spillway.core.stats.ProxyFigures;
import dev.spillway.server.pipeline.ConnectionHandler;
import dev.spillway.server.pipeline.ProxyHeaderHandler;
import dev.spillway.server.transport.NettyTransport;
import dev.spillway.server.transport.TlsContexts;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One event loop and all that lives on it: clients, pools, server connections, their time limits.
 *
 * <p>Built by the composition root; after that everything runs on its event loop, and other threads only {@link #execute}
 * on it. It owns no buffer.
 */
public final class Lane implements SessionPorts, ClientLogin.Reception {
    /** Makes the session of a client of the console. */
    @FunctionalInterface
    public interface Console {
        Phase session(Wire wire, Lane lane, boolean isAdmin);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Lane.class);
    private static final long TICK_MILLIS = 100;
    private static final int SCRAM_ITERATIONS = 4096;

    private final EventLoop loop;
    private ProxyConfig config;
    private final Lanes lanes;
    private final int number;
    private final @Nullable Usage usage;
    private Credentials credentials;
    private TlsContexts tls;
    private final Console console;
    private final RandomBytes random = RandomBytes.secure();
    private final ScramIssuer issuer = new ScramIssuer(random, SCRAM_ITERATIONS);
    private final LanePools pools;
    private final LaneClients clients = new LaneClients();
    private final Arrivals arrivals = new Arrivals();
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ServerConnector connector;
    private final Derivations derivations;
    private long periodBeganNanos = System.nanoTime();
    private boolean isIdlenessLimited;
    private boolean isDraining;

    /**
     * @param number its place among {@code lanes}
     * @param names where the addresses of server hosts come from
     * @param slowWork runs password derivations, which take milliseconds
     */
    public Lane(
            EventLoop loop,
            NettyTransport transport,
            ProxyConfig config,
            Lanes lanes,
            int number,
            Credentials credentials,
            TlsContexts tls,
            NameSources names,
            Executor slowWork,
            Console console) {
        this.loop = loop;
        this.config = config;
        this.isIdlenessLimited = TimeLimits.isIdlenessLimited(config);
        this.lanes = lanes;
        this.number = number;
        this.usage = lanes.isElastic() ? new Usage() : null;
        this.credentials = credentials;
        this.tls = tls;
        this.derivations = new Derivations(slowWork, loop);
        this.console = console;
        this.connector = new ServerConnector(loop, transport, config, credentials, tls, names, number, this, channels);
        this.pools = new LanePools(number, lanes, config, connector::open);
        var _ = loop.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Runs {@code action} on the lane. */
    public void execute(Runnable action) {
        loop.execute(action);
    }

    /** What the lane holds now. Called on the lane. */
    ProxyFigures figures() {
        return ProxyFigures.of(
                new LaneView(pools.entries(), clients.view(), connector.lookup().figures(), nowNanos()));
    }

    boolean isOn(EventLoop other) {
        return loop.equals(other);
    }

    // ---- clients -------------------------------------------------------------------------------------------------

    /** Makes an accepted connection a client of this lane. */
    public void accept(Channel channel) {
        int above = lanes.onConnected() - config.maxClientConn();
        channels.add(channel);
        arrivals.add(channel, above > 0, nowNanos());
        channel.closeFuture().addListener(closed -> lanes.onDisconnected());
        boolean isTooMany = above > ClientLimits.roomAbove(config.maxClientConn());
        if (!isTooMany && config.proxyProtocol() && channel.remoteAddress() instanceof InetSocketAddress) {
            channel.pipeline().addLast("proxy-header", new ProxyHeaderHandler(gate(channel)));
        } else {
            begin(channel, null, isTooMany);
        }
    }

    private ProxyHeaderHandler.Gate gate(Channel channel) {
        return new ProxyHeaderHandler.Gate() {
            @Override
            public void open(ProxyHeader header) {
                begin(channel, header.client(), false);
            }

            @Override
            public void refused(String peer, String why) {
                log("client refused", peer, why);
            }
        };
    }

    private void begin(Channel channel, @Nullable SocketAddress client, boolean isTooMany) {
        ConnectionHandler handler = new ConnectionHandler(wire -> logIn(wire, isTooMany), client);
        if (!isTooMany && tls.isOfferedToClients() && channel.remoteAddress() instanceof InetSocketAddress) {
            ClientTls.openDoor(tls, handler, channel.pipeline(), this);
        }
        channel.pipeline().addLast("connection", handler);
    }

    private ClientLogin logIn(Wire wire, boolean isTooMany) {
        ClientLogin login = new ClientLogin(wire, this, this);
        if (isTooMany) {
            arrivals.onTurnedAway();
            login.refuse(ProxyError.TOO_MANY_CLIENTS.fields(config.maxClientConn()));
        }
        return login;
    }

    @Override
    public boolean offersTls(Wire wire) {
        return ClientTls.isOffered(tls, (ConnectionHandler) wire);
    }

    @Override
    public void secure(Wire wire) {
        ClientTls.secure(tls, (ConnectionHandler) wire, this);
    }

    @Override
    public ClientAuth authentication(Wire wire, StartupRequest request) {
        Protection protection = wire.protection();
        if (protection == null && ClientTls.isRequired(tls, (ConnectionHandler) wire)) {
            throw new Refused(ProxyError.TLS_REQUIRED.fields());
        }
        boolean isForConsole = ProxyConfig.CONSOLE_DATABASES.contains(request.database());
        if (isDraining && !isForConsole) {
            throw new Refused(ProxyError.STARTING_DOWN.fields());
        }
        if (lanes.connected() > config.maxClientConn() && !isForConsole) {
            throw new Refused(ProxyError.TOO_MANY_CLIENTS.fields(config.maxClientConn()));
        }
        String certified = protection == null ? null : protection.peerName();
        String user = request.user();
        return ClientAuth.choose(config.authType(), credentials.of(user), user, issuer, certified);
    }

    @Override
    public void admit(Wire wire, StartupRequest request, ClientLogin login) {
        if (ProxyConfig.CONSOLE_DATABASES.contains(request.database())) {
            admitToConsole(wire, request, login);
            return;
        }
        if (isDraining) {
            throw new Refused(ProxyError.STARTING_DOWN.fields());
        }
        DatabaseConfig database = config.database(request.database());
        if (database == null) {
            throw new Refused(ProxyError.DATABASE_UNKNOWN.fields(request.database()));
        }
        lanes.limits().enter(config, database, request.user());
        ((ConnectionHandler) wire).whenClosed(() -> lanes.limits().leave(database, request.user()));
        login.writeOk();
        StartupRequest named = config.applicationNameAddHost() ? request.withHost(wire.peer()) : request;
        CancelKey key = CancelKeys.next(random, request.minorVersion());
        ClientIdentity client = named.identity(key, config.ignoreStartupParameters(), nowMillis());
        WelcomeProbe.receive(wire, this, pools.of(database, client, nowNanos()), client);
    }

    private void admitToConsole(Wire wire, StartupRequest request, ClientLogin login) {
        String user = request.user();
        boolean isAdmin =
                config.authType() == AuthType.ANY || config.adminUsers().contains(user);
        if (!isAdmin && !config.statsUsers().contains(user)) {
            throw new Refused(ProxyError.ADMIN_ONLY.fields(user));
        }
        login.writeOk();
        wire.become(console.session(wire, this, isAdmin));
    }

    @Override
    public void cancel(StartupPacket.CancelRequest request, Runnable ended) {
        cancel(request.key(), ended);
    }

    private void cancel(CancelKey key, Runnable ended) {
        Lane owner = lanes.laneOf(key);
        if (owner == this) {
            cancelOwn(key, ended);
        } else if (owner != null) {
            owner.execute(() -> owner.cancelOwn(key, () -> execute(ended)));
        } else {
            ended.run();
        }
    }

    private void cancelOwn(CancelKey key, Runnable ended) {
        ClientSession client = clients.find(key);
        if (client != null) {
            client.cancel(ended);
        } else if (lanes.isTravelling() && lanes.laneOf(key) != null) {
            var _ = loop.schedule(() -> cancel(key, ended), 1, TimeUnit.MILLISECONDS); // it may be the one
        } else {
            ended.run();
        }
    }

    @Override
    public boolean register(CancelKey key, ClientSession client) {
        clients.add(key, client);
        boolean isNew = lanes.register(key, this);
        if (client.pool().pool().isRetired()) {
            move(client.identity(), client::moveTo, client::close);
        }
        if (isNew && client.keepsServer()) {
            loop.execute(() -> spread(client)); // when it has been told that it is logged in
        }
        return clients.find(key) != null;
    }

    @Override
    public void unregister(CancelKey key) {
        clients.remove(key);
        lanes.unregister(key);
    }

    // ---- clients that change lanes ---------------------------------------------------------------------------------

    /** A client that keeps its server cannot leave later. */
    private void spread(ClientSession client) {
        Lane target = lanes.laneForSession(this);
        if (target != this) {
            clients.send(client, target);
        }
    }

    /** Gives up to {@code most} clients away. */
    void shed(int most, Lane target) {
        clients.shed(most, target);
    }

    /** Takes {@code client}, which has departed from the lane this is called on. */
    void expect(ClientSession client) {
        lanes.onDeparture();
        ((ConnectionHandler) client.wire()).move(loop, () -> {
            lanes.onArrival();
            settle(client);
        });
    }

    private void settle(ClientSession client) {
        DatabaseConfig database = config.database(client.identity().database());
        if (database == null) {
            client.close(ProxyError.DATABASE_REMOVED.fields(client.identity().database()));
            lanes.unregister(client.identity().key());
        } else if (!client.settle(this, pools.of(database, client.identity(), nowNanos()))) {
            lanes.unregister(client.identity().key());
        }
    }

    // ---- configuration -------------------------------------------------------------------------------------------

    /** Puts a new configuration into force. Clients of a database that points elsewhere now move to its new pool. */
    void apply(ProxyConfig next, Credentials nextCredentials, TlsContexts nextTls) {
        config = next;
        isIdlenessLimited = TimeLimits.isIdlenessLimited(next);
        credentials = nextCredentials;
        tls = nextTls;
        connector.apply(next, nextCredentials, nextTls);
        pools.apply(next, nowNanos());
        clients.all().stream()
                .filter(client -> client.pool().pool().isRetired())
                .forEach(client -> move(client.identity(), client::moveTo, client::close));
        arrivals.forEachProbe(probe -> {
            if (probe.pool().pool().isRetired()) {
                move(probe.identity(), probe::moveTo, probe::end);
            }
        });
    }

    private void move(ClientIdentity client, Consumer<ServerPool> move, Consumer<ErrorFields> end) {
        DatabaseConfig database = config.database(client.database());
        if (database == null) {
            end.accept(ProxyError.DATABASE_REMOVED.fields(client.database()));
        } else if (client.own() != null) {
            end.accept(ProxyError.REPLICATION_MOVED.fields(client.database())); // it would never move of itself
        } else {
            move.accept(pools.of(database, client, nowNanos()));
        }
    }

    // ---- servers that change lanes, and what may arrive when: see LanePools -----------------------------------------

    /** Takes a free server over from the lane this is called on. */
    void receive(PoolShare share, ServerSession server, boolean isAsked) {
        server.depart();
        ((ConnectionHandler) server.wire()).move(loop, () -> {
            ServerPool pool = pools.forArrival(share, nowNanos());
            if (server.settle(this, pool)) {
                pool.pool().arrive(server, isAsked, nowNanos());
            } else {
                pool.pool().onNoArrival(isAsked, true, nowNanos());
            }
        });
    }

    boolean donate(PoolShare share, int asker) {
        Pool<ServerSession> slice = pools.find(share);
        return slice != null && slice.donate(asker);
    }

    /** The donor that was asked had nothing to give. */
    void onRefused(PoolShare share) {
        Pool<ServerSession> slice = pools.find(share);
        if (slice != null) {
            slice.onNoArrival(true, false, nowNanos());
        }
    }

    void onRoom(PoolShare share) {
        Pool<ServerSession> slice = pools.find(share);
        if (slice != null) {
            slice.onRoom(nowNanos());
        }
    }

    void giveUp(PoolShare share) {
        Pool<ServerSession> slice = pools.find(share);
        if (slice != null) {
            slice.giveUp();
        }
    }

    @Override
    public void sendCancel(Wire server, CancelKey key, CancelEnd ended) {
        connector.sendCancel((ConnectionHandler) server, key, ended);
    }

    @Override
    public Duration waitTimeout(String user, Duration usual) {
        UserConfig known = config.users().get(user);
        Duration own = known == null ? null : known.queryWaitTimeout();
        return Objects.requireNonNullElse(own, usual);
    }

    @Override
    public void derive(KeyDerivation derivation, Derived done) {
        derivations.derive(derivation, done);
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    private void tick() {
        try {
            long now = nowNanos();
            arrivals.tick(now, config.clientLoginTimeout());
            connector.endSlowOpenings(now);
            long cancelNanos = config.cancelWaitTimeout().toNanos();
            pools.tick(now, endPeriod(now), cancelNanos == 0 ? Long.MAX_VALUE : cancelNanos * 2);
            if (isIdlenessLimited) {
                clients.all().forEach(client -> client.onTick(now));
            }
            publishLoad(now);
        } catch (RuntimeException e) {
            LOG.error("housekeeping failed", e);
        }
    }

    private void publishLoad(long now) {
        if (usage != null) {
            lanes.publish(number, new Balance.Load(usage.cores(now), clients.movable()));
            if (number == 0 && !isDraining) {
                lanes.balance();
            }
        }
    }

    private boolean endPeriod(long now) {
        boolean isOver = now - periodBeganNanos >= config.statsPeriod().toNanos();
        if (isOver) {
            periodBeganNanos = now;
        }
        return isOver;
    }

    @Override
    public long nowNanos() {
        return System.nanoTime();
    }

    @Override
    public long nowMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public TimeLimits limitsOf(ClientIdentity client) {
        return client.own() == null ? TimeLimits.of(config, config.users().get(client.user())) : TimeLimits.NONE;
    }

    @Override
    public void log(String event, String subject, @Nullable String detail) {
        boolean isWanted = event.startsWith("client") ? config.logPoolerErrors() : config.logConnections();
        if (isWanted) {
            LOG.info("{} {}{}", event, subject, detail == null ? "" : ": " + detail);
        }
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    /**
     * Lets no new client in and closes the idle ones, with {@link Ending#WAIT_FOR_SERVERS} also those that wait.
     *
     * @return whether clients are left, which are waiting or in a transaction
     */
    public boolean drain(Ending ending) {
        isDraining = true;
        arrivals.forEachProbe(probe -> probe.end(ProxyError.STARTING_DOWN.fields()));
        clients.all().stream()
                .filter(client -> client.isIdle() || (ending != Ending.WAIT_FOR_CLIENTS && client.isWaiting()))
                .forEach(client -> client.close(ProxyError.SHUTTING_DOWN.fields()));
        return !clients.isEmpty();
    }

    /** Tells every client why it ends. Done on all lanes before the first of them {@linkplain #closeAll closes} what is left. */
    public void endAll() {
        clients.all().forEach(client -> client.close(ProxyError.SHUTTING_DOWN.fields()));
    }

    /** Closes all connections that began here; done when none is left. */
    public Future<?> closeAll() {
        pools.closeServers("shutting down");
        return channels.close();
    }
}
