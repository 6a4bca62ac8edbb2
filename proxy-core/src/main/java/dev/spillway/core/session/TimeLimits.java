package dev.spillway.core.session;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.UserConfig;
import java.time.Duration;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How long a client may take for what; PgBouncer's settings of these names. Zero: for ever.
 *
 * @param query one statement, or one group up to Sync, from its sending to its ReadyForQuery
 * @param transaction from the moment it has a server to the end of its transaction
 * @param idleTransaction silence in a transaction, and in a group that is not ended by a Sync
 * @param idle silence outside of a transaction
 */
public record TimeLimits(Duration query, Duration transaction, Duration idleTransaction, Duration idle) {
    /** No limit at all. */
    public static final TimeLimits NONE = new TimeLimits(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    /** Can anything that a client does with a server be too long? */
    boolean isAnyWithServer() {
        return query.isPositive() || transaction.isPositive() || idleTransaction.isPositive();
    }

    /** What is configured for {@code user}, who may be unknown. */
    public static TimeLimits of(ProxyConfig config, @Nullable UserConfig user) {
        return new TimeLimits(
                own(user, UserConfig::queryTimeout, config.queryTimeout()),
                own(user, UserConfig::transactionTimeout, config.transactionTimeout()),
                own(user, UserConfig::idleTransactionTimeout, config.idleTransactionTimeout()),
                own(user, UserConfig::clientIdleTimeout, config.clientIdleTimeout()));
    }

    /** Can any client be idle for too long? Otherwise those without a server need no look. */
    public static boolean isIdlenessLimited(ProxyConfig config) {
        return config.clientIdleTimeout().isPositive()
                || config.users().values().stream()
                        .map(UserConfig::clientIdleTimeout)
                        .anyMatch(limit -> limit != null && limit.isPositive());
    }

    private static Duration own(
            @Nullable UserConfig user, Function<UserConfig, @Nullable Duration> setting, Duration general) {
        Duration own = user == null ? null : setting.apply(user);
        return own == null ? general : own;
    }
}
