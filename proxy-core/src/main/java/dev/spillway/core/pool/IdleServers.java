package dev.spillway.core.pool;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** The idle servers of a slice, in the order in which they became idle. Every change is published to the other lanes. */
final class IdleServers<S extends PooledServer> implements Iterable<S> {
    private final PoolShare share;
    private final int lane;
    private final ArrayDeque<S> servers = new ArrayDeque<>();

    IdleServers(PoolShare share, int lane) {
        this.share = share;
        this.lane = lane;
    }

    boolean isEmpty() {
        return servers.isEmpty();
    }

    int size() {
        return servers.size();
    }

    @Override
    public Iterator<S> iterator() {
        return servers.iterator();
    }

    void add(S server) {
        servers.addLast(server);
        publish();
    }

    /** Does nothing if it was not idle. */
    void remove(S server) {
        if (servers.removeLastOccurrence(server)) {
            publish();
        }
    }

    void removeAll(Collection<S> some) {
        if (servers.removeAll(some)) {
            publish();
        }
    }

    /** The one that has been idle longest; null if there is none. */
    @Nullable
    S takeOldest() {
        S oldest = servers.pollFirst();
        if (oldest != null) {
            publish();
        }
        return oldest;
    }

    /** The one that holds {@code wanted}, else the next in turn; there is one. */
    S take(Object wanted, boolean isRoundRobin) {
        S server = takeMatching(wanted, isRoundRobin);
        if (server == null) {
            server = isRoundRobin ? servers.removeFirst() : servers.removeLast();
        }
        publish();
        return server;
    }

    private @Nullable S takeMatching(Object wanted, boolean isRoundRobin) {
        if (!isRoundRobin && wanted.equals(servers.getLast().affinity())) {
            return servers.removeLast();
        }
        for (Iterator<S> all = isRoundRobin ? iterator() : servers.descendingIterator(); all.hasNext(); ) {
            S server = all.next();
            if (wanted.equals(server.affinity())) {
                all.remove();
                return server;
            }
        }
        return null;
    }

    private void publish() {
        share.publishIdle(lane, servers.size());
    }
}
