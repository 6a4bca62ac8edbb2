package dev.spillway.core.pool;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import java.time.Duration;

/** Limits of a pool for tests, by the settings they come from: no reserve, and every time unlimited that can be. */
public record Limits(ProxyConfig config) {
    public static Limits of(int size) {
        return new Limits(ProxyConfig.defaults())
                .with(Settings.DEFAULT_POOL_SIZE, size)
                .with(Settings.RESERVE_POOL_SIZE, 0)
                .with(Settings.RESERVE_POOL_TIMEOUT, Duration.ZERO)
                .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ZERO)
                .with(Settings.QUERY_WAIT_NOTIFY, Duration.ZERO)
                .with(Settings.SERVER_IDLE_TIMEOUT, Duration.ZERO)
                .with(Settings.SERVER_LIFETIME, Duration.ofHours(1))
                .with(Settings.SERVER_CHECK_DELAY, Duration.ZERO);
    }

    public <T> Limits with(Setting<T> setting, T value) {
        return new Limits(config.with(setting, value));
    }

    public PoolLimits build() {
        return PoolLimits.of(config, DatabaseConfig.named("db"), null);
    }
}
