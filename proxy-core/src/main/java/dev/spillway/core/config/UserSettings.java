package dev.spillway.core.config;

import static dev.spillway.core.config.Setting.Change.RELOAD;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Settings of one user, as {@link Settings} are for the whole proxy: the keys of {@code [users.NAME]}. */
public final class UserSettings {
    private static final List<Setting<?>> ALL = new ArrayList<>();

    public static final Setting<Secret> PASSWORD = add(Setting.optional(
            "password",
            new SecretType(),
            "\"secret\"",
            RELOAD,
            "The user's password, as it is or as PostgreSQL stores it: `md5…` or `SCRAM-SHA-256$…`."));
    public static final Setting<PoolMode> POOL_MODE = add(Setting.optional(
            "pool_mode",
            Settings.poolMode(),
            "\"session\"",
            RELOAD,
            "Instead of the database's `pool_mode`, for this user."));
    public static final Setting<SessionState> SESSION_STATE = add(Setting.optional(
            "session_state",
            StateSettings.type(),
            "\"ignore\"",
            RELOAD,
            "Instead of the database's `session_state`, for this user."));
    public static final Setting<Integer> POOL_SIZE = add(Setting.optional(
            "pool_size",
            new IntegerType(1, Settings.MAX_BACKENDS),
            "20",
            RELOAD,
            "Instead of the database's `pool_size`, for each pool of this user."));
    public static final Setting<Integer> RESERVE_POOL_SIZE = add(Setting.optional(
            "reserve_pool_size",
            new IntegerType(0, Settings.MAX_BACKENDS),
            "30",
            RELOAD,
            "Instead of the database's `reserve_pool_size`, for each pool of this user."));
    public static final Setting<Integer> POOL_WEIGHT = add(Setting.optional(
            "pool_weight",
            new IntegerType(1, 1000),
            "1",
            RELOAD,
            "Instead of the database's `pool_weight`, for each pool of this user."));
    public static final Setting<Integer> MAX_CONNECTIONS = add(Setting.optional(
            "max_user_connections",
            new IntegerType(0, Settings.MAX_BACKENDS),
            "0",
            RELOAD,
            "Instead of the global `max_user_connections`, for this user."));
    public static final Setting<Integer> MAX_CLIENT_CONNECTIONS = add(Setting.optional(
            "max_user_client_connections",
            new IntegerType(0, 1_000_000),
            "0",
            RELOAD,
            "Instead of the global `max_user_client_connections`, for this user."));
    public static final Setting<Duration> QUERY_TIMEOUT = time("query_timeout");
    public static final Setting<Duration> TRANSACTION_TIMEOUT = time("transaction_timeout");
    public static final Setting<Duration> IDLE_TRANSACTION_TIMEOUT = time("idle_transaction_timeout");
    public static final Setting<Duration> CLIENT_IDLE_TIMEOUT = time("client_idle_timeout");
    public static final Setting<Duration> QUERY_WAIT_TIMEOUT = add(Setting.optional(
            "query_wait_timeout",
            new DurationType(),
            "\"30s\"",
            RELOAD,
            "Instead of the database's `query_wait_timeout`, for clients that log in as this user."));

    private UserSettings() {}

    /** All of them, as they stand in the documentation. */
    static List<Setting<?>> all() {
        return List.copyOf(ALL);
    }

    private static Setting<Duration> time(String name) {
        return add(Setting.optional(
                name, new DurationType(), "\"60s\"", RELOAD, "Instead of the global `" + name + "`, for this user."));
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        ALL.add(setting);
        return setting;
    }
}
