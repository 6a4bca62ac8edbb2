package dev.spillway.core.pool;

import java.time.Duration;

/**
 * The numbers a pool keeps to.
 *
 * @param size servers at most, over all lanes
 * @param reserve more servers once a client has waited for {@code reserveTimeout}
 * @param reserveTimeout zero: never
 * @param waitTimeout how long a client waits; zero: for ever
 * @param idleTimeout how long a server may be idle; zero: for ever
 * @param lifetime how old a server may become; it is closed when it is free
 * @param loginRetry the longest pause between two attempts to open a server
 */
public record PoolLimits(
        int size,
        int reserve,
        Duration reserveTimeout,
        Duration waitTimeout,
        Duration idleTimeout,
        Duration lifetime,
        Duration loginRetry) {}
