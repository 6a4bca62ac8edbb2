package dev.spillway.core.config;

import static dev.spillway.core.config.Setting.Change.RELOAD;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Settings of one database, as {@link Settings} are for the whole proxy: the keys of {@code [databases.NAME]}. */
public final class DatabaseSettings {
    private static final List<Setting<?>> ALL = new ArrayList<>();

    public static final Setting<String> HOST = add(Setting.of(
            "host",
            new HostType(),
            "127.0.0.1",
            RELOAD,
            "Host name or address of the server; with commas between, servers of the same data that stand in"
                    + " for each other."));
    public static final Setting<LoadBalanceHosts> LOAD_BALANCE_HOSTS = add(Setting.of(
            "load_balance_hosts",
            ChoiceType.of(LoadBalanceHosts.class, LoadBalanceHosts::spelling),
            LoadBalanceHosts.ROUND_ROBIN,
            RELOAD,
            "Which of several hosts, and of several addresses of a name, a new connection tries first: the next one"
                    + " each time, or (`disable`) the same one until it fails. The others are tried after it."));
    public static final Setting<Integer> PORT = add(Setting.of(
            "port",
            new IntegerType(1, 65_535),
            5432,
            RELOAD,
            "Port of the server, which is part of the name of a Unix socket too."));
    public static final Setting<String> DBNAME = add(Setting.optional(
            "dbname",
            new TextType(),
            "\"app_production\"",
            RELOAD,
            "The database's name on the server; without it, the name that the client asked for."));
    public static final Setting<String> USER = add(Setting.optional(
            "user",
            new TextType(),
            "\"app\"",
            RELOAD,
            "Log in to the server as this user, whoever the client is; without it, as the client's user."));
    public static final Setting<Secret> PASSWORD = add(Setting.optional(
            "password",
            new SecretType(),
            "\"secret\"",
            RELOAD,
            "The password of `user`; without it, the one that is known from `[users.NAME]` or `auth_file`."));
    public static final Setting<String> AUTH_USER = add(Setting.optional(
            "auth_user",
            new TextType(),
            "\"pgbouncer\"",
            RELOAD,
            "Instead of the global `auth_user`, for clients of this database."));
    public static final Setting<String> AUTH_QUERY = add(Setting.optional(
            "auth_query",
            new TextType(),
            "\"SELECT * FROM pgbouncer.user_lookup($1)\"",
            RELOAD,
            "Instead of the global `auth_query`, for clients of this database."));
    public static final Setting<String> AUTH_DBNAME = add(Setting.optional(
            "auth_dbname",
            new TextType(),
            "\"app\"",
            RELOAD,
            "Instead of the global `auth_dbname`, for clients of this database."));
    public static final Setting<String> CONNECT_QUERY = add(Setting.optional(
            "connect_query",
            new TextType(),
            "\"SET search_path = app\"",
            RELOAD,
            "SQL that runs on each new server connection before a client gets it. The settings it makes (its role and"
                + " custom settings that it names too) are the base for every client and come back after whatever a"
                + " client has set; what else it leaves, such as temporary tables, stays in transaction mode only. A"
                + " connection on which it fails is not used; PgBouncer uses it."));
    public static final Setting<SslMode> SSLMODE = add(Setting.optional(
            "sslmode",
            ChoiceType.of(SslMode.class, SslMode::spelling),
            "\"prefer\"",
            RELOAD,
            "Instead of `server_tls_sslmode`, for this database."));
    public static final Setting<PoolMode> POOL_MODE = add(Setting.optional(
            "pool_mode",
            Settings.poolMode(),
            "\"session\"",
            RELOAD,
            "Instead of the global `pool_mode`, for this database."));
    public static final Setting<SessionState> SESSION_STATE = add(Setting.optional(
            "session_state",
            StateSettings.type(),
            "\"ignore\"",
            RELOAD,
            "Instead of the global `session_state`, for this database."));
    public static final Setting<Integer> POOL_SIZE = add(Setting.optional(
            "pool_size",
            new IntegerType(1, Settings.MAX_BACKENDS),
            "20",
            RELOAD,
            "Instead of `default_pool_size`, for each pool of this database."));
    public static final Setting<Integer> MIN_POOL_SIZE = add(Setting.optional(
            "min_pool_size",
            new IntegerType(0, Settings.MAX_BACKENDS),
            "0",
            RELOAD,
            "Instead of the global `min_pool_size`, for each pool of this database."));
    public static final Setting<Integer> POOL_WEIGHT = add(Setting.optional(
            "pool_weight",
            new IntegerType(1, 1000),
            "1",
            RELOAD,
            "Where one PostgreSQL has not enough connections for all pools, each pool of this database gets so many"
                    + " parts of what there is; 1 if it is not set."));
    public static final Setting<Integer> MAX_CONNECTIONS = add(Setting.optional(
            "max_db_connections",
            new IntegerType(0, Settings.MAX_BACKENDS),
            "0",
            RELOAD,
            "Instead of the global `max_db_connections`, for this database."));
    public static final Setting<Integer> MAX_CLIENT_CONNECTIONS = add(Setting.optional(
            "max_db_client_connections",
            new IntegerType(0, 1_000_000),
            "0",
            RELOAD,
            "Instead of the global `max_db_client_connections`, for this database."));
    public static final Setting<Integer> RESERVE_POOL_SIZE = add(Setting.optional(
            "reserve_pool_size",
            new IntegerType(0, Settings.MAX_BACKENDS),
            "30",
            RELOAD,
            "Instead of the global `reserve_pool_size`, for each pool of this database."));
    public static final Setting<Boolean> FAIL_FAST = add(Setting.optional(
            "fail_fast", new FlagType(), "true", RELOAD, "Instead of the global `fail_fast`, for this database."));
    public static final Setting<Duration> QUERY_WAIT_TIMEOUT = add(Setting.optional(
            "query_wait_timeout",
            new DurationType(),
            "\"30s\"",
            RELOAD,
            "Instead of the global `query_wait_timeout`, for this database."));
    public static final Setting<Duration> SERVER_LIFETIME = add(Setting.optional(
            "server_lifetime",
            new DurationType(),
            "\"10min\"",
            RELOAD,
            "Instead of the global `server_lifetime`, for this database."));

    private DatabaseSettings() {}

    /** All of them, as they stand in the documentation. */
    static List<Setting<?>> all() {
        return List.copyOf(ALL);
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        ALL.add(setting);
        return setting;
    }
}
