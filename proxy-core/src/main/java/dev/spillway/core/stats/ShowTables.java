package dev.spillway.core.stats;

import static dev.spillway.core.stats.Table.row;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.LoadBalanceHosts;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.stats.Table.Columns;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Most tables behind SHOW, in PgBouncer's columns and order. Stateless. */
public final class ShowTables {
    private static final long NANOS_PER_MICRO = 1000;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private static final Columns POOLS = Columns.NONE
            .text("database", "user")
            .int4("cl_active", "cl_waiting", "cl_active_cancel_req", "cl_waiting_cancel_req")
            .int4("sv_active", "sv_active_cancel", "sv_being_canceled", "sv_idle", "sv_used", "sv_tested", "sv_login")
            .int4("maxwait", "maxwait_us")
            .text("pool_mode", "load_balance_hosts");

    private static final Columns DATABASES = Columns.NONE
            .text("name", "host")
            .int4("port")
            .text("database", "force_user")
            .int4("pool_size", "min_pool_size", "reserve_pool_size", "server_lifetime")
            .text("pool_mode", "load_balance_hosts")
            .int4("max_connections", "current_connections")
            .int4("max_client_connections", "current_client_connections")
            .int4("paused", "disabled");

    private static final Columns USERS = Columns.NONE
            .text("name", "pool_size", "reserve_pool_size", "pool_mode")
            .int4("max_user_connections", "current_connections")
            .int4("max_user_client_connections", "current_client_connections");

    private ShowTables() {}

