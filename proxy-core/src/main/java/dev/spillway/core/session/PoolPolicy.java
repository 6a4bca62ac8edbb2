package dev.spillway.core.session;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.session.state.StatePolicy;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is configured about the sessions of a pool. Immutable.
 *
 * @param resetQuery is run on a server that a session-mode client has left; empty: none
 * @param checkQuery is run on a server that was idle for long
 * @param loginNotice is told each client that has logged in; empty: nothing is
 * @param isReserved whether a session-mode client gets its server when it logs in
 * @param state what becomes of session state
 * @param slice how long a client that pipelines without end keeps its server while others wait; zero: for ever
 * @param preparing what becomes of statements that are prepared by name
 * @param slow which transactions the log is told of
 */
public record PoolPolicy(
        PoolMode mode,
        StatePolicy state,
        String resetQuery,
        String checkQuery,
        String loginNotice,
        boolean isReserved,
        Duration slice,
        Preparing preparing,
        SlowRule slow) {
    /** For the pool of {@code user} to {@code database}: the user's word, else the database's. */
    public static PoolPolicy of(ProxyConfig config, DatabaseConfig database, @Nullable UserConfig user) {
        PoolMode ofUser = user == null ? null : user.poolMode();
        PoolMode ofDatabase = Objects.requireNonNullElse(database.poolMode(), config.poolMode());
        return new PoolPolicy(
                Objects.requireNonNullElse(ofUser, ofDatabase),
                StatePolicy.of(config, database, user),
                config.serverResetQuery(),
                config.serverCheckQuery(),
                config.loginNotifyMessage(),
                config.reserveSessionServerConnection(),
                config.pipelineSlice(),
                Preparing.of(config),
                SlowRule.of(config.log()));
    }
}
