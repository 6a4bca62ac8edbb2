package dev.spillway.server.lane;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.WelcomeProbe;
import dev.spillway.server.pipeline.ConnectionHandler;
import dev.spillway.server.pipeline.ProxyHeaderHandler;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Connections of one lane whose clients are not logged in yet, and since when they are here. Confined to it. */
final class Arrivals {
    private final Map<Channel, Long> since = new LinkedHashMap<>();

    void add(Channel channel, long nowNanos) {
        since.put(channel, nowNanos);
    }

    void remove(Channel channel) {
        since.remove(channel);
    }

    /** Forgets those that are logged in, and ends those that take longer than {@code limit}; zero: none. */
    void tick(long nowNanos, Duration limit) {
        for (Map.Entry<Channel, Long> arrival : List.copyOf(since.entrySet())) {
            Channel channel = arrival.getKey();
            if (!isLoggingIn(channel)) {
                since.remove(channel);
            } else if (limit.isPositive() && nowNanos - arrival.getValue() > limit.toNanos()) {
                since.remove(channel);
                refuse(channel, ProxyError.CLIENT_LOGIN_TIMEOUT.fields(limit.toSeconds() + " s"));
            }
        }
    }

    private static boolean isLoggingIn(Channel channel) {
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

    private static @Nullable Phase phase(Channel channel) {
        ConnectionHandler handler = channel.pipeline().get(ConnectionHandler.class);
        return handler == null ? null : handler.phase();
    }

    private static void refuse(Channel channel, ErrorFields error) {
        switch (phase(channel)) {
            case ClientLogin login -> login.refuse(error);
            case WelcomeProbe probe -> probe.end(error);
            case null, default ->
                channel.pipeline().get(ProxyHeaderHandler.class).refuse(error.message());
        }
    }
}
