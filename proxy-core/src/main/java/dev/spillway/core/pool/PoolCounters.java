package dev.spillway.core.pool;

/** What a slice of a pool has done, for SHOW STATS. Plain fields: one lane writes and reads them. Times are nanoseconds. */
public final class PoolCounters {
    private static final long NANOS_PER_MICRO = 1000;

    public long assignments;
    public long transactions;
    public long queries;
    public long bytesReceived;
    public long bytesSent;
    public long transactionNanos;
    public long queryNanos;
    /** Assignments to a client that had to wait; what they waited is in {@link #waitNanos}. */
    public long waits;

    public long waitNanos;
    public long clientLogins;

    /** Servers that went to another lane. */
    public long handedOver;

    private Totals atPeriodStart = Totals.NONE;
    private Totals lastPeriod = Totals.NONE;

    /** What they are now. */
    public Totals totals() {
        return new Totals(
                assignments,
                transactions,
                queries,
                bytesReceived,
                bytesSent,
                transactionNanos / NANOS_PER_MICRO,
                queryNanos / NANOS_PER_MICRO,
                waits,
                waitNanos / NANOS_PER_MICRO,
                clientLogins);
    }

    /** Takes over what another has counted, as if it had been before the current stats_period. */
    public void add(PoolCounters other) {
        Totals added = other.totals();
        assignments += other.assignments;
        transactions += other.transactions;
        queries += other.queries;
        bytesReceived += other.bytesReceived;
        bytesSent += other.bytesSent;
        transactionNanos += other.transactionNanos;
        queryNanos += other.queryNanos;
        waits += other.waits;
        waitNanos += other.waitNanos;
        clientLogins += other.clientLogins;
        handedOver += other.handedOver;
        atPeriodStart = atPeriodStart.plus(added);
    }

    /** A stats_period is over and the next begins. */
    public void endPeriod() {
        Totals now = totals();
        lastPeriod = now.minus(atPeriodStart);
        atPeriodStart = now;
    }

    /** What was done in the last whole stats_period. */
    public Totals lastPeriod() {
        return lastPeriod;
    }
}
