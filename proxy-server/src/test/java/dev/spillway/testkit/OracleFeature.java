package dev.spillway.testkit;

import java.util.EnumSet;
import java.util.Set;

/** What the clients of an {@link IsolationOracle} do. */
public enum OracleFeature {
    /** One simple query. */
    SIMPLE,
    /** One extended query with its Sync. */
    EXTENDED,
    /** Several Sync groups and simple queries in one write, some of them failing. */
    PIPELINED,
    /** BEGIN … COMMIT or ROLLBACK over several round trips, with inserts that are accounted for. */
    TRANSACTIONS,
    /** Errors that carry an id, alone, in a group, in a transaction. */
    ERRORS,
    /** Several statements in one simple query. */
    MULTI_STATEMENT,
    COPY_OUT,
    /** COPY FROM STDIN by both protocols, with and without an early Sync; rows are accounted for. */
    COPY_IN,
    /** Tens of kilobytes with the id in every row. */
    LARGE_RESULTS,
    NOTICES,
    /** Says goodbye, and comes back. */
    LEAVING,
    /** Cancel requests against the client's own query, on time and late. */
    CANCEL,
    /** Leaves in the middle of a message, result, COPY, transaction or wait, or right behind a cancel request, and comes back. */
    RUDE;

    public static Set<OracleFeature> all() {
        return EnumSet.allOf(OracleFeature.class);
    }

    /** Nothing that depends on cancelling or on leaving. */
    public static Set<OracleFeature> polite() {
        return EnumSet.complementOf(EnumSet.of(CANCEL, RUDE));
    }
}
