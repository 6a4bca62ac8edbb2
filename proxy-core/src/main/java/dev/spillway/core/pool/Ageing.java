package dev.spillway.core.pool;

/** Which servers of a pool have been there for long enough. */
record Ageing(PoolLimits limits) {
    /** Is it to be closed when it is free? Up to a tenth of its time earlier than it must, so that not all go at once. */
    boolean isTooOld(PooledServer server, long nowNanos) {
        long lifetime = limits.lifetime().toNanos();
        long early = Math.floorMod(server.openedAtNanos() >>> 10, lifetime / 10 + 1);
        return nowNanos - server.openedAtNanos() > lifetime - early;
    }

    /** May no client have it any more, whoever waits? */
    boolean isOutlived(PooledServer server, long nowNanos) {
        return nowNanos - server.openedAtNanos() > limits.lifetime().toNanos();
    }

    boolean isIdleTooLong(PooledServer server, long nowNanos) {
        long idleNanos = limits.idleTimeout().toNanos();
        return idleNanos > 0 && nowNanos - server.idleSinceNanos() > idleNanos;
    }

    /** What was opened for clients that waited long is closed when nobody has needed it for as long. */
    boolean isReserveOver(PooledServer server, long nowNanos) {
        return nowNanos - server.idleSinceNanos() > limits.reserveTimeout().toNanos();
    }

    /** Why one that is idle is closed. */
    String why(PooledServer server, long nowNanos) {
        if (isTooOld(server, nowNanos)) {
            return "server_lifetime over";
        }
        return isIdleTooLong(server, nowNanos)
                ? "idle for longer than server_idle_timeout"
                : "its pool needs no reserve any more";
    }
}
