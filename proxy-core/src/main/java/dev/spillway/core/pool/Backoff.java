package dev.spillway.core.pool;

import dev.spillway.core.protocol.backend.ErrorFields;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * How long to leave a server alone that could not be reached: for a quarter of the time since it was first found so, at most. So what
 * was away for a second is found again a quarter of a second after it has come back. The pause is somewhere between half of that and
 * all of it, so that many do not come back at once. Confined to its {@link Pool}.
 */
public final class Backoff {
    private static final long SHORTEST_NANOS = 50_000_000;
    private static final int PART = 4;

    private boolean isOn;
    private long sinceNanos;
    private long untilNanos;
    private long failedNanos;
    private @Nullable ErrorFields failure;

    Backoff() {}

    /** An attempt has succeeded. */
    void succeeded() {
        end();
        failure = null;
    }

    /** Whoever could not be reached may have come back. */
    void end() {
        isOn = false;
    }

    /** An attempt has failed. Those that fail together count as one: they say no more than the first of them. */
    void failed(ErrorFields error, long nowNanos, long longestNanos) {
        failure = error;
        failedNanos = nowNanos;
        if (isPause(nowNanos)) {
            return;
        }
        if (!isOn) {
            isOn = true;
            sinceNanos = nowNanos;
        }
        long pause = Math.min(longestNanos, Math.max(SHORTEST_NANOS, (nowNanos - sinceNanos) / PART));
        untilNanos = nowNanos + pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
    }

    /** An attempt has failed since there are as many servers as there may be: others know when the next is due. */
    void refused(ErrorFields error, long nowNanos) {
        failure = error;
        failedNanos = nowNanos;
    }

    /** Has the last attempt failed? Then one at a time is enough. */
    boolean isOn() {
        return isOn;
    }

    boolean isPause(long nowNanos) {
        return isOn && nowNanos - untilNanos < 0;
    }

    /** Why the last attempt failed; null: it did not. */
    public @Nullable ErrorFields failure() {
        return failure;
    }

    /** When, if it did. */
    public long failedNanos() {
        return failedNanos;
    }
}
