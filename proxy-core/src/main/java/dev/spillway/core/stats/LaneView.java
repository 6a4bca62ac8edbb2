package dev.spillway.core.stats;

import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerPool;
import java.util.Collection;

/** What a lane holds, for reading on that lane only; the collections are the lane's own. */
public record LaneView(
        Collection<PoolEntry> pools, Collection<ClientSession> clients, Collection<NameFigures> names, long nowNanos) {
    /** A pool with the database and server user it is for. */
    public record PoolEntry(String database, String user, ServerPool pool) {}
}