    /** One row per pool, and one for the console; waits in seconds and the microseconds behind them. */
    public static Table pools(ProxyFigures figures) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (PoolFigures pool : figures.pools()) {
            PoolFigures.Clients clients = pool.clients();
            PoolFigures.Servers servers = pool.servers();
            rows.add(row(
                    pool.database(),
                    pool.user(),
                    clients.active(),
                    clients.waiting(),
                    clients.cancelling(),
                    clients.cancelWaiting(),
                    servers.active(),
                    servers.cancels(),
                    servers.beingCanceled(),
                    servers.idle(),
                    servers.used(),
                    servers.tested(),
                    servers.login(),
                    pool.oldestWaitNanos() / NANOS_PER_SECOND,
                    pool.oldestWaitNanos() % NANOS_PER_SECOND / NANOS_PER_MICRO,
                    pool.mode().spelling(),
                    spelling(pool.balancing())));
        }
        rows.add(row(
                ProxyFigures.CONSOLE,
                ProxyFigures.CONSOLE,
                figures.consoles().size(),
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                PoolMode.STATEMENT.spelling(),
                null));
        return POOLS.table(byName(rows));
    }

    /** By their first column, as PgBouncer sorts them. */
    private static List<List<@Nullable String>> byName(List<List<@Nullable String>> rows) {
        rows.sort((one, other) -> String.valueOf(one.getFirst()).compareTo(String.valueOf(other.getFirst())));
        return rows;
    }

    private static @Nullable String spelling(@Nullable LoadBalanceHosts balancing) {
        return balancing == null ? null : balancing.spelling();
    }

    private static @Nullable String spelling(@Nullable PoolMode mode) {
        return mode == null ? null : mode.spelling();
    }

    /** One row per database that is configured or, standing under {@code *}, in use; and one for the console. */
    public static Table databases(ProxyFigures figures, ProxyConfig config, Orders orders) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (String name : databaseNames(figures, config)) {
            DatabaseConfig database = config.database(name);
            if (database != null) {
                rows.add(database(database, figures, config, orders));
            }
        }
        rows.add(row(
                ProxyFigures.CONSOLE,
                null,
                config.listenPort(),
                ProxyFigures.CONSOLE,
                ProxyFigures.CONSOLE,
                0,
                0,
                0,
                config.serverLifetime().toSeconds(),
                PoolMode.STATEMENT.spelling(),
                null,
                0,
                0,
                config.maxDbClientConnections(),
                figures.consoles().size(),
                0,
                0));
        return DATABASES.table(byName(rows));
    }

    private static Set<String> databaseNames(ProxyFigures figures, ProxyConfig config) {
        Set<String> names = new TreeSet<>(config.databases().keySet());
        names.remove(ProxyConfig.FALLBACK);
        figures.pools().forEach(pool -> names.add(pool.database()));
        figures.clients().forEach(client -> names.add(client.database()));
        return names;
    }

    private static List<@Nullable String> database(
            DatabaseConfig database, ProxyFigures figures, ProxyConfig config, Orders orders) {
        return row(
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
                spelling(database.poolMode()),
                spelling(PoolFigures.balancing(database)),
                Objects.requireNonNullElse(database.maxDbConnections(), config.maxDbConnections()),
                servers(figures, PoolFigures::database, database.name()),
                Objects.requireNonNullElse(database.maxDbClientConnections(), config.maxDbClientConnections()),
                count(figures.clients(), ClientName::database, database.name()),
                orders.isPaused(database.name()) ? 1 : 0,
                orders.isDisabled(database.name()) ? 1 : 0);
    }

    private static long servers(ProxyFigures figures, Function<PoolFigures, String> key, String name) {
        return figures.pools().stream()
                .filter(pool -> key.apply(pool).equals(name))
                .mapToLong(pool -> pool.servers().all())
                .sum();
    }

    private static <T> long count(List<T> clients, Function<T, String> key, String name) {
        return clients.stream().filter(client -> key.apply(client).equals(name)).count();
    }

    /**
     * One row per user who is configured, has a password here or has connections: clients by the name they gave, servers by
     * that of their pool.
     */
    public static Table users(ProxyFigures figures, ProxyConfig config) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        for (String name : userNames(figures, config)) {
            UserConfig user = Objects.requireNonNullElse(config.users().get(name), UserConfig.named(name));
            rows.add(row(
                    name,
                    Objects.requireNonNullElse(user.poolSize(), ""),
                    Objects.requireNonNullElse(user.reservePoolSize(), ""),
                    spelling(user.poolMode()),
                    Objects.requireNonNullElse(user.maxUserConnections(), config.maxUserConnections()),
                    servers(figures, PoolFigures::user, name),
                    Objects.requireNonNullElse(user.maxUserClientConnections(), config.maxUserClientConnections()),
                    count(figures.clients(), ClientName::user, name)
                            + count(figures.consoles(), ConnectionFigures::user, name)));
        }
        return USERS.table(rows);
    }

    private static Set<String> userNames(ProxyFigures figures, ProxyConfig config) {
        Set<String> names = new TreeSet<>(config.users().keySet());
        names.addAll(figures.users());
        figures.pools().forEach(pool -> names.add(pool.user()));
        figures.clients().forEach(client -> names.add(client.user()));
        figures.consoles().forEach(client -> names.add(client.user()));
        return names;
    }

    /** One row per kind of thing there is, with how many of it there are, the console's included. */
    public static Table lists(ProxyFigures figures, ProxyConfig config) {
        int clients = figures.clients().size()
                + figures.consoles().size()
                + figures.logins().size();
        List<List<@Nullable String>> rows = new ArrayList<>();
        rows.add(row("databases", databases(figures, config, Orders.NONE).rows().size()));
        rows.add(row("users", userNames(figures, config).size()));
        rows.add(row("peers", 0));
        rows.add(row("pools", pools(figures).rows().size()));
        rows.add(row("peer_pools", 0));
        rows.add(row("free_clients", 0));
        rows.add(row("used_clients", clients));
        rows.add(row("login_clients", figures.logins().size()));
        rows.add(row("free_servers", 0));
        rows.add(row("used_servers", figures.servers().size()));
        rows.add(row("dns_names", figures.names().size()));
        rows.add(row("dns_zones", 0));
        rows.add(row(
                "dns_queries",
                figures.names().stream().filter(NameFigures::isAsked).count()));
        rows.add(row("dns_pending", 0));
        return Columns.NONE.text("list").int4("items").table(rows);
    }

    /** Whether clients are served: one row per state, the one it is in says yes. */
    public static Table state(Orders orders) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        rows.add(row("active", orders.isPaused() || orders.isSuspended() ? "no" : "yes"));
        rows.add(row("paused", orders.isPaused() ? "yes" : "no"));
        rows.add(row("suspended", orders.isSuspended() ? "yes" : "no"));
        return Columns.NONE.text("key", "value").table(rows);
    }

    /** One row per setting; secrets are masked. */
    public static Table config(ProxyConfig config) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        Settings.show(config)
                .forEach(setting ->
                        rows.add(row(setting.key(), setting.value(), setting.defaultValue(), setting.changeable())));
        return Columns.NONE.text("key", "value", "default", "changeable").table(rows);
    }

    /** One row, of one column. */
    public static Table single(String column, String value) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        rows.add(row(value));
        return Columns.NONE.text(column).table(rows);
    }

    /** One row per name of a host that has been looked up; times in seconds. */
    public static Table dnsHosts(ProxyFigures figures) {
        List<List<@Nullable String>> rows = new ArrayList<>();
        figures.names()
                .forEach(host -> rows.add(row(host.name(), host.ttlSeconds(), String.join(",", host.addresses()))));
        return Columns.NONE.text("hostname").int8("ttl").text("addrs").table(rows);
    }

    /** No rows, as in PgBouncer without dns_zone_check_period: the serial numbers of zones are not watched. */
    public static Table dnsZones() {
        return Columns.NONE.text("zonename").int8("serial").int4("count").table(List.of());
    }

    /** No rows: there are no peers. */
    public static Table peers() {
        return Columns.NONE
                .int4("peer_id")
                .text("host")
                .int4("port", "pool_size")
                .table(List.of());
    }

    /** No rows: there are no peers. */
    public static Table peerPools() {
        return Columns.NONE
                .int4("peer_id", "cl_active_cancel_req", "cl_waiting_cancel_req", "sv_active_cancel", "sv_login")
                .table(List.of());
    }
}
