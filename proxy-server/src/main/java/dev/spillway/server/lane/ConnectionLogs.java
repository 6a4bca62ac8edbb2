package dev.spillway.server.lane;

import dev.spillway.core.config.LogFormat;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.session.ConnectionLog;
import dev.spillway.core.stats.Incidents;
import dev.spillway.core.stats.WatchedConnectionLog;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What connections do, in the log's words. */
final class ConnectionLogs {
    private ConnectionLogs() {}

    /** Of the lane that {@code limited} is on, in the format of the log when it begins; {@code incidents} are kept beside it. */
    static ConnectionLog of(
            Supplier<ProxyConfig> config, LongSupplier nowMillis, LimitedLines limited, Incidents incidents) {
        ConnectionLog written = config.get().log().logFormat() == LogFormat.PGBOUNCER
                ? new PgBouncerConnectionLog(config, nowMillis, limited)
                : new OwnConnectionLog(config, limited);
        return new WatchedConnectionLog(written, incidents, nowMillis);
    }
}
