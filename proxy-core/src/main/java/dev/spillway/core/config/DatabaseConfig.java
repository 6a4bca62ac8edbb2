package dev.spillway.core.config;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where the connections to one database go and as whom. Immutable and usable from any thread; equal to another with the
 * same values. It never prints a secret.
 *
 * @param name what clients ask for
 */
public record DatabaseConfig(String name, SettingValues values) {
    /** The database of that name on {@code 127.0.0.1:5432}, nothing else set. */
    public static DatabaseConfig named(String name) {
        return new DatabaseConfig(name, SettingValues.DEFAULTS);
    }

    /** A copy in which one setting of {@link Settings#database()} is different; null takes the default back. */
    public <T> DatabaseConfig with(Setting<T> setting, @Nullable T value) {
        return new DatabaseConfig(name, values.with(setting, value));
    }

    /** What a fallback is for a name that is not configured. */
    DatabaseConfig standingFor(String requested) {
        DatabaseConfig database = new DatabaseConfig(requested, values);
        return dbname() == null ? database.with(DatabaseSettings.DBNAME, requested) : database;
    }

    /** As it was written, several with commas between; one by one in {@link #hosts}. */
    public String host() {
        return values.get(DatabaseSettings.HOST);
    }

    /** In the order written, at least one. */
    public List<String> hosts() {
        return List.of(host().split(",", -1));
    }

    public LoadBalanceHosts loadBalanceHosts() {
        return values.get(DatabaseSettings.LOAD_BALANCE_HOSTS);
    }

    public int port() {
        return values.get(DatabaseSettings.PORT);
    }

    /** The name on the server; null: the same as {@link #name}. */
    public @Nullable String dbname() {
        return values.find(DatabaseSettings.DBNAME);
    }

    /** The user of every server connection; null: the client's. */
    public @Nullable String user() {
        return values.find(DatabaseSettings.USER);
    }

    /** The password of {@link #user}; null: whatever is known of that user elsewhere. */
    public @Nullable Secret password() {
        return values.find(DatabaseSettings.PASSWORD);
    }

    /** Null: {@link ProxyConfig#authUser}. */
    public @Nullable String authUser() {
        return values.find(DatabaseSettings.AUTH_USER);
    }

    /** Null: {@link ProxyConfig#authQuery}. */
    public @Nullable String authQuery() {
        return values.find(DatabaseSettings.AUTH_QUERY);
    }

    /** Null: {@link ProxyConfig#authDbname}. */
    public @Nullable String authDbname() {
        return values.find(DatabaseSettings.AUTH_DBNAME);
    }

    /** Runs on each new server connection; empty: nothing does. */
    public String connectQuery() {
        return Objects.requireNonNullElse(values.find(DatabaseSettings.CONNECT_QUERY), "");
    }

    /** Null: {@link TlsConfig#serverTlsSslmode}. */
    public @Nullable SslMode sslmode() {
        return values.find(DatabaseSettings.SSLMODE);
    }

    /** Null: the global one. */
    public @Nullable PoolMode poolMode() {
        return values.find(DatabaseSettings.POOL_MODE);
    }

    /** Null: the global one. */
    public @Nullable SessionState sessionState() {
        return values.find(DatabaseSettings.SESSION_STATE);
    }

    /** Null: {@link ProxyConfig#defaultPoolSize}. */
    public @Nullable Integer poolSize() {
        return values.find(DatabaseSettings.POOL_SIZE);
    }

    /** Null: the global one. */
    public @Nullable Integer minPoolSize() {
        return values.find(DatabaseSettings.MIN_POOL_SIZE);
    }

    /** Null: 1. */
    public @Nullable Integer poolWeight() {
        return values.find(DatabaseSettings.POOL_WEIGHT);
    }

    /** 0: no limit; null: the global one. */
    public @Nullable Integer maxDbConnections() {
        return values.find(DatabaseSettings.MAX_CONNECTIONS);
    }

    /** 0: no limit; null: the global one. */
    public @Nullable Integer maxDbClientConnections() {
        return values.find(DatabaseSettings.MAX_CLIENT_CONNECTIONS);
    }

    /** Null: the global one. */
    public @Nullable Integer reservePoolSize() {
        return values.find(DatabaseSettings.RESERVE_POOL_SIZE);
    }

    /** Null: the global one. */
    public @Nullable Boolean failFast() {
        return values.find(DatabaseSettings.FAIL_FAST);
    }

    /** 0: for ever; null: the global one. */
    public @Nullable Duration queryWaitTimeout() {
        return values.find(DatabaseSettings.QUERY_WAIT_TIMEOUT);
    }

    /** 0: each server is used once; null: the global one. */
    public @Nullable Duration serverLifetime() {
        return values.find(DatabaseSettings.SERVER_LIFETIME);
    }
}
