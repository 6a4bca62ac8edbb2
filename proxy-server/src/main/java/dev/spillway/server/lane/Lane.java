package dev.spillway.server.lane;

import dev.spillway.core.auth.KeyDerivation;
import dev.spillway.core.auth.PasswordQuestion;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.pool.PoolShare;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.ClientIdentity;
import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ConnectionLog;
import dev.spillway.core.session.Ending;
import dev.spillway.core.session.LogSubject;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.ServerSession;
import dev.spillway.core.session.SessionPorts;
import dev.spillway.core.session.TimeLimits;
import dev.spillway.core.session.UserLookup;
import dev.spillway.core.session.Wire;
import dev.spillway.core.session.prepared.StatementStore;
import dev.spillway.core.stats.Incidents;
import dev.spillway.core.stats.StatsLine;
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
import java.util.Set;
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
public final class Lane implements SessionPorts {
    /** Makes the session of a client of the console. */
    @FunctionalInterface
    public interface Console {
        /** {@code client}: who it is, for the log. */
        Phase session(Wire wire, Lane lane, LogSubject client, boolean isAdmin);
    }

    private static final Logger LOG = LoggerFactory.getLogger(Lane.class);
    private static final long TICK_MILLIS = 100;

    private final EventLoop loop;
    private ProxyConfig config;
    private final Lanes lanes;
    private final int number;
    private final @Nullable Usage usage;
    private Orders orders = Orders.NONE;
    private final LimitedLines limited;
    private final ConnectionLog log;
    private final Admission admission;
    private final Operators operators;
    private final LanePools pools;
    private final LaneClients clients = new LaneClients();
    private final LaneChannels listening;
    private final LaneFleets fleets;
    private final Arrivals arrivals = new Arrivals();
    private final ConsoleDoor door;
    private final StatsPeriod period = new StatsPeriod(nowNanos());
    private final ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final ServerConnector connector;
    private final Derivations derivations;
    private final Questions questions;
    private boolean isIdlenessLimited;
    /** How the lane ends; null: it goes on. */
    private @Nullable Ending ending;

    /**
     * @param number its place among {@code lanes}
     * @param names where the addresses of server hosts come from
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
            LoginWork work,
            Console console) {
        this.loop = loop;
        this.config = config;
        this.isIdlenessLimited = TimeLimits.isIdlenessLimited(config);
        this.lanes = lanes;
        this.number = number;
        this.usage = lanes.isElastic() ? new Usage() : null;
        this.derivations = new Derivations(work.derivations(), loop);
        this.questions = new Questions(work.questions(), loop);
        Incidents incidents = new Incidents();
        this.limited = LimitedLines.on(loop, this::nowMillis);
        this.log = ConnectionLogs.of(this::config, this::nowMillis, limited, incidents);
        this.door = new ConsoleDoor(this, console);
        this.connector = new ServerConnector(loop, transport, config, credentials, tls, names, number, this, channels);
        this.pools = new LanePools(number, lanes, config, connector::open, connector::abandonOpenings);
        this.listening = new LaneChannels(this, loop, number, lanes, pools, config);
        this.fleets = new LaneFleets(this, lanes, pools, config);
        this.admission = new Admission(this, lanes, pools, door, limited, config, credentials, tls);
        this.operators = new Operators(
                this,
                number,
                incidents,
                pools,
                clients,
                arrivals,
                connector,
                door,
                admission,
                period,
                channels,
                loop,
                lanes::onQuiet);
        var _ = loop.scheduleWithFixedDelay(this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Runs {@code action} on the lane. */
    public void execute(Runnable action) {
        loop.execute(action);
    }

