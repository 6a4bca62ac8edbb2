package dev.spillway.core.pool;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The clients that wait in a slice, in the order in which they came. Who has waited longest is published to the other lanes. */
final class WaitQueue<S> {
    private final PoolShare share;
    private final int lane;
    private final LinkedHashMap<Waiter<S>, Long> waiters = new LinkedHashMap<>();

    WaitQueue(PoolShare share, int lane) {
        this.share = share;
        this.lane = lane;
    }

    boolean isEmpty() {
        return waiters.isEmpty();
    }

    int size() {
        return waiters.size();
    }

    int count(Predicate<Waiter<S>> which) {
        return (int) waiters.keySet().stream().filter(which).count();
    }

    void add(Waiter<S> waiter, long nowNanos) {
        if (waiter.goesFirst() && !waiters.isEmpty()) {
            waiters.putFirst(waiter, oldestSince()); // times ascend
        } else {
            waiters.put(waiter, nowNanos);
        }
        share.countWaiting(1);
        if (waiters.size() == 1) {
            share.publishWaiting(lane, nowNanos);
        }
    }

    /** False if it is not in the queue any more. */
    boolean remove(Waiter<S> waiter) {
        boolean wasIn = waiters.remove(waiter) != null;
        if (wasIn) {
            share.countWaiting(-1);
            publish();
        }
        return wasIn;
    }

    /** With the time since when it has waited; there is one. */
    Map.Entry<Waiter<S>, Long> takeOldest() {
        Iterator<Map.Entry<Waiter<S>, Long>> queue = waiters.entrySet().iterator();
        Map.Entry<Waiter<S>, Long> oldest = queue.next();
        queue.remove();
        share.countWaiting(-1);
        publish();
        return oldest;
    }

    List<Waiter<S>> takeAll() {
        List<Waiter<S>> all = new ArrayList<>(waiters.keySet());
        share.countWaiting(-waiters.size());
        waiters.clear();
        publish();
        return all;
    }

    /** Who came last; there is one. */
    Waiter<S> newest() {
        return waiters.lastEntry().getKey();
    }

    /** Since when the oldest has waited; {@link PoolShare#NOBODY} if there is none. */
    long oldestSince() {
        Iterator<Long> since = waiters.values().iterator();
        return since.hasNext() ? since.next() : PoolShare.NOBODY;
    }

    /** Says anew who has waited longest, for another lane may have claimed it. */
    void publish() {
        share.publishWaiting(lane, oldestSince());
    }

    /** Those whose time is over, where most wait for {@code usual}. They stay in the queue. */
    List<Waiter<S>> late(Duration usual, long nowNanos) {
        List<Waiter<S>> late = new ArrayList<>();
        waiters.forEach((waiter, since) -> {
            Duration timeout = waiter.waitTimeout(usual);
            if (timeout.isPositive() && nowNanos - since > timeout.toNanos()) {
                late.add(waiter);
            }
        });
        return late;
    }

    /** Those who have waited for longer than that; a copy. */
    List<Waiter<S>> longerThan(long nanos, long nowNanos) {
        return waiters.entrySet().stream()
                .takeWhile(waiter -> nowNanos - waiter.getValue() > nanos)
                .map(Map.Entry::getKey)
                .toList();
    }
}
