package dev.spillway.core.pool;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Stream;

/**
 * What the lanes know of each other's slices of one pool: how many servers there are in all, who has idle ones, and whose
 * oldest client has waited since when.
 *
 * <p>Thread-safe. Each lane writes its own cells, except that a lane which hands a server over claims the waiter it is
 * for, so that no second one is sent for the same. A cell has cache lines of its own.
 *
 * <p>No wake-up is lost: a lane publishes its waiter before it looks for idle servers, and its idle server before it looks
 * for waiters, so one of two lanes sees the other.
 */
public final class PoolShare {
    static final long NOBODY = Long.MIN_VALUE;
    private static final int STRIDE = 16;

    /** A waiter of another lane goes before our own only if it has waited clearly longer, for moving a server costs. */
    private static final long TOLERANCE_NANOS = 500_000;

    private final PoolKey key;
    private final int lanes;
    private final Cap places;
    /** With {@link #places} before those shared with other pools. */
    private final List<Cap> caps;

    private final HostCaps host;
    private final AtomicInteger open = new AtomicInteger();
    private final Cap pinned = new Cap(0);
    private final Runnable emptied;
    private final AtomicLongArray waitingSince;
    private final AtomicIntegerArray idle;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile PoolLimits limits;
    private volatile int refusedAt;
    private volatile long lastUsedNanos;

    /** How many lanes have a slice; {@link PoolShares} counts. */
    int slices;

    /** {@code caps}: limits shared with other pools, in the order in which they are taken. */
    public PoolShare(PoolKey key, int lanes, PoolLimits limits, List<Cap> caps) {
        this(key, lanes, limits, new Cap(0), caps, HostCaps.alone(), () -> {});
    }

    /**
     * @param host what its PostgreSQL allows
     * @param places what counts against the pool's size, which is shared with the pools of single clients beside it
     * @param emptied runs when the last of its servers is gone, on the lane of that one
     */
    PoolShare(PoolKey key, int lanes, PoolLimits limits, Cap places, List<Cap> caps, HostCaps host, Runnable emptied) {
        this.key = key;
        this.emptied = emptied;
        this.lanes = lanes;
        this.limits = limits;
        this.places = places;
        this.host = host;
        this.caps = Stream.of(List.of(places), caps, host.all())
                .flatMap(List::stream)
                .toList();
        this.waitingSince = new AtomicLongArray((lanes + 1) * STRIDE);
        this.idle = new AtomicIntegerArray((lanes + 1) * STRIDE * 2);
        for (int lane = 0; lane < lanes; lane++) {
            waitingSince.set(cell(lane), NOBODY);
        }
        this.caps.forEach(cap -> cap.join(this));
    }

    /** A pool for one lane, under no other limits. */
    public static PoolShare single(PoolKey key, PoolLimits limits) {
        return new PoolShare(key, 1, limits, List.of());
    }

    private static int cell(int lane) {
        return (lane + 1) * STRIDE;
    }

    public PoolKey key() {
        return key;
    }

    public String name() {
        return key.name();
    }

    /** Those in force now; a slice works with a copy, see {@link Pool#apply}. */
    public PoolLimits limits() {
        return limits;
    }

    void adopt(PoolLimits next) {
        limits = next;
    }

    void leaveCaps() {
        withdraw();
        caps.forEach(cap -> cap.leave(this));
    }

    /** Some lane uses it. */
    public void touch(long nowNanos) {
        lastUsedNanos = nowNanos;
    }

    /** For how long no lane has used it. */
    public long unusedNanos(long nowNanos) {
        return nowNanos - lastUsedNanos;
    }

    /** Servers on all lanes, those being opened included. */
    public int open() {
        return open.get();
    }

    /** Servers that count against its size: its own and those of single clients, being opened included. */
    public int taken() {
        return places.used();
    }

