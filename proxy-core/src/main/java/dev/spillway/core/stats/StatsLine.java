package dev.spillway.core.stats;

import dev.spillway.core.pool.Totals;
import java.time.Duration;

/** The averages of a stats_period over all pools, as PgBouncer logs them. Stateless. */
public final class StatsLine {
    private StatsLine() {}

    /** {@code figures} are of a moment at which every lane has ended that period. */
    public static String of(ProxyFigures figures, Duration period) {
        Totals done = figures.pools().stream().map(PoolFigures::lastPeriod).reduce(Totals.NONE, Totals::plus);
        long seconds = Math.max(1, period.toSeconds());
        return "stats: " + done.transactions() / seconds + " xacts/s, "
                + done.queries() / seconds + " queries/s, "
                + "0 client parses/s, 0 server parses/s, 0 binds/s, "
                + done.clientLogins() / seconds + " client logins/s, "
                + "in " + done.received() / seconds + " B/s, "
                + "out " + done.sent() / seconds + " B/s, "
                + "xact " + done.transactionMicros() / Math.max(1, done.transactions()) + " us, "
                + "query " + done.queryMicros() / Math.max(1, done.queries()) + " us, "
                + "wait " + done.waitMicros() / Math.max(1, done.assignments()) + " us";
    }
}
