package dev.spillway.core.stats;

import dev.spillway.core.pool.Durations;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.PoolCounters;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was done in each of the last stretches of time, so that whoever looks now sees the last minutes.
 *
 * <p>Written by one at a time, read by all. Bounded: {@link #KEPT} stretches, of each the {@link #MOST_DATABASES} databases with the
 * most work.
 */
public final class History {
    /** So long is a stretch, about. */
    public static final long EVERY_SECONDS = 5;

    /** Five minutes. */
    static final int KEPT = 60;

    static final int MOST_DATABASES = 50;

    private static final double MILLIS_PER_SECOND = 1000;
    private static final double SLOWEST = 0.99;

    /**
     * A stretch of time.
     *
     * @param endMillis when it ended, since 1970
     */
    public record Stretch(long endMillis, List<Work> databases, List<HostFigures> hosts) {}

    /**
     * What one database did in it.
     *
     * @param waits how long clients waited for a server; null: nobody wanted one
     * @param transactions how long they took; null: there were none
     */
    public record Work(
            String database,
            double transactionsPerSecond,
            @Nullable Times waits,
            @Nullable Times transactions) {}

    /** Half of them took {@code p50} seconds at most, all but one percent {@code p99}. */
    public record Times(double p50, double p99) {}

    private volatile List<Stretch> stretches = List.of();
    private Map<String, PoolCounters> before = Map.of();
    private long beforeMillis;

    /**
     * A stretch ends; the first only begins.
     *
     * @param now all work that was done so far, by database; not changed any more
     */
    public synchronized void add(Map<String, PoolCounters> now, List<HostFigures> hosts, long nowMillis) {
        double seconds = (nowMillis - beforeMillis) / MILLIS_PER_SECOND;
        if (beforeMillis > 0 && seconds > 0) {
            List<Work> databases = new ArrayList<>();
            now.forEach((database, counters) -> {
                Work work = work(database, before.getOrDefault(database, new PoolCounters()), counters, seconds);
                if (work != null) {
                    databases.add(work);
                }
            });
            databases.sort(
                    Comparator.comparingDouble(Work::transactionsPerSecond).reversed());
            List<Stretch> all = new ArrayList<>(stretches);
            all.add(new Stretch(
                    nowMillis, List.copyOf(databases.subList(0, Math.min(databases.size(), MOST_DATABASES))), hosts));
            stretches = List.copyOf(all.subList(Math.max(0, all.size() - KEPT), all.size()));
        }
        before = Map.copyOf(now);
        beforeMillis = nowMillis;
    }

    /** The oldest first. */
    public List<Stretch> stretches() {
        return stretches;
    }

    /** Null: there was nothing. */
    private static @Nullable Work work(String database, PoolCounters from, PoolCounters to, double seconds) {
        Times waits = times(from.assignmentTimes(), to.assignmentTimes());
        Times transactions = times(from.transactionTimes, to.transactionTimes);
        long done = Math.max(0, to.transactions - from.transactions);
        return waits == null && transactions == null && done == 0
                ? null
                : new Work(database, done / seconds, waits, transactions);
    }

    private static @Nullable Times times(Durations from, Durations to) {
        Durations between = to.since(from);
        return between.count() == 0 ? null : new Times(between.quantileSeconds(0.5), between.quantileSeconds(SLOWEST));
    }
}
