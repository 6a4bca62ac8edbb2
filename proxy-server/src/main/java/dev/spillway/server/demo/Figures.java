package dev.spillway.server.demo;

import dev.spillway.core.pool.Totals;
import java.util.Map;

/**
 * What was measured.
 *
 * @param refused direct clients that got 53300
 * @param refusal PostgreSQL's words for it, empty if there was none
 * @param otherDirectErrors direct errors that were anything else
 * @param servers the most server connections that PostgreSQL saw at a time
 * @param p50Micros of the time of a transaction, waiting included
 * @param p99Micros likewise
 * @param errors of the clients of Spillway, by SQLSTATE
 */
record Figures(
        DemoPlan plan,
        int refused,
        String refusal,
        int otherDirectErrors,
        int servers,
        long transactions,
        long p50Micros,
        long p99Micros,
        Map<String, Tally.Errors> errors,
        Totals pool) {
    /** Whether it went as the demo promises: refused without Spillway, and not one error with it. */
    boolean isAsPromised() {
        return refused > 0
                && otherDirectErrors == 0
                && errors.isEmpty()
                && transactions >= plan.clients()
                && servers <= plan.poolSize();
    }
}
