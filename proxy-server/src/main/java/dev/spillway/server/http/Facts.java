package dev.spillway.server.http;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.pool.PoolKey;
import dev.spillway.core.stats.LittlesLaw;
import dev.spillway.core.stats.Overview;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All that pages are made of, at a moment. Immutable.
 *
 * @param connected client connections, logged in or not, those of the console on the proxy port included
 */
record Facts(
        Overview overview,
        List<HostFigures> hosts,
        ProxyConfig config,
        Orders orders,
        ProcessFigures process,
        int connected,
        boolean isDraining,
        String version) {
    /** How long ago an attempt to open a server may have failed, at least, for a database to count as down. */
    private static final Duration SHORTEST_MEMORY = Duration.ofSeconds(30);

    /** The databases that have a table of their own, and those that {@code *} stands for as far as they have pools. */
    List<String> databases() {
        TreeSet<String> names = new TreeSet<>(config.databases().keySet());
        names.remove(ProxyConfig.FALLBACK);
        overview.pools().forEach(pool -> names.add(pool.figures().database()));
        names.addAll(overview.work().keySet());
        return List.copyOf(names);
    }

    /** Those of them whose servers are at {@code host}. */
    List<String> databasesAt(String host) {
        return databases().stream()
                .filter(name -> {
                    DatabaseConfig database = config.database(name);
                    return database != null && PoolKey.host(database).equals(host);
                })
                .toList();
    }

    /** How many servers at {@code host} the load needs. */
    double needed(String host) {
        Map<String, Double> atWork = new HashMap<>();
        overview.work()
                .forEach((database, work) ->
                        atWork.put(database, LittlesLaw.atWork(work.recent(), overview.windowNanos())));
        return LittlesLaw.needed(host, atWork, config);
    }

    /**
     * Why a database cannot be reached, of one that has no server; null: nobody has found that out. An old failure says nothing:
     * only clients make Spillway try again, and none are sent to where they are said to be unwelcome.
     */
    @Nullable
    String whyDown(String database) {
        List<Overview.PoolState> pools = overview.pools().stream()
                .filter(pool -> pool.figures().database().equals(database))
                .toList();
        return pools.stream().anyMatch(Overview.PoolState::hasServer)
                ? null
                : pools.stream()
                        .filter(pool -> pool.failedAgoNanos() < memoryNanos() && pool.isDown())
                        .min(Comparator.comparingLong(Overview.PoolState::failedAgoNanos))
                        .map(Facts::reason)
                        .orElse(null);
    }

    private long memoryNanos() {
        Duration twice = config.serverLoginRetry().multipliedBy(2);
        return (twice.compareTo(SHORTEST_MEMORY) > 0 ? twice : SHORTEST_MEMORY).toNanos();
    }

    /** Why no server of {@code pool} could be opened, in words. */
    static @Nullable String reason(Overview.PoolState pool) {
        return pool.failure() == null ? null : pool.failure().message();
    }

    /** The first database that is down, and why; null: none is. */
    @Nullable
    String whyNotReady() {
        for (String database : databases()) {
            String why = whyDown(database);
            if (why != null) {
                return "database " + database + " is down: " + why;
            }
        }
        return null;
    }
}
