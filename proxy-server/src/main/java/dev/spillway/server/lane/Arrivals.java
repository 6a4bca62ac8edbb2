package dev.spillway.server.lane;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.UserLookup;
import dev.spillway.core.session.WelcomeProbe;
import dev.spillway.core.stats.LaneView;
import dev.spillway.server.pipeline.ConnectionHandler;
import dev.spillway.server.pipeline.ProxyHeaderHandler;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections of one lane whose clients are not logged in yet, and since when they are here. Confined to it. */
final class Arrivals {
    private static final Logger LOG = LoggerFactory.getLogger(Arrivals.class);

    /** For those above max_client_conn, of which there is room for few: enough to pass a cancel request on. */
    private static final Duration LIMIT_ABOVE_MOST = Duration.ofSeconds(2);

    private record Arrival(long sinceNanos, boolean isAboveMost) {
        Duration limit(Duration usual) {
            boolean isShort = isAboveMost && (usual.isZero() || usual.compareTo(LIMIT_ABOVE_MOST) > 0);
            return isShort ? LIMIT_ABOVE_MOST : usual;
        }
    }

    private final Map<Channel, Arrival> since = new LinkedHashMap<>();
    private int turnedAway;

    /** {@code isAboveMost}: there are as many clients as there may be without it. */
    void add(Channel channel, boolean isAboveMost, long nowNanos) {
        since.put(channel, new Arrival(nowNanos, isAboveMost));
    }

    /** There were so many connections that one was refused before it said a word. */
    void onTurnedAway() {
        turnedAway++;
    }

    /** Forgets those that are logged in or gone, and ends those that take longer than {@code usual}; zero: none. */
    void tick(long nowNanos, Duration usual) {
        if (turnedAway > 0) {
            LOG.warn("connections refused at the door (max_client_conn) count={}", turnedAway);
            turnedAway = 0;
        }
        for (Map.Entry<Channel, Arrival> arrival : List.copyOf(since.entrySet())) {
            Channel channel = arrival.getKey();
            Duration limit = arrival.getValue().limit(usual);
            if (!isLoggingIn(channel)) {
                since.remove(channel);
            } else if (limit.isPositive() && nowNanos - arrival.getValue().sinceNanos() > limit.toNanos()) {
                since.remove(channel);
                refuse(channel, limit.toSeconds() + " s");
            }
        }
    }

    private static boolean isLoggingIn(Channel channel) {
        if (!channel.isOpen()) {
            return false;
        }
        Phase phase = phase(channel);
        return phase instanceof ClientLogin
                || phase instanceof WelcomeProbe
                || channel.pipeline().get(ProxyHeaderHandler.class) != null;
    }

    /** Those who are authenticated and wait for the parameters that a server reports. */
    void forEachProbe(Consumer<WelcomeProbe> action) {
        for (Channel channel : List.copyOf(since.keySet())) {
            if (phase(channel) instanceof WelcomeProbe probe) {
                action.accept(probe);
            }
        }
    }

    /** What PostgreSQL is asked about users who have not authenticated themselves yet. */
    void forEachLookup(Consumer<UserLookup> action) {
        for (Channel channel : List.copyOf(since.keySet())) {
            UserLookup lookup = phase(channel) instanceof ClientLogin login ? login.lookup() : null;
            if (lookup != null) {
                action.accept(lookup);
            }
        }
    }

    /** Ends those who wait for a server, authenticated or not. */
    void endWaiting(ErrorFields error) {
        for (Channel channel : List.copyOf(since.keySet())) {
            switch (phase(channel)) {
                case WelcomeProbe probe -> probe.end(error);
                case ClientLogin login when login.lookup() != null -> login.refuse(error);
                case null, default -> {
                    // it waits for nothing
                }
            }
        }
    }

    /** Those who have not authenticated themselves yet. */
    List<LaneView.LoginEntry> logins() {
        List<LaneView.LoginEntry> logins = new ArrayList<>();
        since.forEach((channel, arrival) -> {
            if (channel.isOpen() && phase(channel) instanceof ClientLogin login) {
                logins.add(new LaneView.LoginEntry(login, arrival.sinceNanos()));
            }
        });
        return logins;
    }

    private static @Nullable Phase phase(Channel channel) {
        ConnectionHandler handler = channel.pipeline().get(ConnectionHandler.class);
        return handler == null ? null : handler.phase();
    }

    private static void refuse(Channel channel, String limit) {
        ErrorFields error = ProxyError.CLIENT_LOGIN_TIMEOUT.fields(limit);
        switch (phase(channel)) {
            case ClientLogin login when login.isOver() && !login.isCancelling() -> {
                // it is closing, and has been told why
            }
            case ClientLogin login -> {
                UserLookup lookup = login.lookup();
                boolean isServerDown = lookup != null && lookup.isWaiting();
                login.refuse(isServerDown ? ProxyError.CLIENT_LOGIN_TIMEOUT_OF_SERVER.fields(limit) : error);
            }
            case WelcomeProbe probe -> probe.end(ProxyError.CLIENT_LOGIN_TIMEOUT_OF_SERVER.fields(limit));
            case null, default ->
                channel.pipeline().get(ProxyHeaderHandler.class).refuse(error.message());
        }
    }
}
