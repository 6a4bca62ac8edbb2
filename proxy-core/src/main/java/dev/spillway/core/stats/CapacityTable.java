package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.pool.HostFigures;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** SHOW CAPACITY: a row for each PostgreSQL, and for each role and database of it that has a limit of its own. */
public final class CapacityTable {
    private static final int NONE = -1;
    private static final Table.Columns COLUMNS = Table.Columns.NONE
            .text("host", "scope", "name")
            .int4("max_connections", "reserved", "others", "others_peak", "budget", "refused_at", "ours", "opening")
            .int4("peak")
            .int8("waits", "refusals")
            .numeric("needed_by_littles_law")
            .int4("fleet_members", "fleet_budget", "fleet_open")
            .text("problem");

    private CapacityTable() {}

    /** What is unknown, or no limit, is NULL. */
    public static Table of(List<HostFigures> hosts, ProxyFigures figures, ProxyConfig config) {
        Map<String, Double> atWork = new HashMap<>();
        figures.work()
                .forEach(
                        (database, work) -> atWork.put(database, LittlesLaw.atWork(work.recent(), work.windowNanos())));
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
                    BigDecimal.valueOf(LittlesLaw.needed(host.host(), atWork, config))
                            .setScale(2, RoundingMode.HALF_UP),
                    host.fleetMembers() == 0 ? null : host.fleetMembers(),
                    host.fleetMembers() == 0 ? null : host.fleetBudget(),
                    host.fleetMembers() == 0 ? null : host.fleetOpen(),
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
                            null,
                            null)));
        }
        return COLUMNS.table(rows);
    }
}
