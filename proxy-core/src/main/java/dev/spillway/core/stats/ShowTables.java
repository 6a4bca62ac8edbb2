package dev.spillway.core.stats;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.ServerSession;
import dev.spillway.core.session.Wire;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The tables behind SHOW, in PgBouncer's columns and order. Called on the lane whose view it is given; stateless.
 *
 * <p>SHOW STATS has PgBouncer's totals, not its averages over stats_period.
 */
public final class ShowTables {
    private static final long NANOS_PER_MICRO = 1000;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss zzz", Locale.ROOT);
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private ShowTables() {}

    /** One row per pool; waits in seconds and the microseconds behind them. */
    public static Table pools(LaneView view) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (LaneView.PoolEntry entry : view.pools()) {
            ServerPool pool = entry.pool();
            long active = view.clients().stream()
                    .filter(client ->
                            client.pool().equals(pool) && !client.state().equals("waiting"))
                    .count();
            long maxWait = pool.pool().oldestWaitNanos(view.nowNanos());
            rows.add(row(
                    entry.database(),
                    entry.user(),
                    active,
                    pool.pool().waiting(),
                    0,
                    0,
                    count(pool, "active"),
                    0,
                    count(pool, "being_canceled"),
                    count(pool, "idle"),
                    0,
                    count(pool, "tested"),
                    pool.pool().opening(),
                    maxWait / NANOS_PER_SECOND,
                    maxWait % NANOS_PER_SECOND / NANOS_PER_MICRO,
                    pool.mode().spelling(),
                    null));
        }
        return table(
                "database user cl_active cl_waiting cl_active_cancel_req cl_waiting_cancel_req sv_active"
                        + " sv_active_cancel sv_being_canceled sv_idle sv_used sv_tested sv_login maxwait maxwait_us"
                        + " pool_mode load_balance_hosts",
                rows);
    }

    private static long count(ServerPool pool, String state) {
        return pool.servers().stream()
                .filter(server -> server.state().equals(state))
                .count();
    }

    private static final String SOCKET_COLUMNS = "type user database replication state addr port local_addr local_port"
            + " connect_time request_time wait wait_us close_needed ptr link remote_pid tls application_name"
            + " prepared_statements id";

    /** One row per logged-in client. */
    public static Table clients(LaneView view) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (ClientSession client : view.clients()) {
            ServerSession server = client.server();
            long wait = client.waitNanos(view.nowNanos());
            rows.add(row(
                    "C",
                    client.identity().user(),
                    client.identity().database(),
                    "none",
                    client.state(),
                    host(client.wire().peer()),
                    port(client.wire().peer()),
                    host(client.wire().local()),
                    port(client.wire().local()),
                    time(client.identity().connectedAtMillis()),
                    null,
                    wait / NANOS_PER_SECOND,
                    wait % NANOS_PER_SECOND / NANOS_PER_MICRO,
                    0,
                    pointer(client),
                    server == null ? "" : pointer(server),
                    0,
                    "",
                    client.identity().applicationName(),
                    0,
                    System.identityHashCode(client)));
        }
        return table(SOCKET_COLUMNS, rows);
    }

    /** One row per server connection. */
    public static Table servers(LaneView view) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (LaneView.PoolEntry entry : view.pools()) {
            for (ServerSession server : entry.pool().servers()) {
                Wire wire = server.wire();
                rows.add(row(
                        "S",
                        entry.user(),
                        entry.database(),
                        "none",
                        server.state(),
                        host(wire.peer()),
                        port(wire.peer()),
                        host(wire.local()),
                        port(wire.local()),
                        time(server.openedAtMillis()),
                        null,
                        0,
                        0,
                        0,
                        pointer(server),
                        server.client() == null ? "" : pointer(server.client()),
                        server.processId(),
                        "",
                        "",
                        0,
                        System.identityHashCode(server)));
            }
        }
        return table(SOCKET_COLUMNS, rows);
    }

    /** As PgBouncer writes it, with the zone of this machine. */
    private static String time(long millis) {
        return TIME.format(Instant.ofEpochMilli(millis).atZone(ZoneId.systemDefault()));
    }

    private static String pointer(Object session) {
        return "0x" + Integer.toHexString(System.identityHashCode(session));
    }

    private static String host(String address) {
        int colon = address.lastIndexOf(':');
        return colon < 0 ? address : address.substring(0, colon);
    }

    private static String port(String address) {
        return address.substring(address.lastIndexOf(':') + 1);
    }

    /** One row per database; times in microseconds. */
    public static Table stats(LaneView view) {
        var totals = new TreeMap<String, long[]>();
        for (LaneView.PoolEntry entry : view.pools()) {
            long[] sums = totals.computeIfAbsent(entry.database(), name -> new long[12]);
            long[] figures = figures(entry.pool().pool().counters());
            Arrays.setAll(sums, i -> sums[i] + figures[i]);
        }
        List<List<@Nullable String>> rows = new ArrayList<>();
        totals.forEach((database, sums) -> rows.add(statsRow(database, sums)));
        return table(
                "database total_server_assignment_count total_xact_count total_query_count total_received total_sent"
                        + " total_xact_time total_query_time total_wait_time total_client_parse_count"
                        + " total_server_parse_count total_bind_count total_client_login_count",
                rows);
    }

    private static long[] figures(PoolCounters counters) {
        return new long[] {
            counters.assignments,
            counters.transactions,
            counters.queries,
            counters.bytesReceived,
            counters.bytesSent,
            counters.transactionNanos / NANOS_PER_MICRO,
            counters.queryNanos / NANOS_PER_MICRO,
            counters.waitNanos / NANOS_PER_MICRO,
            0,
            0,
            0,
            counters.clientLogins
        };
    }

    private static List<@Nullable String> statsRow(String database, long[] sums) {
        List<@Nullable String> row = new ArrayList<>();
        row.add(database);
        for (long sum : sums) {
            row.add(Long.toString(sum));
        }
        return row;
    }

    /** One row per configured database. */
    public static Table databases(LaneView view) {
        ProxyConfig config = view.config();
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (DatabaseConfig database : config.databases().values()) {
            PoolMode mode = database.poolMode();
            long servers = view.pools().stream()
                    .filter(entry -> entry.database().equals(database.name()))
                    .mapToLong(entry -> entry.pool().pool().open())
                    .sum();
            long clients = view.clients().stream()
                    .filter(client -> client.identity().database().equals(database.name()))
                    .count();
            rows.add(row(
                    database.name(),
                    database.host(),
                    database.port(),
                    Objects.requireNonNullElse(database.dbname(), database.name()),
                    database.user(),
                    Objects.requireNonNullElse(database.poolSize(), config.defaultPoolSize()),
                    0,
                    Objects.requireNonNullElse(database.reservePoolSize(), config.reservePoolSize()),
                    config.serverLifetime().toSeconds(),
                    mode == null ? null : mode.spelling(),
                    null,
                    0,
                    servers,
                    0,
                    clients,
                    0,
                    0));
        }
        return table(
                "name host port database force_user pool_size min_pool_size reserve_pool_size server_lifetime pool_mode"
                        + " load_balance_hosts max_connections current_connections max_client_connections"
                        + " current_client_connections paused disabled",
                rows);
    }

    /** One row per setting; secrets are masked. */
    public static Table config(LaneView view) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        Settings.show(view.config())
                .forEach(setting ->
                        rows.add(row(setting.key(), setting.value(), setting.defaultValue(), setting.changeable())));
        return table("key value default changeable", rows);
    }

    /** The version of the proxy. */
    public static Table version(String version) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        rows.add(row(version));
        return table("version", rows);
    }

    private static Table table(String columns, List<List<@Nullable String>> rows) {
        return new Table(List.of(columns.split(" ", -1)), rows);
    }

    private static List<@Nullable String> row(@Nullable Object... values) {
        List<@Nullable String> row = new ArrayList<>();
        for (Object value : values) {
            row.add(value == null ? null : value.toString());
        }
        return row;
    }
}
