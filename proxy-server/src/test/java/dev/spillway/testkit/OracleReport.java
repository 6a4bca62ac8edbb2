package dev.spillway.testkit;

import java.util.List;
import java.util.Map;

/**
 * What an {@link IsolationOracle} saw.
 *
 * @param exchanges units of work that were answered in full and right
 * @param errors errors that were asked for and came, by SQLSTATE
 * @param losses connections that ended though their client had not left, by the SQLSTATE that it was told
 * @param rowsVerified rows found in the table that had to be there
 * @param rowsInDoubt rows whose connection ended when their commit had been sent: they may be there or not
 * @param mismatches every wrong, missing, doubled or stray reply, with the client's last messages; empty in a sound run
 */
public record OracleReport(
        long seed,
        long exchanges,
        Map<String, Long> errors,
        Map<String, Long> losses,
        long rowsVerified,
        long rowsInDoubt,
        List<String> mismatches) {

    public long connectionsLost() {
        return losses.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Fails with the seed and every mismatch unless all went well. */
    public OracleReport assertIsolated() {
        if (!mismatches.isEmpty()) {
            throw new AssertionError("isolation broken, seed %d, after %d exchanges:\n%s"
                    .formatted(seed, exchanges, String.join("\n", mismatches)));
        }
        if (exchanges == 0) {
            throw new AssertionError("the oracle has seen nothing, seed " + seed);
        }
        return this;
    }

    /** The figures, for people. */
    public String table() {
        return "%d exchanges, %d rows verified, %d in doubt; errors %s; connections lost %s"
                .formatted(exchanges, rowsVerified, rowsInDoubt, errors, losses);
    }
}
