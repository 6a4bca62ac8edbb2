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
    /** Parse of named statements by clients, and those sent to servers. */
    public long clientParses;

    public long serverParses;
    /** Bind of named statements. */
    public long binds;

    /** Servers that went to another lane. */
    public long handedOver;

    private Totals atPeriodStart = Totals.NONE;
    private Totals atStartBefore = Totals.NONE;

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
                clientLogins,
                clientParses,
                serverParses,
                binds);
    }

    /** Takes over what another has counted. */
    public void add(PoolCounters other) {
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
        clientParses += other.clientParses;
        serverParses += other.serverParses;
        binds += other.binds;
        handedOver += other.handedOver;
        atPeriodStart = atPeriodStart.plus(other.atPeriodStart);
        atStartBefore = atStartBefore.plus(other.atStartBefore);
    }

    /** A stats_period is over and the next begins. */
    public void endPeriod() {
        atStartBefore = atPeriodStart;
        atPeriodStart = totals();
    }

    /** What was done since the last whole stats_period began. */
    public Totals recent() {
        return totals().minus(atStartBefore);
    }
}
