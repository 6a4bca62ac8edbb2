package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.pool.ErrorCounts;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** SHOW ERRORS: what went wrong lately in words, and what PostgreSQL refused in numbers. */
public final class ErrorTable {
    private static final Table.Columns COLUMNS = Table.Columns.NONE
            .text("sqlstate", "cause", "database", "user")
            .int8("count")
            .timestamp("first_time", "last_time")
            .text("last_text");

    private final Incidents incidents = new Incidents();
    private final Map<String, ErrorCounts> servers = new TreeMap<>();

    private ErrorTable() {}

    /** Of one lane; called on that lane. */
    public static ErrorTable of(LaneView view) {
        ErrorTable all = new ErrorTable();
        all.incidents.add(view.incidents());
        view.past().forEach((database, work) -> all.add(database, work.errors));
        view.pools().forEach(pool -> all.add(pool.database(), pool.pool().pool().counters().errors));
        return all;
    }

    private void add(String database, ErrorCounts counts) {
        servers.computeIfAbsent(database, first -> new ErrorCounts()).add(counts);
    }

    /** The latest first; then those of PostgreSQL, of which only classes are counted. */
    public static Table table(Collection<ErrorTable> lanes) {
        ErrorTable all = new ErrorTable();
        lanes.forEach(lane -> {
            all.incidents.add(lane.incidents);
            lane.servers.forEach(all::add);
        });
        List<List<@Nullable String>> rows = new ArrayList<>();
        all.incidents.byCause().entrySet().stream()
                .flatMap(cause -> cause.getValue().stream().map(incident -> Map.entry(cause.getKey(), incident)))
                .sorted(Comparator.comparingLong((Map.Entry<String, Incident> entry) ->
                                entry.getValue().lastMillis())
                        .reversed())
                .forEach(entry -> rows.add(ofIncident(entry.getKey(), entry.getValue())));
        all.servers.forEach((database, counts) -> counts.byClass()
                .forEach((head, count) -> rows.add(row(
                        head + (head.length() == 2 ? "xxx" : ""), "server", database, null, count, null, null, null))));
        return COLUMNS.table(rows);
    }

    private static List<@Nullable String> ofIncident(String cause, Incident incident) {
        return row(
                incident.sqlstate(),
                cause,
                incident.database(),
                incident.user(),
                incident.count(),
                Table.time(incident.firstMillis()),
                Table.time(incident.lastMillis()),
                incident.text());
    }
}
