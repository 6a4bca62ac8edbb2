package dev.spillway.core.pool;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A limit on server connections that several pools share: all those to one database, or all those of one user.
 *
 * <p>Thread-safe: the lanes take and give back as they open and close servers.
 */
public final class Cap {
    private final AtomicInteger used = new AtomicInteger();
    private final List<PoolShare> members = new CopyOnWriteArrayList<>();
    private final int limit;

    /** {@code limit} 0: none. */
    public Cap(int limit) {
        this.limit = limit;
    }

    boolean tryTake() {
        return tryTake(used, limit == 0 ? Integer.MAX_VALUE : limit);
    }

    /** Counts one more in {@code used} if that leaves it no higher than {@code most}. */
    static boolean tryTake(AtomicInteger used, int most) {
        while (true) {
            int now = used.get();
            if (now >= most) {
                return false;
            }
            if (used.compareAndSet(now, now + 1)) {
                return true;
            }
        }
    }

    void giveBack() {
        used.decrementAndGet();
    }

    boolean isFull() {
        return limit > 0 && used.get() >= limit;
    }

    void join(PoolShare member) {
        members.add(member);
    }

    List<PoolShare> members() {
        return members;
    }

    /** Servers under it, those being opened included. */
    public int used() {
        return used.get();
    }
}
