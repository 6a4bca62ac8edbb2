package dev.spillway.core.pool;

import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to leave a server alone that could not be reached: each pause is at most twice the one before it, and
 * somewhere between half of that and all of it, so that many do not come back at once. Confined to its {@link Pool}.
 */
final class Backoff {
    private static final long FIRST_NANOS = 50_000_000;
    private static final int MOST_DOUBLINGS = 20;

    private int rounds;
    private long untilNanos;

    /** An attempt has succeeded. */
    void end() {
        rounds = 0;
    }

    /** An attempt has failed. Those that fail together count as one: they say no more than the first of them. */
    void lengthen(long nowNanos, long longestNanos) {
        if (isPause(nowNanos)) {
            return;
        }
        long pause = Math.min(longestNanos, FIRST_NANOS << Math.min(rounds, MOST_DOUBLINGS));
        rounds++;
        untilNanos = nowNanos + pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
    }

    /** Has the last attempt failed? Then one at a time is enough. */
    boolean isOn() {
        return rounds > 0;
    }

    boolean isPause(long nowNanos) {
        return isOn() && nowNanos - untilNanos < 0;
    }
}
