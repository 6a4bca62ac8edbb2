package dev.spillway.core.pool;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The server connections of one (database, user) and the clients that wait for one.
 *
 * <p>Sessions call {@link #acquire}, {@link #enqueue} and {@link #release}; the lane calls {@link #tick} a few times a
 * second and reports how openings end. All on the lane's event loop.
 *
 * <p>First in, first out for clients; last in, first out for idle servers, one that already holds the client's state
 * before any other. A released server goes straight to the oldest waiter. A pool never has more servers, those being
 * opened included, than its limit.
 *
 * @param <S> the server connections
 */
public final class Pool<S extends PooledServer> {
    /** Opens a server and reports by {@link Pool#onOpened} or {@link Pool#onOpenFailed}. */
    @FunctionalInterface
    public interface Opener {
        void open();
    }

    private static final int MAX_OPENING = 10;
    private static final long FIRST_RETRY_NANOS = 50_000_000;

    private final String name;
    private final PoolLimits limits;
    private final Opener opener;
    private final PoolCounters counters = new PoolCounters();
    private final ArrayDeque<S> idle = new ArrayDeque<>();
    private final Map<Waiter<S>, Long> waiters = new LinkedHashMap<>();
    private int opening;
    private int open;
    private int failures;
    private long nextAttemptNanos;
    private @Nullable ErrorFields lastFailure;

    /** A pool that has no server yet; {@code name} is what errors call it. */
    public Pool(String name, PoolLimits limits, Opener opener) {
        this.name = name;
        this.limits = limits;
        this.opener = opener;
    }

    // ---- clients -------------------------------------------------------------------------------------------------

    /** An idle server, preferably one that holds {@code wanted}; null when the client has to {@link #enqueue}. */
    public @Nullable S acquire(Object wanted) {
        S last = idle.peekLast();
        if (last == null) {
            return null;
        }
        counters.assignments++;
        if (wanted.equals(last.affinity())) {
            idle.removeLast();
            return last;
        }
        for (Iterator<S> newestFirst = idle.descendingIterator(); newestFirst.hasNext(); ) {
            S server = newestFirst.next();
            if (wanted.equals(server.affinity())) {
                newestFirst.remove();
                return server;
            }
        }
        return idle.pollLast();
    }

    /** Puts a client at the end of the queue. Nothing is called before this returns. */
    public void enqueue(Waiter<S> waiter, long nowNanos) {
        waiters.put(waiter, nowNanos);
        openAsNeeded(nowNanos);
    }

    /** Takes a client out of the queue, wherever it is in it. */
    public void leave(Waiter<S> waiter) {
        waiters.remove(waiter);
    }

    // ---- servers -------------------------------------------------------------------------------------------------

    /** A clean server is free: the oldest waiter gets it, else it is idle; one that is too old is closed. */
    public void release(S server, long nowNanos) {
        if (isTooOld(server, nowNanos)) {
            server.close("server_lifetime over");
            return;
        }
        if (!serveOldest(server, nowNanos)) {
            idle.addLast(server);
        }
    }

    private boolean isTooOld(S server, long nowNanos) {
        return nowNanos - server.openedAtNanos() > limits.lifetime().toNanos();
    }

    private boolean serveOldest(S server, long nowNanos) {
        Iterator<Map.Entry<Waiter<S>, Long>> queue = waiters.entrySet().iterator();
        if (!queue.hasNext()) {
            return false;
        }
        Map.Entry<Waiter<S>, Long> oldest = queue.next();
        Waiter<S> waiter = oldest.getKey();
        counters.waits++;
        counters.waitNanos += nowNanos - oldest.getValue();
        counters.assignments++;
        queue.remove();
        waiter.onServed(server);
        return true;
    }

    /** A server has logged in. */
    public void onOpened(S server, long nowNanos) {
        opening--;
        open++;
        failures = 0;
        lastFailure = null;
        if (!serveOldest(server, nowNanos)) {
            idle.addLast(server);
        }
    }

    /** A server could not be opened; {@code isFinal} when trying again is of no use (bad password, no such database). */
    public void onOpenFailed(ErrorFields error, boolean isFinal, long nowNanos) {
        opening--;
        failures++;
        lastFailure = error;
        long pause = Math.min(limits.loginRetry().toNanos(), FIRST_RETRY_NANOS << Math.min(failures - 1, 20));
        nextAttemptNanos = nowNanos + pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
        if (isFinal) {
            failAll(error);
        }
    }

    private void failAll(ErrorFields error) {
        List<Waiter<S>> all = new ArrayList<>(waiters.keySet());
        waiters.clear();
        all.forEach(waiter -> waiter.onWaitFailed(error, true));
    }

    /** An open server is gone. */
    public void onClosed(S server, long nowNanos) {
        open--;
        idle.remove(server);
        openAsNeeded(nowNanos);
    }

    private void openAsNeeded(long nowNanos) {
        if (failures > 0 && nowNanos - nextAttemptNanos < 0) {
            return;
        }
        while (opening < Math.min(waiters.size(), MAX_OPENING) && open + opening < limit(nowNanos)) {
            opening++;
            opener.open();
            if (failures > 0) {
                return;
            }
        }
    }

    private int limit(long nowNanos) {
        long reserveNanos = limits.reserveTimeout().toNanos();
        boolean needsReserve = reserveNanos > 0 && oldestWaitNanos(nowNanos) > reserveNanos;
        return needsReserve ? limits.size() + limits.reserve() : limits.size();
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    /** Ends waits that took too long, closes servers that are idle for too long or too old, opens what is needed. */
    public void tick(long nowNanos) {
        endLongWaits(nowNanos);
        List<S> surplus = new ArrayList<>();
        for (S server : idle) {
            if (isIdleTooLong(server, nowNanos) || isTooOld(server, nowNanos)) {
                surplus.add(server);
            }
        }
        idle.removeAll(surplus);
        surplus.forEach(server -> server.close("idle or old"));
        openAsNeeded(nowNanos);
    }

    private boolean isIdleTooLong(S server, long nowNanos) {
        long idleNanos = limits.idleTimeout().toNanos();
        return idleNanos > 0 && nowNanos - server.idleSinceNanos() > idleNanos;
    }

    private void endLongWaits(long nowNanos) {
        Duration timeout = limits.waitTimeout();
        while (timeout.isPositive() && oldestWaitNanos(nowNanos) > timeout.toNanos()) {
            Waiter<S> waiter = waiters.keySet().iterator().next();
            ErrorFields error = ProxyError.QUERY_WAIT_TIMEOUT.fields(
                    name,
                    timeout.toMillis() + " ms",
                    open - idle.size(),
                    limits.size(),
                    waiters.size(),
                    lastFailureText());
            waiters.remove(waiter);
            waiter.onWaitFailed(error, false);
        }
    }

    private String lastFailureText() {
        return lastFailure == null ? "" : "; the last attempt to open one failed: " + lastFailure.message();
    }

    // ---- figures -------------------------------------------------------------------------------------------------

    public String name() {
        return name;
    }

    public PoolLimits limits() {
        return limits;
    }

    public PoolCounters counters() {
        return counters;
    }

    /** How long the oldest waiter has waited, 0 if nobody does. */
    public long oldestWaitNanos(long nowNanos) {
        Iterator<Long> since = waiters.values().iterator();
        return since.hasNext() ? nowNanos - since.next() : 0;
    }

    public int waiting() {
        return waiters.size();
    }

    public int idle() {
        return idle.size();
    }

    /** Servers being opened. */
    public int opening() {
        return opening;
    }

    /** Servers logged in, whatever they do. */
    public int open() {
        return open;
    }
}
