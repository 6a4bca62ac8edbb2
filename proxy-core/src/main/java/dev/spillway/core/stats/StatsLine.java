package dev.spillway.core.stats;

import dev.spillway.core.pool.Totals;

/** The averages since the last whole stats_period began, of all pools, as PgBouncer logs them. Stateless. */
public final class StatsLine {
    private static final double NANOS_PER_SECOND = 1e9;

    private StatsLine() {}

    public static String of(ProxyFigures figures) {
        Work all = figures.work().values().stream().reduce(figures.forgotten(), Work::plus);
        Totals done = all.recent();
        double seconds = Math.max(1, all.windowNanos() / NANOS_PER_SECOND);
        return "stats: " + (long) (done.transactions() / seconds) + " xacts/s, "
                + (long) (done.queries() / seconds) + " queries/s, "
                + (long) (done.clientParses() / seconds) + " client parses/s, "
                + (long) (done.serverParses() / seconds) + " server parses/s, "
                + (long) (done.binds() / seconds) + " binds/s, "
                + (long) (done.clientLogins() / seconds) + " client logins/s, "
                + "in " + (long) (done.received() / seconds) + " B/s, "
                + "out " + (long) (done.sent() / seconds) + " B/s, "
                + "xact " + done.transactionMicros() / Math.max(1, done.transactions()) + " us, "
                + "query " + done.queryMicros() / Math.max(1, done.queries()) + " us, "
                + "wait " + done.waitMicros() / Math.max(1, done.assignments()) + " us";
    }
}