    /** What the lane has for operators, to be called on the lane. */
    public Operators operators() {
        return operators;
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
            channel.pipeline()
                    .addLast(
                            "proxy-header",
                            new ProxyHeaderHandler(admission.gate(client -> begin(channel, client, false))));
        } else {
            begin(channel, null, isTooMany);
        }
    }

    private void begin(Channel channel, @Nullable SocketAddress client, boolean isTooMany) {
        ConnectionHandler handler = new ConnectionHandler(wire -> logIn(wire, isTooMany), client);
        if (!isTooMany) {
            admission.openDoor(handler, channel.pipeline());
        }
        channel.pipeline().addLast("connection", handler);
    }

    private ClientLogin logIn(Wire wire, boolean isTooMany) {
        ClientLogin login = new ClientLogin(wire, this, admission);
        if (isTooMany) {
            arrivals.onTurnedAway();
            login.turnAway(ProxyError.TOO_MANY_CLIENTS.fields(config.maxClientConn()));
        }
        return login;
    }

    /** A cancel request has come here; runs {@code ended} once, here, when it has been dealt with. */
    void cancel(CancelKey key, Runnable ended) {
        Lane owner = lanes.laneOf(key);
        if (owner == this) {
            cancelOwn(key, ended);
        } else if (owner != null) {
            owner.execute(() -> owner.cancelOwn(key, () -> execute(ended)));
        } else {
            lanes.cancelConsole(key);
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
        moveIfRetired(client);
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
            clients.send(client, target, orders);
        }
    }

    /** Gives up to {@code most} clients away. */
    void shed(int most, Lane target) {
        clients.shed(most, target, orders);
    }

    /** Takes {@code client}, which has departed from the lane this is called on. */
    void expect(ClientSession client, Orders known) {
        lanes.onDeparture();
        ((ConnectionHandler) client.wire()).move(loop, () -> {
            lanes.onArrival();
            settle(client, known);
            Ending how = ending;
            if (how != null) {
                client.end(how);
            }
        });
    }

    /** {@code known}: the orders of the lane it comes from. */
    private void settle(ClientSession client, Orders known) {
        client.arrive(this); // whatever becomes of it, it is this lane's to tell
        String name = client.identity().database();
        DatabaseConfig database = config.database(name);
        if (database == null) {
            client.close(ProxyError.DATABASE_REMOVED.fields(name));
            lanes.unregister(client.identity().key());
        } else if (orders.isKilledSince(known, name)) {
            client.close(ProxyError.DATABASE_KILLED.fields(name));
            lanes.unregister(client.identity().key());
        } else if (!client.settle(pools.of(database, client.identity(), nowNanos()))) {
            lanes.unregister(client.identity().key());
        }
    }

    // ---- configuration -------------------------------------------------------------------------------------------

    /** Puts a new configuration into force. Clients of a database that points elsewhere now move to its new pool. */
    void apply(ProxyConfig next, Credentials nextCredentials, TlsContexts nextTls) {
        config = next;
        isIdlenessLimited = TimeLimits.isIdlenessLimited(next);
        admission.apply(next, nextCredentials, nextTls);
        connector.apply(next, nextCredentials, nextTls);
        pools.apply(next, nowNanos());
        listening.apply(next);
        fleets.apply(next);
        leaveRetired();
    }

    /** Puts the orders of now into force; whichever of several tasks is the last finds the latest. */
    void heed() {
        Orders before = orders;
        Orders next = lanes.orders();
        orders = next;
        admission.apply(next);
        pools.apply(next, nowNanos());
        operators.suspension().heed(next.isSuspended(), nowNanos());
        arrivals.forEachProbe(probe -> {
            String database = probe.identity().database();
            if (next.isKilledSince(before, database)) {
                probe.end(ProxyError.DATABASE_KILLED.fields(database));
            } else if (next.isDisabled(database)) {
                probe.end(ProxyError.DATABASE_DISABLED.fields(database));
            }
        });
        next.kills().keySet().stream()
                .filter(database -> next.isKilledSince(before, database))
                .forEach(this::kill);
        leaveRetired();
    }

    private void kill(String database) {
        clients.all().stream()
                .filter(client -> client.identity().database().equals(database))
                .forEach(client -> client.close(ProxyError.DATABASE_KILLED.fields(database)));
        pools.kill(database);
    }

    /** Closes the servers of {@code database}, or of all, that are idle. */
    public void cleanUp(@Nullable String database) {
        pools.cleanUp(database);
    }

    private void leaveRetired() {
        clients.all().forEach(this::moveIfRetired);
        arrivals.forEachProbe(probe -> {
            if (probe.pool().pool().isRetired()) {
                move(probe.identity(), probe::moveTo, probe::end);
            }
        });
        arrivals.forEachLookup(UserLookup::leaveRetired);
        pools.abandonOpenings();
    }

    private void moveIfRetired(ClientSession client) {
        if (client.pool().pool().isRetired()) {
            move(client.identity(), client::moveTo, client::close);
        }
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

    LanePools pools() {
        return pools;
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

    @Override
    public void ask(PasswordQuestion question, Judged done) {
        questions.ask(question, done);
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    private void tick() {
        try {
            long now = nowNanos();
            arrivals.tick(now, config.clientLoginTimeout());
            connector.endSlowOpenings(now);
            long cancelNanos = config.cancelWaitTimeout().toNanos();
            boolean periodEnds = period.isOver(config.statsPeriod(), now);
            if (periodEnds) {
                door.counters().endPeriod();
                if (number == 0 && config.log().logStats()) {
                    logStats();
                }
            }
            listening.tick(now);
            if (number == 0) {
                fleets.tick(now);
            }
            pools.tick(now, periodEnds, cancelNanos == 0 ? Long.MAX_VALUE : cancelNanos * 2);
            operators.suspension().tick(config.suspendTimeout(), now);
            if (isIdlenessLimited && !orders.isSuspended()) {
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
            if (number == 0 && ending == null && !orders.isSuspended()) {
                lanes.balance();
            }
        }
    }

    /** When the other lanes have ended the period too, with their next tick. */
    private void logStats() {
        Runnable log = () -> {
            var _ = lanes.figures().thenAccept(figures -> LOG.info("{}", StatsLine.of(figures)));
        };
        var _ = loop.schedule(log, 2 * TICK_MILLIS, TimeUnit.MILLISECONDS);
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
    public StatementStore statements() {
        return lanes.statements();
    }

    @Override
    public ConnectionLog log() {
        return log;
    }

    private ProxyConfig config() {
        return config;
    }

    @Override
    public void listen(ClientSession client, Set<String> before, Set<String> after, Moved done) {
        listening.listen(client, before, after, done);
    }

    LaneChannels listening() {
        return listening;
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    /** Lets no new client in, and ends those that are here as {@code how} lets them; {@link Lanes#drain} tells when none is left. */
    public void drain(Ending how) {
        ending = how;
        admission.close();
        arrivals.endWaiting(ProxyError.STARTING_DOWN.fields());
        clients.all().forEach(client -> client.end(how));
    }

    /** Tells every client why it ends. Done on all lanes before the first of them {@linkplain #closeAll closes} what is left. */
    public void endAll() {
        clients.all().forEach(client -> client.close(ProxyError.SHUTTING_DOWN.fields()));
    }

    /** Closes all connections that began here; done when none is left. */
    public Future<?> closeAll() {
        listening.stop();
        fleets.stop();
        pools.closeServers("shutting down");
        return channels.close();
    }
}
