package dev.spillway.core.pool;

import dev.spillway.core.time.RecentMost;

/**
 * Others who come faster than anybody can count them. While they do, each place that becomes free is theirs before it is ours, and who
 * tries all the same is refused: so nothing is opened until they have been seen not to grow.
 *
 * <p>It begins with a refusal, or when as many as came last would not find room any more. Told by whoever reads, and of refusals by all;
 * asked by all.
 */
final class Rush {
    /** It is over after so long, whatever is known: others cannot be counted, or it takes too long. */
    private static final long PATIENCE_NANOS = 5_000_000_000L;

    private static final long PEAK_NANOS = 60_000_000_000L;

    private final RecentMost growths = new RecentMost(PEAK_NANOS);
    private volatile int greatest;
    private volatile boolean isOn;
    private volatile long sinceNanos;
    private volatile long refusedNanos;

    /** PostgreSQL had no room for one of ours. */
    void refused(long nowNanos) {
        refusedNanos = nowNanos;
        begin(nowNanos);
    }

    /**
     * So many more others were there, when it was asked at {@code askedNanos}, than the time before, and {@code free} places were left.
     * What was asked before a refusal knows nothing of those who were quicker, and where nothing is left nobody can grow.
     */
    void seen(int growth, int free, long askedNanos, long nowNanos) {
        greatest = growths.add(Math.max(0, growth), nowNanos);
        boolean isTight = growth > 0 && (isOn || free <= growth);
        if (isTight) {
            begin(nowNanos);
        } else if (isOn && free > 0 && askedNanos - refusedNanos >= 0) {
            end();
        }
    }

    private void begin(long nowNanos) {
        sinceNanos = nowNanos;
        isOn = true;
    }

    /** Nothing can be known of them. */
    void end() {
        isOn = false;
    }

    boolean isOn(long nowNanos) {
        return isOn && nowNanos - sinceNanos < PATIENCE_NANOS;
    }

    /** The most that came at once in the last minute, as far as was seen. */
    int greatest() {
        return greatest;
    }
}
