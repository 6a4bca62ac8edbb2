package dev.spillway.server.lane;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.ServerLogin;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.Wire;
import dev.spillway.core.stats.LaneView;
import dev.spillway.server.pipeline.ConnectionHandler;
import dev.spillway.server.transport.AddressText;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One server connection from the wish for it to the end of its login: the hosts of its database one after the other, the
 * addresses of each, until a connection stands.
 *
 * <p>Confined to its lane. All of it together has server_connect_timeout, of which each place that is tried may use its
 * share of what is left. However it ends, the pool is told once: here until a connection stands, then by {@link
 * ServerLogin}.
 */
final class Opening {
    /** What one place may take where there is no limit over all and another place to go to. */
    private static final long UNLIMITED_SHARE_MILLIS = 10_000;

    private final ServerConnector connector;
    private final ServerPool pool;
    private final DatabaseConfig database;
    private final String user;
    private final long sinceNanos;
    private final Deque<String> hosts = new ArrayDeque<>();
    private final Deque<SocketAddress> addresses = new ArrayDeque<>();
    private final List<String> problems = new ArrayList<>();
    private String host = "";
    /** The address that was tried last; empty: none of this host. */
    private String where = "";
    /** Counts the steps, so that what comes too late is known as such. */
    private int step;
    /** When the look-up or the attempt that is under way has had its share. */
    private long stepEndsNanos;

    private boolean isLookingUp;
    private @Nullable Attempt attempt;
    private @Nullable ServerLogin login;
    private @Nullable Wire standing;
    private boolean isOver;

    Opening(ServerConnector connector, ServerPool pool, DatabaseConfig database, String user, long nowNanos) {
        this.connector = connector;
        this.pool = pool;
        this.database = database;
        this.user = user;
        this.sinceNanos = nowNanos;
        hosts.addAll(connector.order(database, database.host(), database.hosts()));
    }

    // ---- hosts -----------------------------------------------------------------------------------------------------

    /** Goes to the first host, later to the next. */
    void tryNextHost() {
        String next = isOver ? null : hosts.poll();
        if (next == null) {
            fail(String.join("; ", problems));
            return;
        }
        host = next;
        where = "";
        if (host.startsWith("/") || host.startsWith("@")) {
            tryUnixSocket();
        } else {
            lookUp();
        }
    }

    private void tryUnixSocket() {
        SocketAddress address;
        try {
            address = connector.unixAddress(host, database.port());
        } catch (IllegalArgumentException e) {
            giveUpHost(host + ": " + e.getMessage());
            return;
        }
        addresses.add(address);
        tryNextAddress();
    }

    private void lookUp() {
        int asked = ++step;
        isLookingUp = true;
        stepEndsNanos = connector.nowNanos() + shareMillis() * 1_000_000;
        connector.lookup().find(host, result -> {
            if (asked == step && !isOver) {
                onLookedUp(result);
            }
        });
    }

    private void onLookedUp(HostLookup.Result result) {
        isLookingUp = false;
        if (result.addresses().isEmpty()) {
            giveUpHost("host \"" + host + "\" cannot be resolved: " + result.problem());
            return;
        }
        List<SocketAddress> found = new ArrayList<>();
        for (InetAddress address : result.addresses()) {
            found.add(new InetSocketAddress(address, database.port()));
        }
        addresses.addAll(connector.order(database, host + ':' + database.port(), found));
        tryNextAddress();
    }

    private void giveUpHost(String problem) {
        connector.onFailure(host);
        note(problem);
        tryNextHost();
    }

    private void note(String problem) {
        problems.add(problem);
        if (!hosts.isEmpty() || !addresses.isEmpty()) {
            connector.onNotReached(pool.pool().name(), where, problem);
        }
    }

    // ---- addresses -------------------------------------------------------------------------------------------------

    private void tryNextAddress() {
        SocketAddress address = isOver ? null : addresses.poll();
        if (address == null) {
            connector.onFailure(host);
            tryNextHost();
            return;
        }
        where = AddressText.of(address, null);
        Attempt next = new Attempt(address);
        ServerTls.Target target = target(address);
        ConnectionHandler handler = new ConnectionHandler(wire -> connector.begin(target, wire, next));
        stepEndsNanos = connector.nowNanos() + shareMillis() * 1_000_000;
        ChannelFuture connecting = connector.connect(address, shareMillis(), handler);
        Channel channel = connecting.channel();
        next.isAt(handler, channel);
        attempt = next;
        connecting.addListener(connected -> {
            if (!connected.isSuccess()) {
                next.onNotConnected(AddressText.problem(address, connected.cause()));
            }
        });
        channel.closeFuture().addListener(closed -> {
            if (handler.phase() instanceof ServerLogin begun && !begun.isAbandoned()) {
                connector.onFailure(address);
                connector.onFailure(host);
            }
        });
    }

