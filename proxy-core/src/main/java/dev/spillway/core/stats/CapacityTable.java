package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.HostFigures;
import dev.spillway.core.pool.PoolKey;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** SHOW CAPACITY: a row for each PostgreSQL, and for each role and database of it that has a limit of its own. */
public final class CapacityTable {
    private static final int NONE = -1;
    private static final double NANOS_PER_MICRO = 1000;
    private static final Table.Columns COLUMNS = Table.Columns.NONE
            .text("host", "scope", "name")
            .int4("max_connections", "reserved", "others", "others_peak", "budget", "refused_at", "ours", "opening")
            .int4("peak")
            .int8("waits", "refusals")
            .numeric("needed_by_littles_law")
            .int4("fleet_members", "fleet_budget")
            .text("problem");

    private CapacityTable() {}

    /** What is unknown, or no limit, is NULL. */
    public static Table of(List<HostFigures> hosts, ProxyFigures figures, ProxyConfig config) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (HostFigures host : hosts) {
            boolean isKnown = host.maxConnections() > 0;
            rows.add(row(
                    host.host(),
                    "host",
                    null,
                    isKnown ? host.maxConnections() : null,
                    isKnown ? host.reserved() : null,
                    host.others() == NONE ? null : host.others(),
                    host.othersPeak() == NONE ? null : host.othersPeak(),
                    host.budget() == 0 ? null : host.budget(),
                    host.ceiling() == Integer.MAX_VALUE ? null : host.ceiling(),
                    host.ours(),
                    host.opening(),
                    host.peak(),
                    host.waits(),
                    host.refusals(),
                    BigDecimal.valueOf(needed(host.host(), figures.work(), config))
                            .setScale(2, RoundingMode.HALF_UP),
                    host.fleetMembers() == 0 ? null : host.fleetMembers(),
                    host.fleetMembers() == 0 ? null : host.fleetBudget(),
                    host.problem().isEmpty() ? null : host.problem()));
            host.parts().stream()
                    .filter(part -> part.limit() > 0)
                    .forEach(part -> rows.add(row(
                            host.host(),
                            part.kind(),
                            part.name(),
                            null,
                            null,
                            null,
                            null,
                            part.limit(),
                            null,
                            part.ours(),
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null,
                            null)));
        }
        return COLUMNS.table(rows);
    }

    /**
     * The mean number of servers that were at work: by Little's law the arrivals of transactions times how long each took, which is
     * the time that all took together in a span of time of that length.
     */
    private static double needed(String host, Map<String, Work> work, ProxyConfig config) {
        double needed = 0;
        for (Map.Entry<String, Work> entry : work.entrySet()) {
            DatabaseConfig database = config.database(entry.getKey());
            long window = entry.getValue().windowNanos();
            if (database != null && window > 0 && PoolKey.host(database).equals(host)) {
                needed += entry.getValue().recent().transactionMicros() * NANOS_PER_MICRO / window;
            }
        }
        return needed;
    }
}
