package dev.spillway.core.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is configured about one user. Immutable and usable from any thread. It never prints a secret.
 *
 * @param name as clients log in
 */
public record UserConfig(String name, SettingValues values) {
    /** The user of that name, nothing set. */
    public static UserConfig named(String name) {
        return new UserConfig(name, SettingValues.DEFAULTS);
    }

    /** A copy in which one setting of {@link Settings#user()} is different; null takes the default back. */
    public <T> UserConfig with(Setting<T> setting, @Nullable T value) {
        return new UserConfig(name, values.with(setting, value));
    }

    /** In clear text, or {@code md5…}, or {@code SCRAM-SHA-256$…}; null: not known here. */
    public @Nullable Secret password() {
        return values.find(UserSettings.PASSWORD);
    }

    /** Null: the database's or the global one. */
    public @Nullable PoolMode poolMode() {
        return values.find(UserSettings.POOL_MODE);
    }

    /** Null: the database's or the global one. */
    public @Nullable SessionState sessionState() {
        return values.find(UserSettings.SESSION_STATE);
    }

    /** Null: the database's or the global one. */
    public @Nullable Integer poolSize() {
        return values.find(UserSettings.POOL_SIZE);
    }

    /** Null: the database's or the global one. */
    public @Nullable Integer reservePoolSize() {
        return values.find(UserSettings.RESERVE_POOL_SIZE);
    }

    /** Null: the database's. */
    public @Nullable Integer poolWeight() {
        return values.find(UserSettings.POOL_WEIGHT);
    }

    /** 0: no limit; null: the global one. */
    public @Nullable Integer maxUserConnections() {
        return values.find(UserSettings.MAX_CONNECTIONS);
    }

    /** 0: no limit; null: the global one. */
    public @Nullable Integer maxUserClientConnections() {
        return values.find(UserSettings.MAX_CLIENT_CONNECTIONS);
    }

    /** Null: the global one. */
    public @Nullable Duration queryTimeout() {
        return values.find(UserSettings.QUERY_TIMEOUT);
    }

    /** Null: the global one. */
    public @Nullable Duration transactionTimeout() {
        return values.find(UserSettings.TRANSACTION_TIMEOUT);
    }

    /** Null: the global one. */
    public @Nullable Duration idleTransactionTimeout() {
        return values.find(UserSettings.IDLE_TRANSACTION_TIMEOUT);
    }

    /** Null: the global one. */
    public @Nullable Duration clientIdleTimeout() {
        return values.find(UserSettings.CLIENT_IDLE_TIMEOUT);
    }

    /** 0: for ever; null: the database's or the global one. */
    public @Nullable Duration queryWaitTimeout() {
        return values.find(UserSettings.QUERY_WAIT_TIMEOUT);
    }
}
