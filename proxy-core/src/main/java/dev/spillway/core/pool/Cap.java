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
    private volatile int limit;

    /** {@code limit} 0: none. */
    public Cap(int limit) {
        this.limit = limit;
    }

    /** A lower limit closes nothing: it holds from the next opening on. */
    public void limit(int next) {
        limit = next;
    }

    boolean tryTake() {
        int most = limit;
        while (true) {
            int now = used.get();
            if (most > 0 && now >= most) {
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
        int most = limit;
        return most > 0 && used.get() >= most;
    }

    void join(PoolShare member) {
        members.add(member);
    }

    void leave(PoolShare member) {
        members.remove(member);
    }

    List<PoolShare> members() {
        return members;
    }

    /** Servers under it, those being opened included. */
    public int used() {
        return used.get();
    }
}
