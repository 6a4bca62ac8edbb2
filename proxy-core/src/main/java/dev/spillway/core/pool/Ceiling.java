package dev.spillway.core.pool;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;

/**
 * How many servers PostgreSQL is believed to allow, by its refusals: no more than were open when it refused one. From time to time one
 * more is tried, after a pause that is a quarter of the time since it was first refused at most; one that succeeds raises the ceiling,
 * and the next may be tried at once.
 *
 * <p>Thread-safe, without locks: a refusal that meets another at the same moment says the same.
 */
final class Ceiling {
    /** Where nothing was refused for so long, everything is believed possible again. */
    private static final long FORGET_NANOS = 60_000_000_000L;

    private static final long SHORTEST_NANOS = 50_000_000;
    /** Those that are open can be asked meanwhile. */
    private static final long SHORTEST_WITH_SOME_NANOS = 1_000_000_000;

    private static final int PART = 4;
    private static final Belief NONE = new Belief(Integer.MAX_VALUE, 0, 0, 0);

    /**
     * What is believed.
     *
     * @param most so many may be open
     * @param sinceNanos since when it has refused
     * @param refusedNanos when it did last
     * @param untilNanos until when no more than {@code most} is tried
     */
    private record Belief(int most, long sinceNanos, long refusedNanos, long untilNanos) {
        boolean isNone() {
            return most == Integer.MAX_VALUE;
        }
    }

    private final AtomicReference<Belief> belief = new AtomicReference<>(NONE);

    /** One more was refused while {@code established} were open; those refused in the pause that follows count as one. */
    void refused(int established, long longestNanos, long nowNanos) {
        belief.updateAndGet(before -> {
            if (!before.isNone() && nowNanos - before.untilNanos < 0) {
                int most = Math.min(before.most, established);
                return new Belief(most, before.sinceNanos, nowNanos, before.untilNanos);
            }
            long since = before.isNone() ? nowNanos : before.sinceNanos;
            long shortest = established > 0 ? SHORTEST_WITH_SOME_NANOS : SHORTEST_NANOS;
            long pause = Math.min(longestNanos, Math.max(shortest, (nowNanos - since) / PART));
            long jitter = ThreadLocalRandom.current().nextLong(pause / 2 + 1);
            return new Belief(established, since, nowNanos, nowNanos + pause / 2 + jitter);
        });
    }

    /** One was let in, and so many are open now. */
    void admitted(int established, long nowNanos) {
        Belief before = belief.get();
        if (!before.isNone() && established > before.most) {
            belief.compareAndSet(before, new Belief(established, nowNanos, before.refusedNanos, nowNanos));
        }
    }

    /** Somebody knows that there is room: it may be tried at once. */
    void doubt(long nowNanos) {
        Belief before = belief.get();
        if (!before.isNone()) {
            belief.compareAndSet(before, new Belief(before.most, before.sinceNanos, before.refusedNanos, nowNanos));
        }
    }

    /** May one more be tried, where {@code used} are open or being opened? */
    boolean allows(int used, long nowNanos) {
        Belief now = belief.get();
        if (now.isNone() || used < now.most) {
            return true;
        }
        if (nowNanos - now.refusedNanos > FORGET_NANOS) {
            belief.compareAndSet(now, NONE);
            return true;
        }
        return used == now.most && nowNanos - now.untilNanos >= 0;
    }

    /** Is it reached, as far as is known? */
    boolean isReached(int used) {
        return used >= belief.get().most;
    }

    /** Has it refused anybody lately? */
    boolean isKnown() {
        return !belief.get().isNone();
    }

    /** {@link Integer#MAX_VALUE}: none is known. */
    int most() {
        return belief.get().most;
    }
}
