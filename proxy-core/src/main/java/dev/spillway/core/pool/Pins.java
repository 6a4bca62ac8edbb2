package dev.spillway.core.pool;

import java.util.HashSet;
import java.util.Set;

/**
 * The servers of a slice that their clients keep beyond a transaction: they do not count against the size of their pool, which
 * has others in their place, but have a number of their own. Beside them the one that listens for all clients, which has no number.
 * Confined to its lane; belongs to one {@link Pool}.
 *
 * @param <S> the server connections
 */
public final class Pins<S> {
    private final PoolShare share;
    private final Set<S> servers = new HashSet<>(0);
    private final Set<S> apart = new HashSet<>(0);

    Pins(PoolShare share) {
        this.share = share;
    }

    /** Takes {@code server}, which leaves its place in the pool, unless there are {@code most} already. */
    public boolean pin(S server, int most) {
        boolean isPinned = share.tryPin(most);
        if (isPinned) {
            servers.add(server);
        }
        return isPinned;
    }

    /**
     * Takes {@code server}, which leaves its place in the pool for good; false if a limit over all pools of its database or user would
     * leave no room for another.
     */
    public boolean setApart(S server) {
        boolean hasRoom = share.mayHaveTwo();
        if (hasRoom) {
            share.setApart();
            apart.add(server);
        }
        return hasRoom;
    }

    /** May {@code server} be anybody's again? One that was pinned needs a place in the pool of {@code size} for that. */
    boolean admit(S server, int size) {
        boolean isAdmitted = servers.isEmpty() || !servers.contains(server) || share.tryUnpin(size);
        if (isAdmitted && !servers.isEmpty()) {
            servers.remove(server);
        }
        return isAdmitted;
    }

    /** {@code server} is gone. */
    void closed(S server) {
        if (apart.remove(server)) {
            share.closedApart();
        } else if (servers.remove(server)) {
            share.closedPinned();
        } else {
            share.closed();
        }
    }
}
