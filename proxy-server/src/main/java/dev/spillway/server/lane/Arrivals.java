package dev.spillway.server.lane;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.WelcomeProbe;
import dev.spillway.server.pipeline.ConnectionHandler;
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
            Phase phase = phase(arrival.getKey());
            boolean isLoggingIn = phase instanceof ClientLogin || phase instanceof WelcomeProbe;
            if (!isLoggingIn) {
                since.remove(arrival.getKey());
            } else if (limit.isPositive() && nowNanos - arrival.getValue() > limit.toNanos()) {
                since.remove(arrival.getKey());
                refuse(phase, ProxyError.CLIENT_LOGIN_TIMEOUT.fields(limit.toSeconds() + " s"));
            }
        }
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

    private static void refuse(@Nullable Phase phase, ErrorFields error) {
        if (phase instanceof ClientLogin login) {
            login.refuse(error);
        } else if (phase instanceof WelcomeProbe probe) {
            probe.end(error);
        }
    }
}