    /** The first of the limits shared with other pools that leaves no room: 1 that of the database, 2 that of the user; 0: none. */
    public int fullLimit() {
        for (int i = 1; i < caps.size(); i++) {
            if (caps.get(i).isFull()) {
                return i;
            }
        }
        return 0;
    }

    // ---- room ----------------------------------------------------------------------------------------------------

    /** Takes room for one server if there is any below {@code limit} and the caps. */
    boolean tryOpen(int limit, long nowNanos) {
        if (!tryTakeAll(limit, nowNanos)) {
            claim(limit);
            return false;
        }
        withdraw();
        open.incrementAndGet();
        host.open();
        return true;
    }

    private boolean tryTakeAll(int limit, long nowNanos) {
        for (int i = 0; i < caps.size(); i++) {
            Cap cap = caps.get(i);
            if (!tryTake(cap, limit, nowNanos)) {
                caps.subList(0, i).forEach(Cap::giveBack);
                return false;
            }
        }
        return true;
    }

    private boolean tryTake(Cap cap, int limit, long nowNanos) {
        if (cap.equals(places)) {
            return cap.tryTake(limit);
        }
        if (cap.isFull() && isAnyoneWaiting() && host.isOne(cap)) {
            cap.claims().claim(this, nowNanos);
        }
        return cap.equals(host.host()) ? host.budget().tryTake(nowNanos) : cap.tryTake(nowNanos);
    }

    /** A server has logged in. True: others may wait to be tried next. */
    boolean opened(long nowNanos) {
        boolean isTrial = host.endOpening() || host.all().stream().anyMatch(Cap::hasCeiling);
        host.all().forEach(cap -> cap.admitted(nowNanos));
        return isTrial;
    }

    /** One could not be opened. */
    void notOpened() {
        var _ = host.endOpening(); // whoever waits is woken in any case
        closed();
    }

    /** PostgreSQL has as many connections of that kind as it may. {@code longestNanos}: until it is asked again. */
    void refused(Obstacle full, long longestNanos, long nowNanos) {
        host.of(full).refused(longestNanos, nowNanos);
        host.budget().onRefusal(nowNanos);
    }

    /** A server is gone. */
    void closed() {
        int left = open.decrementAndGet();
        caps.forEach(Cap::giveBack);
        if (left == 0) {
            emptied.run();
        }
    }

    /** Takes an open server out of the pool's size, unless {@code most} are already. Other limits count it still. */
    boolean tryPin(int most) {
        boolean isPinned = pinned.tryTake(most);
        if (isPinned) {
            places.giveBack();
        }
        return isPinned;
    }

    /** How many are pinned. */
    public int pinned() {
        return pinned.used();
    }

    /** Takes it back, if there is a place below {@code limit}. */
    boolean tryUnpin(int limit) {
        boolean isTaken = places.tryTake(limit);
        if (isTaken) {
            pinned.giveBack();
        }
        return isTaken;
    }

    /** May there be more than one under the limits that it shares with others? */
    boolean mayHaveTwo() {
        return caps.stream().allMatch(cap -> cap.equals(places) || cap.equals(host.host()) || cap.mayHaveTwo());
    }

    /** Takes an open server out of the pool's size. Other limits count it still. */
    void setApart() {
        places.giveBack();
    }

    /** A server that was pinned is gone. */
    void closedPinned() {
        pinned.giveBack();
        closedApart();
    }

    /** A server that did not count against the pool's size is gone. */
    void closedApart() {
        int left = open.decrementAndGet();
        caps.stream().filter(cap -> !cap.equals(places)).forEach(Cap::giveBack);
        if (left == 0) {
            emptied.run();
        }
    }

    /** How many servers too many there are, where the pool alone may have {@code most}. */
    int surplus(int most) {
        int surplus = taken() - most;
        for (int i = 1; i < caps.size(); i++) {
            Cap cap = caps.get(i);
            surplus = host.isOne(cap) ? surplus : Math.max(surplus, cap.surplus());
        }
        return surplus;
    }

