package dev.spillway.core.pool;

/** What a pool has done, for SHOW STATS. Plain fields: one lane writes and reads them. Times are nanoseconds. */
public final class PoolCounters {
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
}
