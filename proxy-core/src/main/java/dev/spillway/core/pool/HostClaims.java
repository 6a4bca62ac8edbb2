package dev.spillway.core.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Which pools of a host want more connections than there are, and who has to give them one. A busy pool would never leave room of
 * itself: what is released goes to its next client.
 *
 * <p>Thread-safe. A claim is renewed a few times a second, by those who cannot open a server, and is void soon after that.
 */
final class HostClaims {
    private static final long VALID_NANOS = 300_000_000;
    /** Shares are found anew so often. */
    private static final long FRESH_NANOS = 20_000_000;

    private record Found(long atNanos, int budget, Map<PoolShare, Integer> shares) {}

    private final Cap cap;
    private final Map<PoolShare, Long> claims = new ConcurrentHashMap<>();
    private final AtomicLong waits = new AtomicLong();
    private volatile Found found = new Found(0, -1, Map.of());

    HostClaims(Cap cap) {
        this.cap = cap;
    }

    /** {@code who} has waiting clients, and all connections are in use. */
    void claim(PoolShare who, long nowNanos) {
        Long before = claims.put(who, nowNanos);
        if (before == null || nowNanos - before > VALID_NANOS) {
            waits.incrementAndGet();
        }
    }

    void withdraw(PoolShare who) {
        if (!claims.isEmpty()) {
            claims.remove(who);
        }
    }

    long waits() {
        return waits.get();
    }

    /** Has {@code who} its share, while another has not and wants the next? */
    boolean isRoomClaimed(PoolShare who, long nowNanos) {
        return isClaimed(who, nowNanos) && who.open() >= share(who, nowNanos);
    }

    /** Has {@code who} more than its share, while another has less and there is no other room? */
    boolean isServerClaimed(PoolShare who, long nowNanos) {
        return cap.isFull() && isClaimed(who, nowNanos) && isAboveShare(who, nowNanos);
    }

    /** Has {@code who} more than its share, and all together more than there may be? */
    boolean isSurplus(PoolShare who, long nowNanos) {
        return cap.surplus() > 0 && isAboveShare(who, nowNanos);
    }

    private boolean isAboveShare(PoolShare who, long nowNanos) {
        return who.open() > share(who, nowNanos);
    }

    private boolean isClaimed(PoolShare who, long nowNanos) {
        if (claims.isEmpty()) {
            return false;
        }
        claims.values().removeIf(sinceNanos -> nowNanos - sinceNanos > VALID_NANOS);
        for (PoolShare claimant : claims.keySet()) {
            if (!claimant.equals(who) && claimant.isAnyoneWaiting() && claimant.open() < share(claimant, nowNanos)) {
                return true;
            }
        }
        return false;
    }

    private int share(PoolShare who, long nowNanos) {
        int budget = cap.possible();
        Found last = found;
        if (last.budget != budget || nowNanos - last.atNanos > FRESH_NANOS || !last.shares.containsKey(who)) {
            List<FairShares.Need<PoolShare>> needs = new ArrayList<>();
            cap.members().forEach(member -> needs.add(member.need(nowNanos)));
            last = new Found(nowNanos, budget, FairShares.of(budget, needs));
            found = last;
        }
        return last.shares.getOrDefault(who, 0);
    }
}
