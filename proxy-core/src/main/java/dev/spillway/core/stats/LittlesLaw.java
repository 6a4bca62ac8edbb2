package dev.spillway.core.stats;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.PoolKey;
import dev.spillway.core.pool.Totals;
import java.util.Map;

/**
 * How many servers the load needs: by Little's law the arrivals of transactions times how long each took, which is the time that all
 * took together in a span of time of that length. Stateless.
 */
public final class LittlesLaw {
    private static final double NANOS_PER_MICRO = 1000;

    private LittlesLaw() {}

    /** The mean number of servers that were at work, for {@code recent} to be done in that time. */
    public static double atWork(Totals recent, long windowNanos) {
        return windowNanos > 0 ? recent.transactionMicros() * NANOS_PER_MICRO / windowNanos : 0;
    }

    /** The sum of those that are at {@code host}. */
    public static double needed(String host, Map<String, Double> atWorkByDatabase, ProxyConfig config) {
        double needed = 0;
        for (Map.Entry<String, Double> entry : atWorkByDatabase.entrySet()) {
            DatabaseConfig database = config.database(entry.getKey());
            if (database != null && PoolKey.host(database).equals(host)) {
                needed += entry.getValue();
            }
        }
        return needed;
    }
}
