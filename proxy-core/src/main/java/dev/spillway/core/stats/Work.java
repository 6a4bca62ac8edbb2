package dev.spillway.core.stats;

import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.pool.Totals;

/**
 * What was done up to a moment. Immutable.
 *
 * @param recent what of it was done since the last whole stats_period began
 * @param windowNanos how long ago that was
 */
public record Work(Totals totals, Totals recent, long windowNanos) {
    static final Work NONE = new Work(Totals.NONE, Totals.NONE, 0);

    static Work of(PoolCounters counters, long windowNanos) {
        return new Work(counters.totals(), counters.recent(), windowNanos);
    }

    /** On two lanes, or of two databases; their periods begin within a tick. */
    Work plus(Work other) {
        return new Work(totals.plus(other.totals), recent.plus(other.recent), Math.max(windowNanos, other.windowNanos));
    }
}
