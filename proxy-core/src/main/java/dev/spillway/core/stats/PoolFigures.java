package dev.spillway.core.stats;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.LoadBalanceHosts;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.pool.Pool;
import dev.spillway.core.pool.Totals;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.ServerSession;
import org.jspecify.annotations.Nullable;

/**
 * A pool, or one lane's slice of it, at a moment. Immutable. Counts of servers are by PgBouncer's states.
 *
 * @param balancing how its hosts are balanced; null if it has one
 * @param clientsActive clients that do not wait
 * @param oldestWaitNanos how long the client has waited that waits longest; 0 if none does
 * @param lastPeriod what it did in the last whole stats_period
 */
public record PoolFigures(
        String database,
        String user,
        PoolMode mode,
        @Nullable LoadBalanceHosts balancing,
        long clientsActive,
        long clientsWaiting,
        long serversActive,
        long serversBeingCanceled,
        long serversIdle,
        long serversTested,
        long serversLogin,
        long oldestWaitNanos,
        Totals totals,
        Totals lastPeriod) {
    /** Of one lane's slice; called on that lane. */
    static PoolFigures of(LaneView view, LaneView.PoolEntry entry) {
        ServerPool pool = entry.pool();
        Pool<ServerSession> slice = pool.pool();
        return new PoolFigures(
                entry.database(),
                entry.user(),
                pool.configuredMode(),
                balancing(slice.share().key().servers()),
                view.clients().stream()
                        .filter(client ->
                                client.pool().equals(pool) && !client.state().equals("waiting"))
                        .count(),
                slice.waiting(),
                count(pool, "active"),
                count(pool, "being_canceled"),
                count(pool, "idle"),
                count(pool, "tested"),
                slice.opening(),
                slice.oldestWaitNanos(view.nowNanos()),
                slice.counters().totals(),
                slice.counters().lastPeriod());
    }

    /** How the hosts of {@code database} are balanced; null if it has one. */
    static @Nullable LoadBalanceHosts balancing(DatabaseConfig database) {
        return database.hosts().size() > 1 ? database.loadBalanceHosts() : null;
    }

    private static long count(ServerPool pool, String state) {
        return pool.servers().stream()
                .filter(server -> server.state().equals(state))
                .count();
    }

    /** Two slices of the same pool together. */
    PoolFigures plus(PoolFigures other) {
        return new PoolFigures(
                database,
                user,
                mode,
                balancing,
                clientsActive + other.clientsActive,
                clientsWaiting + other.clientsWaiting,
                serversActive + other.serversActive,
                serversBeingCanceled + other.serversBeingCanceled,
                serversIdle + other.serversIdle,
                serversTested + other.serversTested,
                serversLogin + other.serversLogin,
                Math.max(oldestWaitNanos, other.oldestWaitNanos),
                totals.plus(other.totals),
                lastPeriod.plus(other.lastPeriod));
    }

    /** Servers that are logged in. */
    long serversOpen() {
        return serversActive + serversBeingCanceled + serversIdle + serversTested;
    }
}
