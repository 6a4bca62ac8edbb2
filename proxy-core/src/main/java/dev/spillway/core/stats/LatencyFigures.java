package dev.spillway.core.stats;

import dev.spillway.core.pool.Durations;
import dev.spillway.core.pool.PoolCounters;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How long things took in one pool, or in one lane's slice of it. Nobody changes what is in it, once it is made. */
public record LatencyFigures(String database, String user, Durations waits, Durations transactions, Durations queries) {
    private static final double MICROS_PER_SECOND = 1e6;
    private static final Table.Columns COLUMNS =
            Table.Columns.NONE.text("database", "user", "what").int8("count", "p50_us", "p90_us", "p99_us", "max_us");

    /** Of one lane; called on that lane. */
    public static List<LatencyFigures> of(LaneView view) {
        List<LatencyFigures> all = new ArrayList<>();
        for (LaneView.PoolEntry entry : view.pools()) {
            PoolCounters counters = entry.pool().pool().counters();
            Durations waits = copy(counters.waitTimes);
            waits.addNone(counters.assignments - counters.waits);
            all.add(new LatencyFigures(
                    entry.database(), entry.user(), waits, copy(counters.transactionTimes), copy(counters.queryTimes)));
        }
        return all;
    }

    private static Durations copy(Durations times) {
        Durations copy = new Durations();
        copy.add(times);
        return copy;
    }

    private LatencyFigures plus(LatencyFigures other) {
        LatencyFigures sum = new LatencyFigures(database, user, copy(waits), copy(transactions), copy(queries));
        sum.waits.add(other.waits);
        sum.transactions.add(other.transactions);
        sum.queries.add(other.queries);
        return sum;
    }

    /** SHOW LATENCY: three rows per pool, times in microseconds. */
    public static Table table(Collection<List<LatencyFigures>> lanes) {
        Map<String, LatencyFigures> pools = new TreeMap<>();
        lanes.forEach(lane ->
                lane.forEach(pool -> pools.merge(pool.database + '\0' + pool.user, pool, LatencyFigures::plus)));
        List<List<@Nullable String>> rows = new ArrayList<>();
        pools.values().forEach(pool -> {
            rows.add(pool.row("wait", pool.waits));
            rows.add(pool.row("xact", pool.transactions));
            rows.add(pool.row("query", pool.queries));
        });
        return COLUMNS.table(rows);
    }

    private List<@Nullable String> row(String what, Durations times) {
        return Table.row(
                database, user, what, times.count(), at(times, 0.5), at(times, 0.9), at(times, 0.99), at(times, 1));
    }

    private static long at(Durations times, double part) {
        return Math.round(times.quantileSeconds(part) * MICROS_PER_SECOND);
    }
}
