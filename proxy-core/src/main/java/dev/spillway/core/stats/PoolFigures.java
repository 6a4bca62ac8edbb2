package dev.spillway.core.stats;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.pool.Pool;
import dev.spillway.core.pool.Totals;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.ServerSession;

/**
 * A pool, or one lane's slice of it, at a moment. Immutable. Counts of servers are by PgBouncer's states.
 *
 * @param clientsActive clients that do not wait
 * @param oldestWaitNanos how long the client has waited that waits longest; 0 if none does
 * @param lastPeriod what it did in the last whole stats_period
 */
public record PoolFigures(
        String database,
        String user,
        PoolMode mode,
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