    /** Null: the connection is to stay as it is. */
    private ServerTls.@Nullable Target target(SocketAddress address) {
        SslMode mode = database.sslmode();
        return mode != null && mode.isOn() && address instanceof InetSocketAddress
                ? new ServerTls.Target(host, database.port(), mode)
                : null;
    }

    /** One address that is tried. */
    private final class Attempt implements ServerTls.Next {
        private final SocketAddress address;
        private @Nullable ConnectionHandler handler;
        private @Nullable Channel channel;
        private boolean isGivenUp;

        Attempt(SocketAddress address) {
            this.address = address;
        }

        void isAt(ConnectionHandler ownHandler, Channel ownChannel) {
            handler = ownHandler;
            channel = ownChannel;
        }

        /** Ends it. Nothing comes of it any more, not even of a handshake that succeeds in this moment. */
        void close() {
            isGivenUp = true;
            ConnectionHandler own = handler;
            Channel unfinished = channel;
            if (own != null && unfinished != null) {
                own.abandon();
                var _ = unfinished.close();
            }
        }

        /** It takes so long that those after it would have no time. */
        void giveUp() {
            close();
            isGivenUp = false;
            onNotConnected(AddressText.place(address) + ": no answer in time");
        }

        @Override
        public Phase begin(Wire wire) {
            standing = wire;
            ServerLogin begun = connector.logIn(wire, pool, database, user);
            begun.wantedSince(sinceNanos);
            login = begun;
            return begun;
        }

        @Override
        public void onUseless(String why) {
            onNotConnected(AddressText.place(address) + ": " + why);
        }

        void onNotConnected(String why) {
            if (isGivenUp) {
                return;
            }
            isGivenUp = true;
            attempt = null;
            if (!isOver) {
                connector.onFailure(address);
                note(why);
                tryNextAddress();
            }
        }
    }

    /** What it is, for operators. */
    LaneView.OpeningEntry entry() {
        return new LaneView.OpeningEntry(database.name(), user, pool, standing, sinceNanos);
    }

    // ---- time ------------------------------------------------------------------------------------------------------

    /** What the next step may take: an equal part of what is left for each place that is known of; 0: no limit. */
    private long shareMillis() {
        Duration limit = connector.connectTimeout();
        int places = 1 + hosts.size() + addresses.size();
        if (!limit.isPositive()) {
            return places == 1 ? 0 : UNLIMITED_SHARE_MILLIS;
        }
        long leftNanos = limit.toNanos() - (connector.nowNanos() - sinceNanos);
        return Math.max(1, leftNanos / 1_000_000 / places);
    }

    /** Ends what takes too long. */
    void tick(long nowNanos) {
        Duration limit = connector.connectTimeout();
        if (limit.isPositive() && nowNanos - sinceNanos > limit.toNanos()) {
            end();
        } else if (isLookingUp && !hosts.isEmpty() && nowNanos - stepEndsNanos > 0) {
            isLookingUp = false;
            giveUpHost("host \"" + host + "\" cannot be resolved in time");
        } else if (attempt != null && login == null && isAnywhereElse() && nowNanos - stepEndsNanos > 0) {
            attempt.giveUp();
        }
    }

    private boolean isAnywhereElse() {
        return !hosts.isEmpty() || !addresses.isEmpty();
    }

    private void end() {
        ServerLogin begun = login;
        if (begun != null) {
            begun.fail(
                    ProxyError.SERVER_UNREACHABLE.fields(pool.pool().name(), "server_connect_timeout is over"), false);
            return;
        }
        if (isLookingUp) {
            problems.add("host \"" + host + "\" cannot be resolved in time");
        }
        Attempt unanswered = attempt;
        if (unanswered != null) {
            connector.onFailure(unanswered.address);
            connector.onFailure(host);
        }
        problems.add("server_connect_timeout is over");
        fail(String.join("; ", problems));
    }

    private void fail(String why) {
        if (isOver) {
            return;
        }
        isOver = true;
        closeAttempt();
        connector.onOpenFailed(pool, where, why);
    }

    /** Ends it for no fault of the server's: its pool wants none any more. */
    void abandon() {
        ServerLogin begun = login;
        if (begun != null) {
            begun.abandon();
        } else if (!isOver) {
            isOver = true;
            closeAttempt();
            pool.pool().onOpenAbandoned();
        }
    }

    private void closeAttempt() {
        Attempt unfinished = attempt;
        if (unfinished != null) {
            unfinished.close();
        }
    }

    boolean isFor(ServerPool some) {
        return pool.equals(some);
    }

    /** Has it ended, well or badly? */
    boolean isOver() {
        ServerLogin begun = login;
        return isOver || (begun != null && begun.isOver());
    }
}
