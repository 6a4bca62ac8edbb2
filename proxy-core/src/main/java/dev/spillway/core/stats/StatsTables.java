package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.pool.Totals;
import dev.spillway.core.stats.Table.Columns;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The tables of work done behind SHOW, in PgBouncer's columns and order: times in microseconds, traffic in bytes. Stateless.
 *
 * <p>Averages are, as in PgBouncer, over the time since the last whole stats_period began: times by what they are the time
 * of, everything else per second.
 */
public final class StatsTables {
    private static final double NANOS_PER_SECOND = 1e9;

    private static final Columns STATS = Columns.NONE
            .text("database")
            .numeric("total_server_assignment_count", "total_xact_count", "total_query_count")
            .numeric("total_received", "total_sent", "total_xact_time", "total_query_time", "total_wait_time")
            .numeric("total_client_parse_count", "total_server_parse_count", "total_bind_count")
            .numeric("total_client_login_count")
            .numeric("avg_server_assignment_count", "avg_xact_count", "avg_query_count")
            .numeric("avg_recv", "avg_sent", "avg_xact_time", "avg_query_time", "avg_wait_time")
            .numeric("avg_client_parse_count", "avg_server_parse_count", "avg_bind_count")
            .numeric("avg_client_login_count");

    private static final Columns TOTALS_BY_DATABASE = Columns.NONE
            .text("database")
            .numeric("server_assignment_count", "xact_count", "query_count")
            .numeric("bytes_received", "bytes_sent", "xact_time", "query_time", "wait_time")
            .numeric("client_parse_count", "server_parse_count", "bind_count")
            .numeric("client_login_count");

    /** The last four are named as in {@link #STATS}; that is how PgBouncer has it. */
    private static final Columns AVERAGES_BY_DATABASE = Columns.NONE
            .text("database")
            .numeric("server_assignment_count", "xact_count", "query_count")
            .numeric("bytes_received", "bytes_sent", "xact_time", "query_time", "wait_time")
            .numeric("avg_client_parse_count", "avg_server_parse_count", "avg_bind_count")
            .numeric("avg_client_login_count");

    /** What the rows of SHOW TOTALS are called, behind {@code total_} and {@code avg_}. */
    private static final List<String> NAMES = List.of(
            "server_assignment_count",
            "xact_count",
            "query_count",
            "client_bytes",
            "server_bytes",
            "xact_time",
            "query_time",
            "wait_time",
            "ps_client_parse_count",
            "ps_server_parse_count",
            "ps_bind_count",
            "client_login_count");

    private StatsTables() {}

    /** One row per database: totals, then averages. */
    public static Table stats(ProxyFigures figures) {
        return STATS.table(rows(figures, work -> {
            List<@Nullable String> cells = new ArrayList<>(totals(work));
            cells.addAll(averages(work));
            return cells;
        }));
    }

    /** One row per database. */
    public static Table totalsByDatabase(ProxyFigures figures) {
        return TOTALS_BY_DATABASE.table(rows(figures, StatsTables::totals));
    }

    /** One row per database. */
    public static Table averagesByDatabase(ProxyFigures figures) {
        return AVERAGES_BY_DATABASE.table(rows(figures, StatsTables::averages));
    }

    private static List<List<@Nullable String>> rows(
            ProxyFigures figures, Function<Work, List<@Nullable String>> cells) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        figures.work().forEach((database, work) -> {
            List<@Nullable String> row = row(database);
            row.addAll(cells.apply(work));
            rows.add(row);
        });
        return rows;
    }

    /** One row per figure, of all databases together, those that are no more included. */
    public static Table totals(ProxyFigures figures) {
        Work all = figures.work().values().stream().reduce(figures.forgotten(), Work::plus);
        List<List<@Nullable String>> rows = new ArrayList<>();
        addRows(rows, "total_", totals(all));
        addRows(rows, "avg_", averages(all));
        return Columns.NONE.text("name").numeric("value").table(rows);
    }

    private static void addRows(List<List<@Nullable String>> rows, String prefix, List<@Nullable String> values) {
        for (int i = 0; i < NAMES.size(); i++) {
            rows.add(row(prefix + NAMES.get(i), values.get(i)));
        }
    }

    private static List<@Nullable String> totals(Work work) {
        Totals all = work.totals();
        return row(
                all.assignments(),
                all.transactions(),
                all.queries(),
                all.received(),
                all.sent(),
                all.transactionMicros(),
                all.queryMicros(),
                all.waitMicros(),
                all.clientParses(),
                all.serverParses(),
                all.binds(),
                all.clientLogins());
    }

    private static List<@Nullable String> averages(Work work) {
        Totals recent = work.recent();
        double seconds = work.windowNanos() / NANOS_PER_SECOND;
        return row(
                perSecond(recent.assignments(), seconds),
                perSecond(recent.transactions(), seconds),
                perSecond(recent.queries(), seconds),
                perSecond(recent.received(), seconds),
                perSecond(recent.sent(), seconds),
                each(recent.transactionMicros(), recent.transactions()),
                each(recent.queryMicros(), recent.queries()),
                each(recent.waitMicros(), recent.assignments()),
                perSecond(recent.clientParses(), seconds),
                perSecond(recent.serverParses(), seconds),
                perSecond(recent.binds(), seconds),
                perSecond(recent.clientLogins(), seconds));
    }

    private static long perSecond(long count, double seconds) {
        return seconds > 0 ? (long) (count / seconds) : 0;
    }

    private static long each(long micros, long count) {
        return count > 0 ? micros / count : 0;
    }
}
