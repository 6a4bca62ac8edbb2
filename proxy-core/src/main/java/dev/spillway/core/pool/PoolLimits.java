package dev.spillway.core.pool;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.UserConfig;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The numbers a pool keeps to. Immutable.
 *
 * @param size servers at most, over all lanes
 * @param minSize servers that are kept open, once it is known who it is for
 * @param reserve more servers once a client has waited for {@code reserveTimeout}
 * @param reserveTimeout zero: never
 * @param waitTimeout how long a client waits, unless its user has a limit of its own; zero: for ever
 * @param idleTimeout how long a server may be idle; zero: for ever
 * @param lifetime how old a server may become; it is closed when it is free, up to a tenth earlier, so that not all go at
 *     once
 * @param loginRetry the longest pause between two attempts to open a server
 * @param isRoundRobin take the server that has been idle longest, not the one that was used last
 * @param checkDelay a server that was idle for longer is checked before a client gets it; zero: never
 * @param waitNotify how long a client waits before it is told that it does; zero: it is not told
 * @param isWaitTimeoutFatal whether a client that has waited too long is closed
 * @param maxWaiting clients that wait at most; 0: any number
 * @param weight of what its host has it gets so many parts where there is not enough for all
 * @param isFailFast whether waiting clients fail while no server can be opened and none is open
 */
public record PoolLimits(
        int size,
        int minSize,
        int reserve,
        Duration reserveTimeout,
        Duration waitTimeout,
        Duration idleTimeout,
        Duration lifetime,
        Duration loginRetry,
        boolean isRoundRobin,
        Duration checkDelay,
        Duration waitNotify,
        boolean isWaitTimeoutFatal,
        int maxWaiting,
        int weight,
        boolean isFailFast) {
    /** Those of a pool in which no server is kept for whoever may come. */
    PoolLimits withoutMinSize() {
        return new PoolLimits(
                size,
                0,
                reserve,
                reserveTimeout,
                waitTimeout,
                idleTimeout,
                lifetime,
                loginRetry,
                isRoundRobin,
                checkDelay,
                waitNotify,
                isWaitTimeoutFatal,
                maxWaiting,
                weight,
                isFailFast);
    }

    /** What is configured for the pool of {@code user} to {@code database}: the user's word, else the database's. */
    public static PoolLimits of(ProxyConfig config, DatabaseConfig database, @Nullable UserConfig user) {
        int size = Objects.requireNonNullElse(database.poolSize(), config.defaultPoolSize());
        int reserve = Objects.requireNonNullElse(database.reservePoolSize(), config.reservePoolSize());
        int weight = Objects.requireNonNullElse(database.poolWeight(), 1);
        if (user != null) {
            weight = Objects.requireNonNullElse(user.poolWeight(), weight);
            size = Objects.requireNonNullElse(user.poolSize(), size);
            reserve = Objects.requireNonNullElse(user.reservePoolSize(), reserve);
        }
        return new PoolLimits(
                size,
                Objects.requireNonNullElse(database.minPoolSize(), config.minPoolSize()),
                reserve,
                config.reservePoolTimeout(),
                Objects.requireNonNullElse(database.queryWaitTimeout(), config.queryWaitTimeout()),
                config.serverIdleTimeout(),
                Objects.requireNonNullElse(database.serverLifetime(), config.serverLifetime()),
                config.serverLoginRetry(),
                config.serverRoundRobin(),
                config.serverCheckQuery().isEmpty() ? Duration.ZERO : config.serverCheckDelay(),
                config.queryWaitNotify(),
                config.queryWaitTimeoutFatal(),
                config.capacity().maxWaiting(),
                weight,
                Objects.requireNonNullElse(database.failFast(), config.failFast()));
    }
}
