package dev.spillway.core.session;

import dev.spillway.core.config.LogConfig;

/**
 * Which transactions the log is told of. Immutable.
 *
 * @param nanos those that take at least so long; {@link Long#MAX_VALUE}: none
 * @param withText whether with their SQL
 */
public record SlowRule(long nanos, boolean withText) {
    /** None. */
    public static final SlowRule NONE = new SlowRule(Long.MAX_VALUE, false);

    /** As it is configured. */
    public static SlowRule of(LogConfig config) {
        return config.logMinDuration().isPositive()
                ? new SlowRule(config.logMinDuration().toNanos(), config.logMinDurationSql())
                : NONE;
    }
}
