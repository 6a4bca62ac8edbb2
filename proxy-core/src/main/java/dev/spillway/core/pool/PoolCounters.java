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

    /** Servers that could not be opened. */
    public long connectFailures;

    /** Questions about what a session has made, clean-ups of servers, and settings put into force. */
    public long asks;

    public long cleans;
    public long restores;

    /** How long those clients waited who had to; transactions and statements took; clients and servers were logging in. */
    public final Durations waitTimes = new Durations();

    public final Durations transactionTimes = new Durations();
    public final Durations queryTimes = new Durations();
    public final Durations loginTimes = new Durations();
    public final Durations connectTimes = new Durations();

    /** Sum of the last two. */
    public long loginNanos;

    public long connectNanos;

    /** PostgreSQL's, that were passed on to clients. */
    public final ErrorCounts errors = new ErrorCounts();

    private Totals atPeriodStart = Totals.NONE;
    private Totals atStartBefore = Totals.NONE;

    /** A client that had to wait has got a server. */
    void served(long nanos) {
        assignments++;
        waits++;
        waitNanos += nanos;
        waitTimes.add(nanos);
    }

    /** A statement is answered. */
    // hot: once per statement
    public void queried(long nanos) {
        queries++;
        queryNanos += nanos;
        queryTimes.add(nanos);
    }

    /** A transaction has ended. */
    // hot: once per transaction
    public void transacted(long nanos) {
        transactions++;
        transactionNanos += nanos;
        transactionTimes.add(nanos);
    }

    /** A client has logged in, so long after it came. */
    public void loggedIn(long nanos) {
        clientLogins++;
        loginNanos += nanos;
        loginTimes.add(nanos);
    }

    /** A server is open, so long after it was wanted. */
    public void connected(long nanos) {
        connectNanos += nanos;
        connectTimes.add(nanos);
    }

    /** How long clients waited for their servers, those who did not wait at all included. */
    public Durations assignmentTimes() {
        Durations all = new Durations();
        all.add(waitTimes);
        all.addNone(assignments - waits);
        return all;
    }

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
        addMore(other);
        atPeriodStart = atPeriodStart.plus(other.atPeriodStart);
        atStartBefore = atStartBefore.plus(other.atStartBefore);
    }

    private void addMore(PoolCounters other) {
        connectFailures += other.connectFailures;
        asks += other.asks;
        cleans += other.cleans;
        restores += other.restores;
        waitTimes.add(other.waitTimes);
        transactionTimes.add(other.transactionTimes);
        queryTimes.add(other.queryTimes);
        loginTimes.add(other.loginTimes);
        connectTimes.add(other.connectTimes);
        loginNanos += other.loginNanos;
        connectNanos += other.connectNanos;
        errors.add(other.errors);
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
