package dev.spillway.core.session;

/**
 * A transaction that took long, for the log. Immutable.
 *
 * @param nanos from its first statement, or from when it had a server, to its end
 * @param waitNanos how long its client waited for that server before
 * @param sql its longest statement, in one line; empty where it is not known or not wanted
 * @param untold how many of the same database and user were not told of before it, for there were too many at once
 */
public record SlowTransaction(long nanos, long waitNanos, String sql, long untold) {
    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Tells the log of the transaction of {@code client} that has just ended. */
    static void tell(ClientSession client, long nanos, long waitNanos) {
        if (client.identity().own() == null) { // else it is a stream that lasts as long as its client
            StatementTexts texts = client.input().texts();
            client.ports()
                    .log()
                    .clientSlow(
                            client.identity().describe(client.wire()),
                            new SlowTransaction(nanos, waitNanos, texts == null ? "" : texts.longest(), 0));
        }
    }

    /** The same, after so many that were not told of. */
    public SlowTransaction after(long others) {
        return new SlowTransaction(nanos, waitNanos, sql, others);
    }

    /** For the log. */
    public String text() {
        return nanos / NANOS_PER_MILLI + " ms, waited " + waitNanos / NANOS_PER_MILLI + " ms"
                + (untold == 0 ? "" : ", after " + untold + " more")
                + (sql.isEmpty() ? "" : ": " + sql);
    }
}
