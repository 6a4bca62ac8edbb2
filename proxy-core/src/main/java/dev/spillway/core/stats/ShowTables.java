package dev.spillway.core.stats;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.LoadBalanceHosts;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.pool.Totals;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The tables behind SHOW, in PgBouncer's columns and order. Stateless. */
public final class ShowTables {
    private static final long NANOS_PER_MICRO = 1000;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss zzz", Locale.ROOT);
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private ShowTables() {}

    /** One row per pool; waits in seconds and the microseconds behind them. */
    public static Table pools(ProxyFigures figures) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (PoolFigures pool : figures.pools()) {
            rows.add(row(
                    pool.database(),
                    pool.user(),
                    pool.clientsActive(),
                    pool.clientsWaiting(),
                    0,
                    0,
                    pool.serversActive(),
                    0,
                    pool.serversBeingCanceled(),
                    pool.serversIdle(),
                    0,
                    pool.serversTested(),
                    pool.serversLogin(),
                    pool.oldestWaitNanos() / NANOS_PER_SECOND,
                    pool.oldestWaitNanos() % NANOS_PER_SECOND / NANOS_PER_MICRO,
                    pool.mode().spelling(),
                    spelling(pool.balancing())));
        }
        return table(
                "database user cl_active cl_waiting cl_active_cancel_req cl_waiting_cancel_req sv_active"
                        + " sv_active_cancel sv_being_canceled sv_idle sv_used sv_tested sv_login maxwait maxwait_us"
                        + " pool_mode load_balance_hosts",
                rows);
    }

    private static @Nullable String spelling(@Nullable LoadBalanceHosts balancing) {
        return balancing == null ? null : balancing.spelling();
    }

    private static final String SOCKET_COLUMNS = "type user database replication state addr port local_addr local_port"
            + " connect_time request_time wait wait_us close_needed ptr link remote_pid tls application_name"
            + " prepared_statements id";

    /** One row per logged-in client. */
    public static Table clients(ProxyFigures figures) {
        return sockets(figures.clients());
    }

    /** One row per server connection. */
    public static Table servers(ProxyFigures figures) {
        return sockets(figures.servers());
    }

    private static Table sockets(List<ConnectionFigures> sockets) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (ConnectionFigures socket : sockets) {
            rows.add(row(
                    socket.type(),
                    socket.user(),
                    socket.database(),
                    socket.replication(),
                    socket.state(),
                    host(socket.peer()),
                    port(socket.peer()),
                    host(socket.local()),
                    port(socket.local()),
                    time(socket.connectedAtMillis()),
                    null,
                    socket.waitNanos() / NANOS_PER_SECOND,
                    socket.waitNanos() % NANOS_PER_SECOND / NANOS_PER_MICRO,
                    socket.isClosedNext() ? 1 : 0,
                    pointer(socket.id()),
                    socket.linkId() == 0 ? "" : pointer(socket.linkId()),
                    socket.processId(),
                    socket.tls(),
                    socket.applicationName(),
                    0,
                    socket.id()));
        }
        return table(SOCKET_COLUMNS, rows);
    }

    /** As PgBouncer writes it, with the zone of this machine. */
    private static String time(long millis) {
        return TIME.format(Instant.ofEpochMilli(millis).atZone(ZoneId.systemDefault()));
    }

    private static String pointer(int id) {
        return "0x" + Integer.toHexString(id);
    }

    private static String host(String address) {
        int colon = address.lastIndexOf(':');
        return colon < 0 ? address : address.substring(0, colon);
    }

    private static String port(String address) {
        return address.substring(address.lastIndexOf(':') + 1);
    }

    /** One row per database; times in microseconds, averages over the last whole {@code period}. */
    public static Table stats(ProxyFigures figures, Duration period) {
        Map<String, Totals> totals = new TreeMap<>();
        Map<String, Totals> last = new TreeMap<>();
        for (PoolFigures pool : figures.pools()) {
            totals.merge(pool.database(), pool.totals(), Totals::plus);
            last.merge(pool.database(), pool.lastPeriod(), Totals::plus);
        }
        List<List<@Nullable String>> rows = new ArrayList<>();
        totals.forEach((database, sums) -> {
            List<@Nullable String> row = row(database);
            row.addAll(statsColumns(sums, 1, 1, 1, 1));
            Totals done = last.getOrDefault(database, Totals.NONE);
            row.addAll(statsColumns(
                    done,
                    Math.max(1, period.toSeconds()),
                    Math.max(1, done.transactions()),
                    Math.max(1, done.queries()),
                    Math.max(1, done.assignments())));
            rows.add(row);
        });
        return table(
                "database total_server_assignment_count total_xact_count total_query_count total_received total_sent"
                        + " total_xact_time total_query_time total_wait_time total_client_parse_count"
                        + " total_server_parse_count total_bind_count total_client_login_count"
                        + " avg_server_assignment_count avg_xact_count avg_query_count avg_recv avg_sent"
                        + " avg_xact_time avg_query_time avg_wait_time avg_client_parse_count"
                        + " avg_server_parse_count avg_bind_count avg_client_login_count",
                rows);
    }

    /** Times are divided by what they are the time of, everything else by {@code seconds}. */
    private static List<@Nullable String> statsColumns(
            Totals totals, long seconds, long transactions, long queries, long assignments) {
        return row(
                totals.assignments() / seconds,
                totals.transactions() / seconds,
                totals.queries() / seconds,
                totals.received() / seconds,
                totals.sent() / seconds,
                totals.transactionMicros() / transactions,
                totals.queryMicros() / queries,
                totals.waitMicros() / assignments,
                0,
                0,
                0,
                totals.clientLogins() / seconds);
    }

    /** One row per configured database. */
    public static Table databases(ProxyFigures figures, ProxyConfig config) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (DatabaseConfig database : config.databases().values()) {
            PoolMode mode = database.poolMode();
            long servers = figures.pools().stream()
                    .filter(pool -> pool.database().equals(database.name()))
                    .mapToLong(PoolFigures::serversOpen)
                    .sum();
            long clients = figures.clients().stream()
                    .filter(client -> client.database().equals(database.name()))
                    .count();
            rows.add(row(
                    database.name(),
                    database.host(),
                    database.port(),
                    Objects.requireNonNullElse(database.dbname(), database.name()),
                    database.user(),
                    Objects.requireNonNullElse(database.poolSize(), config.defaultPoolSize()),
                    Objects.requireNonNullElse(database.minPoolSize(), config.minPoolSize()),
                    Objects.requireNonNullElse(database.reservePoolSize(), config.reservePoolSize()),
                    Objects.requireNonNullElse(database.serverLifetime(), config.serverLifetime())
                            .toSeconds(),
                    mode == null ? null : mode.spelling(),
                    spelling(PoolFigures.balancing(database)),
                    Objects.requireNonNullElse(database.maxDbConnections(), config.maxDbConnections()),
                    servers,
                    Objects.requireNonNullElse(database.maxDbClientConnections(), config.maxDbClientConnections()),
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

    /** One row per user who is configured or has connections: clients by the name they gave, servers by that of their pool. */
    public static Table users(ProxyFigures figures, ProxyConfig config) {
        Set<String> names = new TreeSet<>(config.users().keySet());
        figures.pools().forEach(pool -> names.add(pool.user()));
        figures.clients().forEach(client -> names.add(client.user()));
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (String name : names) {
            UserConfig user = Objects.requireNonNullElse(config.users().get(name), UserConfig.named(name));
            PoolMode mode = user.poolMode();
            rows.add(row(
                    name,
                    Objects.requireNonNullElse(user.poolSize(), ""),
                    Objects.requireNonNullElse(user.reservePoolSize(), ""),
                    mode == null ? null : mode.spelling(),
                    Objects.requireNonNullElse(user.maxUserConnections(), config.maxUserConnections()),
                    figures.pools().stream()
                            .filter(pool -> pool.user().equals(name))
                            .mapToLong(PoolFigures::serversOpen)
                            .sum(),
                    Objects.requireNonNullElse(user.maxUserClientConnections(), config.maxUserClientConnections()),
                    figures.clients().stream()
                            .filter(client -> client.user().equals(name))
                            .count()));
        }
        return table(
                "name pool_size reserve_pool_size pool_mode max_user_connections current_connections"
                        + " max_user_client_connections current_client_connections",
                rows);
    }

    /** One row per setting; secrets are masked. */
    public static Table config(ProxyConfig config) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        Settings.show(config)
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

    /** One row per name of a host that has been looked up; times in seconds. */
    public static Table dnsHosts(ProxyFigures figures) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        figures.names()
                .forEach(host -> rows.add(row(host.name(), host.ttlSeconds(), String.join(",", host.addresses()))));
        return new Table(
                List.of("hostname", "ttl", "addrs"), List.of(Table.Type.TEXT, Table.Type.INT8, Table.Type.TEXT), rows);
    }

    /** No rows, as in PgBouncer without dns_zone_check_period: the serial numbers of zones are not watched. */
    public static Table dnsZones() {
        return new Table(
                List.of("zonename", "serial", "count"),
                List.of(Table.Type.TEXT, Table.Type.INT8, Table.Type.INT4),
                List.of());
    }

    private static Table table(String columns, List<List<@Nullable String>> rows) {
        List<String> names = List.of(columns.split(" ", -1));
        return new Table(names, Collections.nCopies(names.size(), Table.Type.TEXT), rows);
    }

    private static List<@Nullable String> row(@Nullable Object... values) {
        List<@Nullable String> row = new ArrayList<>();
        for (Object value : values) {
            row.add(value == null ? null : value.toString());
        }
        return row;
    }
}
