package dev.spillway.core.pool;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What becomes of clients that wait for long, or are too many, in one slice, at one moment. */
record LongWaits<S>(PoolShare share, PoolLimits limits, WaitQueue<S> waiters, boolean isPaused, long nowNanos) {
    /** Ends the waits whose time is over. {@code failure}: why the last server that was wanted could not be opened. */
    void end(@Nullable ErrorFields failure) {
        Duration usual = limits.waitTimeout();
        for (Waiter<S> waiter : waiters.late(usual, nowNanos)) {
            ErrorFields error = ProxyError.QUERY_WAIT_TIMEOUT.fields(
                    share.name(),
                    waiter.waitTimeout(usual).toMillis() + " ms",
                    share.taken(),
                    limits.size(),
                    waiters.size(),
                    detail(failure));
            if (waiters.remove(waiter)) { // not if it has left when another heard of its end
                waiter.onWaitFailed(error, limits.isWaitTimeoutFatal());
            }
        }
    }

    private String detail(@Nullable ErrorFields failure) {
        if (isPaused) {
            return "; the database is paused";
        }
        if (failure != null) {
            return "; the last attempt to open one failed: " + failure.message();
        }
        return share.taken() < limits.size() ? whatIsFull() : "";
    }

    private String whatIsFull() {
        return switch (share.fullLimit()) {
            case 0 -> "";
            case 1 -> "; the database has as many servers as it may (max_db_connections)";
            case 2 -> "; the user has as many servers as it may (max_user_connections)";
            default -> "; the host has no room for another server";
        };
    }

    /** Ends the waits of those who came when as many waited already as may. */
    void endSurplus() {
        int most = limits.maxWaiting();
        while (most > 0 && share.waiting() > most && !waiters.isEmpty()) {
            Waiter<S> newest = waiters.newest();
            waiters.remove(newest);
            newest.onWaitFailed(
                    ProxyError.TOO_MANY_WAITING.fields(most, share.name(), share.taken(), limits.size()),
                    limits.isWaitTimeoutFatal());
        }
    }

    /** Tells those who want to know that they still wait. */
    void tell() {
        long afterNanos = limits.waitNotify().toNanos();
        List<Waiter<S>> late = afterNanos == 0 ? List.of() : waiters.longerThan(afterNanos, nowNanos);
        if (late.isEmpty()) {
            return;
        }
        ErrorFields notice = ProxyError.LONG_WAIT.fields(share.name(), share.taken(), limits.size(), waiters.size());
        late.forEach(waiter -> waiter.onLongWait(notice));
    }
}
