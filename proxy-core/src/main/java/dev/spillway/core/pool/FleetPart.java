package dev.spillway.core.pool;

import dev.spillway.core.time.RecentMost;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What this instance may have of a PostgreSQL that it shares with others, as it was last told. Before the first time it is one
 * connection, by which it can be found out.
 *
 * <p>Told by one thread, read by all.
 */
final class FleetPart {
    private static final long PEAK_NANOS = 60_000_000_000L;

    private static final long MOMENT_NANOS = 2_000_000_000L;

    private record Sample(long atNanos, int foreign) {}

    private record Limit(int most, long untilNanos, boolean isForGood) {}

    /**
     * The fleet, as it was seen last.
     *
     * @param members this one among them
     * @param budget what they share
     * @param open what the others have of it
     */
    record Seen(int members, int budget, int open) {}

    static final Seen NOBODY = new Seen(0, 0, 0);

    private final Deque<Sample> recent = new ArrayDeque<>();
    private final RecentMost lastingPeak = new RecentMost(PEAK_NANOS);
    private long beganNanos;
    private volatile Limit limit = new Limit(1, 0, true);
    private volatile Seen seen = NOBODY;

    /** True: it is another number than before. */
    boolean limit(int most, long untilNanos) {
        boolean isNew = limit.most != most;
        limit = new Limit(most, untilNanos, false);
        return isNew;
    }

    int most() {
        return limit.most;
    }

    void see(Seen fleet) {
        seen = fleet;
    }

    Seen seen() {
        return seen;
    }

    /** Whoever was not told for long does not know what others may have by now. */
    boolean isCertain(long nowNanos) {
        Limit now = limit;
        return now.isForGood || nowNanos - now.untilNanos < 0;
    }

    /**
     * The most connections that strangers had in the last minute, for longer than a moment: the servers of a member look like
     * strangers' from their login to its next announcement, and when it has gone until they have.
     */
    int peak(int foreign, long nowNanos) {
        if (recent.isEmpty()) {
            beganNanos = nowNanos;
        }
        recent.removeIf(sample -> nowNanos - sample.atNanos > MOMENT_NANOS);
        recent.addLast(new Sample(nowNanos, foreign));
        int lasting = recent.stream().mapToInt(Sample::foreign).min().orElse(foreign);
        if (nowNanos - beganNanos < MOMENT_NANOS) {
            return lasting; // nobody knows yet whether it lasts
        }
        return lastingPeak.add(lasting, nowNanos);
    }
}
