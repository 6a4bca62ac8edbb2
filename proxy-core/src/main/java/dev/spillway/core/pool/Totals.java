package dev.spillway.core.pool;

/**
 * What a pool has done up to a moment, or between two. Immutable.
 *
 * @param assignments how often a client was given a server
 * @param received bytes from clients
 * @param sent bytes to clients
 * @param transactionMicros time in transactions, waits for a server excluded
 * @param waits assignments to a client that had to wait
 * @param waitMicros time that clients waited for a server
 * @param clientParses named statements that clients have parsed
 * @param serverParses those that servers were sent
 * @param binds of named statements
 */
public record Totals(
        long assignments,
        long transactions,
        long queries,
        long received,
        long sent,
        long transactionMicros,
        long queryMicros,
        long waits,
        long waitMicros,
        long clientLogins,
        long clientParses,
        long serverParses,
        long binds) {
    /** Of a pool that has done nothing. */
    public static final Totals NONE = new Totals(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** Of two pools together. */
    public Totals plus(Totals other) {
        return combined(other, 1);
    }

    /** Since {@code earlier}. */
    public Totals minus(Totals earlier) {
        return combined(earlier, -1);
    }

    private Totals combined(Totals other, int sign) {
        return new Totals(
                assignments + sign * other.assignments,
                transactions + sign * other.transactions,
                queries + sign * other.queries,
                received + sign * other.received,
                sent + sign * other.sent,
                transactionMicros + sign * other.transactionMicros,
                queryMicros + sign * other.queryMicros,
                waits + sign * other.waits,
                waitMicros + sign * other.waitMicros,
                clientLogins + sign * other.clientLogins,
                clientParses + sign * other.clientParses,
                serverParses + sign * other.serverParses,
                binds + sign * other.binds);
    }
}
