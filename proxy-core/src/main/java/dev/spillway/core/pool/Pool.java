package dev.spillway.core.pool;

import dev.spillway.core.protocol.backend.ErrorFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One lane's slice of the server connections of one (database, user), and the clients of this lane that wait for one.
 *
 * <p>Sessions call {@link #acquire}, {@link #enqueue} and {@link #release}; the lane calls {@link #tick} a few times a
 * second, reports how openings end, and passes on what other lanes ask for. All on the lane's event loop.
 *
 * <p>First in, first out for clients; last in, first out for idle servers, one that already holds the client's state
 * before any other. A released server goes straight to the oldest waiter, that of another lane if it has waited clearly
 * longer. A client who finds no server here gets an idle one of another lane, else a new one, else waits. The slices
 * together never have more servers, those being opened included, than the pool's limits.
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
    private static final long CHECK_PATIENCE_NANOS = 200_000_000;

    private final PoolShare share;
    private final int lane;
    private final Crossing<? super S> crossing;
    private final Opener opener;
    private final PoolCounters counters = new PoolCounters();
    private PoolLimits limits; // the share's are volatile
    private boolean isRetired;
    private boolean isPaused;
    private boolean mayBeUnwanted;
    private final IdleServers<S> idle;
    private final WaitQueue<S> waiters;
    /** Those that clients keep; whoever pins one says that there is {@linkplain #onRoom room}. */
    public final Pins<S> pins;

    private final Map<S, Long> checking = new LinkedHashMap<>();
    private int opening;
    private int asked;
    private int open;
    /** How opening servers fares. */
    public final Backoff backoff = new Backoff();

    /** The slice of {@code share} on {@code lane}, without servers yet. */
    public Pool(PoolShare share, int lane, Crossing<? super S> crossing, Opener opener) {
        this.share = share;
        this.lane = lane;
        this.crossing = crossing;
        this.opener = opener;
        this.limits = share.limits();
        this.idle = new IdleServers<>(share, lane);
        this.waiters = new WaitQueue<>(share, lane);
        this.pins = new Pins<>(share);
    }

    // ---- configuration -------------------------------------------------------------------------------------------

    /**
     * The configuration has changed: takes over the limits of its share. A slice that is retired keeps no server that its
     * last client has released.
     */
    public void apply(boolean retires, long nowNanos) {
        limits = share.limits();
        isRetired = retires;
        mayBeUnwanted = true;
        tick(nowNanos, false);
    }

    /**
     * While it is paused it has no server: idle ones are closed, others when they are released, and none is opened. Its clients
     * wait.
     */
    public void pause(boolean on, long nowNanos) {
        if (on != isPaused) {
            isPaused = on;
            mayBeUnwanted = true;
            backoff.end(); // whoever resumes it says that the host is back
            tick(nowNanos, false);
        }
    }

    /** Is it retired: does nobody come any more who is not there yet? */
    public boolean isRetired() {
        return isRetired;
    }

    /** Has it no server and no waiter, and does none come that it asked for? Then nothing is lost with it. */
    public boolean isEmpty() {
        return open == 0 && opening == 0 && asked == 0 && waiters.isEmpty();
    }

    // ---- clients -------------------------------------------------------------------------------------------------

    /** An idle server, preferably one that holds {@code wanted}; null when the client has to {@link #enqueue}. */
    public @Nullable S acquire(Object wanted, long nowNanos) {
        if (idle.isEmpty()) {
            return null;
        }
        S server = idle.take(wanted, limits.isRoundRobin());
        if (isStale(server, nowNanos)) {
            check(server, nowNanos);
            return null;
        }
        counters.assignments++;
        return server;
    }

    private void check(S server, long nowNanos) {
        checking.put(server, nowNanos);
        server.check();
    }

    /** Must this idle server be checked before a client gets it? */
    public boolean isStale(S server, long nowNanos) {
        long delay = limits.checkDelay().toNanos();
        return delay > 0 && nowNanos - server.idleSinceNanos() > delay;
    }

    /** Puts a client at the end of the queue. Nothing is called back before this returns. */
    public void enqueue(Waiter<S> waiter, long nowNanos) {
        waiters.add(waiter, nowNanos);
        openAsNeeded(nowNanos);
    }

    /** Takes a client out of the queue, wherever it is in it. */
    public void leave(Waiter<S> waiter) {
        waiters.remove(waiter);
    }

    // ---- servers -------------------------------------------------------------------------------------------------

    /** A clean server is free: the oldest waiter gets it, else it is idle; one that is too old is closed. */
    public void release(S server, long nowNanos) {
        checking.remove(server);
        if (ageing().isTooOld(server, nowNanos) && !isNeededStill(server, nowNanos)) {
            server.close("server_lifetime over");
            return;
        }
        boolean isAdmitted = pins.admit(server, limits.size());
        String unwanted = !isAdmitted ? "the pool has another instead" : mayBeUnwanted ? whyUnwanted(nowNanos) : null;
        if (unwanted == null) {
            place(server, nowNanos);
        } else {
            server.close(unwanted);
        }
    }

    /** Why there are more servers than there may be, or null: limits were lowered, or another's claim is older. */
    private @Nullable String whyUnwanted(long nowNanos) {
        if (isWithoutServers() || share.surplus(limits.size() + limits.reserve()) > 0) {
            return whyNone();
        }
        if (share.isSurplusOfHost(nowNanos)) {
            return "its host has not as many connections left";
        }
        return share.isServerClaimed(waiters.oldestSince(), nowNanos) ? "another pool needs its place" : null;
    }

    /** Is it paused or retired, so that none is opened for it and none is kept? */
    public boolean isWithoutServers() {
        return isPaused || isRetired;
    }

    private String whyNone() {
        return isPaused ? "paused" : "database configuration changed";
    }

    // hot: with one lane, or nobody waiting elsewhere, claimWaiter reads one cell per other lane
    private void place(S server, long nowNanos) {
        if (waiters.isEmpty()) {
            idle.add(server);
            handIfWantedElsewhere(server, PoolShare.NOBODY, nowNanos);
        } else if (!handIfWantedElsewhere(server, waiters.oldestSince(), nowNanos)) {
            serveOldest(server, nowNanos);
        }
    }

    private boolean handIfWantedElsewhere(S server, long ownSince, long nowNanos) {
        int other = share.lanes() == 1 ? -1 : share.claimWaiter(lane, ownSince, nowNanos);
        if (other < 0) {
            return false;
        }
        idle.remove(server);
        hand(server, other, false);
        return true;
    }

    private void hand(S server, int to, boolean isAsked) {
        open--;
        counters.handedOver++;
        crossing.hand(share, server, to, isAsked);
    }

    private void serveOldest(S server, long nowNanos) {
        Map.Entry<Waiter<S>, Long> oldest = waiters.takeOldest();
        counters.served(nowNanos - oldest.getValue());
        oldest.getKey().onServed(server);
    }

    /** A server has logged in. */
    public void onOpened(S server, long nowNanos) {
        opening--;
        open++;
        backoff.succeeded();
        boolean isTrial = share.opened(nowNanos);
        if (isWithoutServers()) {
            server.close(whyNone());
        } else {
            place(server, nowNanos);
        }
        if (isTrial) { // what was refused may be possible again
            openAsNeeded(nowNanos);
            share.wakeWaiters(crossing, lane);
        }
    }

    /** The opening of a server was given up, since the slice is paused or retired. */
    public void onOpenAbandoned() {
        opening--;
        share.notOpened();
        share.wakeWaiters(crossing, lane);
    }

    /** A server could not be opened; {@code isFinal} when trying again is of no use (bad password, no such database). */
    public void onOpenFailed(ErrorFields error, boolean isFinal, long nowNanos) {
        opening--;
        counters.connectFailures++;
        share.notOpened();
        Obstacle obstacle = isFinal ? Obstacle.FORBIDDEN : Obstacle.of(error);
        if (obstacle.isFull()) {
            backoff.refused(error, nowNanos);
            share.refused(obstacle, limits.loginRetry().toNanos(), nowNanos);
        } else {
            backoff.failed(error, nowNanos, limits.loginRetry().toNanos());
        }
        share.wakeWaiters(crossing, lane);
        if (isFinal || isWithoutHope()) {
            failAll(error);
        }
    }

    /** Does nobody want to wait for better times? */
    private boolean isWithoutHope() {
        return !isPaused && limits.isFailFast() && backoff.isOn() && share.open() == 0;
    }

    private void failAll(ErrorFields error) {
        waiters.takeAll().forEach(waiter -> waiter.onWaitFailed(error, true));
    }

    /** An open server is gone. */
    public void onClosed(S server, long nowNanos) {
        open--;
        checking.remove(server);
        idle.remove(server);
        share.host().leaves(nowNanos);
        pins.closed(server);
        openAsNeeded(nowNanos);
        share.wakeWaiters(crossing, lane);
    }

    private void openAsNeeded(long nowNanos) {
        int missing = waiters.size() - opening - asked - answersDue(nowNanos);
        if (isWithoutServers() || missing <= 0) {
            return;
        }
        for (S stale = idle.takeOldest(); stale != null; stale = idle.takeOldest()) {
            check(stale, nowNanos); // where clients wait, all that are idle are stale
            if (--missing == 0) {
                return;
            }
        }
        missing -= askOthers(missing);
        if (backoff.isPause(nowNanos)) {
            return;
        }
        for (; missing > 0 && opening < MAX_OPENING; missing--) {
            if (!tryOpen(limit(nowNanos), nowNanos)) {
                share.evictForRoom(crossing);
                return;
            }
            if (backoff.isOn()) {
                return;
            }
        }
    }

    /** Servers being checked that should be found well in a moment. */
    private int answersDue(long nowNanos) {
        int due = 0;
        for (Long since : checking.values()) {
            due += nowNanos - since < CHECK_PATIENCE_NANOS ? 1 : 0;
        }
        return due;
    }

    private boolean tryOpen(int limit, long nowNanos) {
        if (isWithoutServers()
                || share.isRoomClaimed(waiters.oldestSince(), nowNanos)
                || !share.tryOpen(limit, nowNanos)) {
            return false;
        }
        opening++;
        opener.open();
        return true;
    }

    private int askOthers(int most) {
        int asks = 0;
        for (int donor = 0; donor < share.lanes() && asks < most; donor++) {
            int spare = donor == lane ? 0 : Math.min(share.idleOf(donor), most - asks);
            for (int i = 0; i < spare; i++) {
                asked++;
                asks++;
                crossing.ask(share, donor, lane);
            }
        }
        return asks;
    }

    private int limit(long nowNanos) {
        long reserveNanos = limits.reserveTimeout().toNanos();
        boolean needsReserve = reserveNanos > 0 && oldestWaitNanos(nowNanos) > reserveNanos;
        return needsReserve ? limits.size() + limits.reserve() : limits.size();
    }

    // ---- other lanes ---------------------------------------------------------------------------------------------

    /** {@code asker} wants a server: hands one over, or answers that there is none (false). */
    public boolean donate(int asker) {
        S server = idle.takeOldest();
        if (server == null) {
            return false;
        }
        hand(server, asker, true);
        return true;
    }

    /** A server has come over from another lane, because it was asked for or of that lane's own accord. */
    public void arrive(S server, boolean isAsked, long nowNanos) {
        open++;
        asked -= isAsked ? 1 : 0;
        if (isWithoutServers()) {
            waiters.publish();
            server.close(whyNone());
        } else if (!waiters.isEmpty()) {
            serveOldest(server, nowNanos);
            openAsNeeded(nowNanos); // while our waiter was claimed, the others did not see the next one
        } else {
            place(server, nowNanos);
        }
    }

    /** A server that was asked for does not come; {@code isLost} if it was under way and has died. */
    public void onNoArrival(boolean isAsked, boolean isLost, long nowNanos) {
        asked -= isAsked ? 1 : 0;
        waiters.publish(); // whoever sent it had claimed our waiter
        if (isLost) {
            share.closed();
        }
        openAsNeeded(nowNanos);
    }

    /** There is room for a server that there was not before. */
    public void onRoom(long nowNanos) {
        openAsNeeded(nowNanos);
    }

    /** Closes the server that was idle longest: another pool under the same limit needs its place. */
    public void giveUp() {
        S server = share.open() > limits.minSize() || share.wouldLackRoom(0) ? idle.takeOldest() : null;
        if (server != null) {
            server.close("another pool needs its place");
        }
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    /**
     * Ends waits that took too long, closes servers that are idle for too long or too old, opens what is needed.
     *
     * @param isTried whether its least number of servers is still tried for after an attempt that failed
     */
    public void tick(long nowNanos, boolean isTried) {
        LongWaits<S> longWaits = new LongWaits<>(share, limits, waiters, isPaused, nowNanos);
        longWaits.end(backoff.failure());
        longWaits.endSurplus();
        longWaits.tell();
        ErrorFields failure = backoff.failure();
        if (failure != null && isWithoutHope()) {
            failAll(failure);
        }
        closeIdle(nowNanos);
        closeSurplus(nowNanos);
        openAsNeeded(nowNanos);
        boolean isBelowLeast = share.open() < limits.minSize() && !share.wouldLackRoom(1);
        boolean isPause = backoff.isPause(nowNanos) || (backoff.failure() != null && !isTried);
        if (isBelowLeast && opening == 0 && !isPause && !tryOpen(limits.minSize(), nowNanos)) {
            share.evictForRoom(crossing); // it is guaranteed
        }
    }

    private void closeIdle(long nowNanos) {
        Ageing ageing = ageing();
        List<S> old = new ArrayList<>();
        int spare = share.open() - limits.minSize();
        int overflow = waiters.isEmpty() ? share.taken() - limits.size() : 0;
        for (S server : idle) {
            if (ageing.isTooOld(server, nowNanos)
                    || (old.size() < spare && ageing.isIdleTooLong(server, nowNanos))
                    || (old.size() < overflow && ageing.isReserveOver(server, nowNanos))) {
                old.add(server);
            }
        }
        idle.removeAll(old);
        old.forEach(server -> server.close(ageing.why(server, nowNanos)));
    }

    private Ageing ageing() {
        return new Ageing(limits);
    }

    /** One after the other: while another is being opened and clients wait, it goes on for as long as it may. */
    private boolean isNeededStill(S server, long nowNanos) {
        return opening > 0 && !waiters.isEmpty() && !ageing().isOutlived(server, nowNanos);
    }

    /** One by one, for other lanes do the same: the count is asked anew each time. */
    private void closeSurplus(long nowNanos) {
        String unwanted = whyUnwanted(nowNanos);
        while (!idle.isEmpty() && unwanted != null) {
            Objects.requireNonNull(idle.takeOldest()).close(unwanted);
            unwanted = whyUnwanted(nowNanos);
        }
        mayBeUnwanted = unwanted != null;
    }

    // ---- figures -------------------------------------------------------------------------------------------------

    public String name() {
        return share.name();
    }

    public PoolShare share() {
        return share;
    }

    public PoolCounters counters() {
        return counters;
    }

    /** How long the oldest waiter has waited, 0 if nobody does. */
    public long oldestWaitNanos(long nowNanos) {
        long since = waiters.oldestSince();
        return since == PoolShare.NOBODY ? 0 : nowNanos - since;
    }

    public int waiting() {
        return waiters.count(Waiter::isClient);
    }

    /** Those that {@code which} counts of all that wait. */
    public int waiting(Predicate<Waiter<S>> which) {
        return waiters.count(which);
    }

    /** Does a client of this lane or of another wait? */
    public boolean isAnyoneWaiting() {
        return !waiters.isEmpty() || share.isAnyoneWaiting();
    }

    public int idle() {
        return idle.size();
    }

    /** Servers being opened. */
    public int opening() {
        return opening;
    }

    /** Servers logged in that live on this lane, whatever they do. */
    public int open() {
        return open;
    }
}
