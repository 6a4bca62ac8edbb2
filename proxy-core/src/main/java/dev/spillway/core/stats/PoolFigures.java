package dev.spillway.core.stats;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.LoadBalanceHosts;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.pool.Pool;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.ServerSession;
import org.jspecify.annotations.Nullable;

/**
 * A pool, or one lane's slice of it, at a moment. Immutable. Counts are by PgBouncer's states.
 *
 * @param balancing how its hosts are balanced; null if it has one
 * @param clients those of it
 * @param servers those of it
 * @param oldestWaitNanos how long the client has waited that waits longest; 0 if none does
 */
public record PoolFigures(
        String database,
        String user,
        PoolMode mode,
        @Nullable LoadBalanceHosts balancing,
        Clients clients,
        Servers servers,
        long oldestWaitNanos) {
    /**
     * Clients of a pool.
     *
     * @param active those that do not wait
     * @param cancelling requests to cancel something that have been passed on and have not ended
     * @param cancelWaiting requests to cancel something that may not be passed on yet
     */
    public record Clients(long active, long waiting, long cancelling, long cancelWaiting) {
        Clients plus(Clients other) {
            return new Clients(
                    active + other.active,
                    waiting + other.waiting,
                    cancelling + other.cancelling,
                    cancelWaiting + other.cancelWaiting);
        }
    }

    /**
     * Servers of a pool.
     *
     * @param cancels connections that carry a cancel
     * @param used idle for so long that they are checked before a client gets them
     */
    public record Servers(
            long active, long cancels, long beingCanceled, long idle, long used, long tested, long login) {
        Servers plus(Servers other) {
            return new Servers(
                    active + other.active,
                    cancels + other.cancels,
                    beingCanceled + other.beingCanceled,
                    idle + other.idle,
                    used + other.used,
                    tested + other.tested,
                    login + other.login);
        }

        /** All that count against a limit: those that are logging in, too. */
        long all() {
            return active + beingCanceled + idle + used + tested + login;
        }
    }

    /** Of one lane's slice; called on that lane. Takes no time for each client that neither waits nor has a server. */
    static PoolFigures of(LaneView view, LaneView.PoolEntry entry) {
        ServerPool pool = entry.pool();
        Pool<ServerSession> slice = pool.pool();
        long cancelling = 0;
        long cancels = 0;
        long cancelWaiting = 0;
        for (ServerSession server : pool.servers()) {
            cancelling += server.facts().askedCancels();
            cancels += server.facts().cancels();
            cancelWaiting += isCancelWaiting(server.client(), view) ? 1 : 0;
        }
        return new PoolFigures(
                entry.database(),
                entry.user(),
                pool.configuredMode(),
                balancing(slice.share().key().servers()),
                new Clients(pool.clients() - pool.waitingClients(), slice.waiting(), cancelling, cancelWaiting),
                new Servers(
                        count(view, pool, "active"),
                        cancels,
                        count(view, pool, "being_canceled"),
                        count(view, pool, "idle"),
                        count(view, pool, "used"),
                        count(view, pool, "tested"),
                        slice.opening()),
                slice.oldestWaitNanos(view.nowNanos()));
    }

    /** A cancel that waits is behind a restore, which needs a server. */
    private static boolean isCancelWaiting(@Nullable ClientSession client, LaneView view) {
        return client != null && client.facts(view.nowNanos()).isCancelWaiting();
    }

    /** How the hosts of {@code database} are balanced; null if it has one. */
    static @Nullable LoadBalanceHosts balancing(DatabaseConfig database) {
        return database.hosts().size() > 1 ? database.loadBalanceHosts() : null;
    }

    private static long count(LaneView view, ServerPool pool, String state) {
        return pool.servers().stream()
                .filter(server -> state(view, pool, server).equals(state))
                .count();
    }

    /** PgBouncer's name of the server's state, the pool's view of it included. */
    static String state(LaneView view, ServerPool pool, ServerSession server) {
        String state = server.state();
        boolean isUsed = state.equals("idle") && pool.pool().isStale(server, view.nowNanos());
        return isUsed ? "used" : state;
    }

    /** The same of all slices of a pool. */
    String key() {
        return database + "\0" + user;
    }

    /** Two slices of the same pool together. */
    PoolFigures plus(PoolFigures other) {
        return new PoolFigures(
                database,
                user,
                mode,
                balancing,
                clients.plus(other.clients),
                servers.plus(other.servers),
                Math.max(oldestWaitNanos, other.oldestWaitNanos));
    }
}