    // ---- claims --------------------------------------------------------------------------------------------------
    // An ordinary waiter is served when a server is released. A single client needs room for a server of its own, which
    // a busy pool would never leave: what is released goes to the next waiter, and what is closed is opened anew.

    private void claim(int limit) {
        if (key.isOfOneClient() && limit > 0) {
            refusedAt = limit;
            caps.forEach(cap -> cap.claimants().add(this));
        }
    }

    private void withdraw() {
        host.all().forEach(cap -> cap.claims().withdraw(this));
        if (key.isOfOneClient()) {
            caps.forEach(cap -> cap.claimants().remove(this));
        }
    }

    /** What it wants of its host. */
    FairShares.Need<PoolShare> need(long nowNanos) {
        PoolLimits now = limits;
        long since = oldestSince();
        int busy = busy();
        boolean isWaiting = since != NOBODY;
        int wanted = isWaiting ? Math.max(busy, now.size() + now.reserve()) : busy;
        int least = open() > 0 || isWaiting ? now.minSize() : 0;
        return new FairShares.Need<>(
                this, now.weight(), least, Math.max(wanted, least), isWaiting ? Math.max(1, nowNanos - since) : 0);
    }

    /** Servers that are open or being opened and not idle. */
    private int busy() {
        int idleServers = 0;
        for (int lane = 0; lane < lanes; lane++) {
            idleServers += idleOf(lane);
        }
        return Math.max(0, open() - idleServers);
    }

    /** Servers that its clients could use now. */
    int wanted() {
        PoolLimits now = limits;
        int least = open() > 0 || waiting() > 0 ? now.minSize() : 0;
        return Math.max(least, Math.min(now.size() + now.reserve(), busy() + waiting()));
    }

    /** Its host's. */
    public HostBudget host() {
        return host.budget();
    }

    /** Has it more than its share of a host that has less than there are? */
    boolean isSurplusOfHost(long nowNanos) {
        return host.all().stream().anyMatch(cap -> cap.claims().isSurplus(this, nowNanos));
    }

    /**
     * Does a single client want room under our limits, and has waited for longer than whoever has since {@code ownSince}; or
     * another pool that has less than its share?
     */
    boolean isRoomClaimed(long ownSince, long nowNanos) {
        for (Cap cap : host.all()) {
            if (cap.claims().isRoomClaimed(this, nowNanos)) {
                return true;
            }
        }
        for (int i = 0; i < caps.size(); i++) {
            if (isClaimed(caps.get(i), ownSince, false)) {
                return true;
            }
        }
        return false;
    }

    /** The same, and is there no such room unless a server of ours is closed? */
    boolean isServerClaimed(long ownSince, long nowNanos) {
        for (Cap cap : host.all()) {
            if (cap.claims().isServerClaimed(this, nowNanos)) {
                return true;
            }
        }
        for (int i = 0; i < caps.size(); i++) {
            if (isClaimed(caps.get(i), ownSince, true)) {
                return true;
            }
        }
        return false;
    }

    private boolean isClaimed(Cap cap, long ownSince, boolean isFull) {
        if (cap.claimants().isEmpty()) {
            return false;
        }
        for (PoolShare claimant : cap.claimants()) {
            if (claimant.isBefore(this, ownSince) && (!isFull || claimant.findsFull(cap))) {
                return true;
            }
        }
        return false;
    }

    private boolean isBefore(PoolShare other, long otherSince) {
        long since = oldestSince();
        return !equals(other) && since != NOBODY && (otherSince == NOBODY || since - otherSince < 0);
    }

    private boolean findsFull(Cap cap) {
        return cap.equals(places) ? cap.used() >= refusedAt : cap.isFull();
    }

    /** Wakes the lanes whose clients wait for the room that a server left behind, all but {@code self}. */
    <S> void wakeWaiters(Crossing<S> crossing, int self) {
        wakeLanes(crossing, self);
        for (Cap cap : caps) {
            for (PoolShare member : cap.members()) {
                if (!member.equals(this)) {
                    member.wakeLanes(crossing, -1);
                }
            }
        }
    }

