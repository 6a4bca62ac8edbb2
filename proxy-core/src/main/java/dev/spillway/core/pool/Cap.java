package dev.spillway.core.pool;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A limit on server connections that several pools share: all those to one database, all those of one user, or those of
 * one user to one database, which are a pool and the pools of single clients beside it; and all those that one PostgreSQL has, lets
 * one role have, or one database.
 *
 * <p>Thread-safe: the lanes take and give back as they open and close servers.
 */
public final class Cap {
    private final AtomicInteger used = new AtomicInteger();
    private final AtomicInteger opening = new AtomicInteger();
    private final Ceiling ceiling = new Ceiling();
    private final HostClaims claims = new HostClaims(this);
    private final Set<PoolShare> members = ConcurrentHashMap.newKeySet();
    private final Set<PoolShare> claimants = ConcurrentHashMap.newKeySet();
    private volatile int limit;

    /** How many pools are under it; {@link PoolShares} counts. */
    int pools;

    /** {@code limit} 0: none. */
    public Cap(int limit) {
        this.limit = limit;
    }

    /** From now on; what is over it already is closed when it is free. */
    void limit(int most) {
        limit = most;
    }

    boolean tryTake(long nowNanos) {
        int most = limit;
        return ceiling.allows(used.get(), nowNanos) && tryTake(most == 0 ? Integer.MAX_VALUE : most);
    }

    /** Counts one more if that leaves no more than {@code most}. */
    boolean tryTake(int most) {
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

    // ---- what PostgreSQL said ------------------------------------------------------------------------------------

    /** One that was taken is being opened. */
    void opens() {
        opening.incrementAndGet();
    }

    /** The same, before it is taken and if no more than {@code most} are then being opened. */
    boolean tryBegin(int most) {
        return opening.getAndUpdate(now -> now < most ? now + 1 : now) < most;
    }

    /** It is open, or will not be. */
    void endsOpening() {
        opening.decrementAndGet();
    }

    /** PostgreSQL has let one in. */
    void admitted(long nowNanos) {
        ceiling.admitted(used.get() - opening.get(), nowNanos);
    }

    /** PostgreSQL has refused one, which counts no more: there are as many as it allows. */
    void refused(long longestNanos, long nowNanos) {
        ceiling.refused(Math.max(0, used.get() - opening.get()), longestNanos, nowNanos);
    }

    /** Has PostgreSQL refused one lately? Then there may be fewer than the configuration says. */
    boolean hasCeiling() {
        return ceiling.isKnown();
    }

    boolean isFull() {
        return isAtLimit() || ceiling.isReached(used.get());
    }

    /** Are there as many as there may be, whatever PostgreSQL has said? */
    boolean isAtLimit() {
        int most = limit;
        return most > 0 && used.get() >= most;
    }

    /** Who wants more under it, where it is a limit of PostgreSQL's. */
    HostClaims claims() {
        return claims;
    }

    /** PostgreSQL may have room again. */
    void doubt(long nowNanos) {
        ceiling.doubt(nowNanos);
    }

    /** How many there may be as far as is known, for those who share them. */
    int possible() {
        int most = limit;
        return Math.min(most == 0 ? Integer.MAX_VALUE : most, ceiling.most());
    }

    /** What PostgreSQL let us have when it refused one lately; {@link Integer#MAX_VALUE}: it did not. */
    int most() {
        return ceiling.most();
    }

    /** 0: none. */
    int limit() {
        return limit;
    }

    /** Those of {@link #used} that are being opened. */
    int opening() {
        return opening.get();
    }

    boolean mayHaveTwo() {
        return limit != 1;
    }

    /** How many more there are than there may be. */
    int surplus() {
        int most = limit;
        return most == 0 ? 0 : Math.max(0, used.get() - most);
    }

    void join(PoolShare member) {
        members.add(member);
    }

    void leave(PoolShare member) {
        members.remove(member);
    }

    /** Pools of single clients that found no room, and want what becomes free before others who have waited less. */
    Set<PoolShare> claimants() {
        return claimants;
    }

    Set<PoolShare> members() {
        return members;
    }

    /** Servers under it, those being opened included. */
    public int used() {
        return used.get();
    }

    /** Would pools other than {@code asker} lack the room for their first servers, if it opened so many? */
    boolean wouldLackRoom(PoolShare asker, int opened) {
        long destitute = members.stream()
                .filter(member -> !member.equals(asker) && member.isDestitute())
                .count();
        return destitute > 0 && limit > 0 && limit - used() - opened < destitute;
    }

    /**
     * Of the pools with an idle server that they need not keep though {@code asker} needs a place, the one that has most for its weight;
     * null: there is none.
     */
    @Nullable
    PoolShare largestWithSpare(PoolShare asker) {
        PoolShare largest = null;
        boolean isDestitute = asker.isDestitute();
        for (PoolShare member : members) {
            int kept = isDestitute ? 0 : member.limits().minSize();
            boolean canGive = !member.equals(asker) && member.open() > kept && member.laneWithIdle() >= 0;
            if (canGive && (largest == null || member.openForWeight() > largest.openForWeight())) {
                largest = member;
            }
        }
        return largest;
    }
}