    /** It is known anew what the host has: whoever waits for a part of it is woken. */
    public <S> void onHostKnown(Crossing<S> crossing) {
        wakeWaiters(crossing, -1);
    }

    private <S> void wakeLanes(Crossing<S> crossing, int except) {
        for (int lane = 0; lane < lanes; lane++) {
            if (lane != except && waitingSince.get(cell(lane)) != NOBODY) {
                crossing.wake(this, lane);
            }
        }
    }

    /** Asks for an idle server of another pool to be closed where that would make room for one of ours. */
    <S> void evictForRoom(Crossing<S> crossing) {
        for (Cap cap : caps) {
            if (cap.isFull() && cap.members().size() > 1) {
                PoolShare giver = cap.largestWithSpare(this);
                int lane = giver == null ? -1 : giver.laneWithIdle();
                if (giver != null && lane >= 0) {
                    crossing.evict(giver, lane);
                    return;
                }
            }
        }
    }

    /** Have clients of it to wait for its first server? That one comes before those that others keep for later. */
    boolean isDestitute() {
        return open() == 0 && isAnyoneWaiting();
    }

    /** Would other pools lack the room for their first servers, if this one opened so many? Then it keeps and opens none for later. */
    boolean wouldLackRoom(int opened) {
        return caps.stream().anyMatch(cap -> cap.wouldLackRoom(this, opened));
    }

    double openForWeight() {
        return (double) open() / limits.weight();
    }

    // ---- what the lanes tell each other --------------------------------------------------------------------------

    /** Publishes since when the oldest waiter of {@code lane} has waited; {@link #NOBODY} if none does. */
    void publishWaiting(int lane, long sinceNanos) {
        waitingSince.set(cell(lane), sinceNanos);
    }

    /** So many clients more wait, or less. */
    void countWaiting(int more) {
        waiting.addAndGet(more);
    }

    /** On all lanes. */
    int waiting() {
        return waiting.get();
    }

    boolean isAnyoneWaiting() {
        return oldestSince() != NOBODY;
    }

    private long oldestSince() {
        long oldest = NOBODY;
        for (int lane = 0; lane < lanes; lane++) {
            long since = waitingSince.get(cell(lane));
            if (since != NOBODY && (oldest == NOBODY || since - oldest < 0)) {
                oldest = since;
            }
        }
        return oldest;
    }

    void publishIdle(int lane, int servers) {
        idle.set(cell(lane) * 2, servers);
    }

    int idleOf(int lane) {
        return idle.get(cell(lane) * 2);
    }

    int laneWithIdle() {
        for (int lane = 0; lane < lanes; lane++) {
            if (idleOf(lane) > 0) {
                return lane;
            }
        }
        return -1;
    }

    int lanes() {
        return lanes;
    }

    /**
     * The lane that a server released on {@code self} should go to, its oldest waiter claimed; -1: it stays.
     *
     * @param ownSince since when the oldest waiter of {@code self} has waited, or {@link #NOBODY}
     */
    int claimWaiter(int self, long ownSince, long nowNanos) {
        int best = -1;
        long bestSince = NOBODY;
        long longest = Long.MIN_VALUE;
        if (ownSince != NOBODY) {
            long own = nowNanos - ownSince;
            longest = own + own / 2 + TOLERANCE_NANOS;
        }
        for (int lane = 0; lane < lanes; lane++) {
            long since = lane == self ? NOBODY : waitingSince.get(cell(lane));
            if (since != NOBODY && nowNanos - since > longest) {
                longest = nowNanos - since;
                best = lane;
                bestSince = since;
            }
        }
        return best >= 0 && waitingSince.compareAndSet(cell(best), bestSince, NOBODY) ? best : -1;
    }
}
