package dev.spillway.core.stats;

import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.WelcomeProbe;
import dev.spillway.core.session.Wire;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a lane holds, for reading on that lane only; the collections may be the lane's own. */
public interface LaneView {
    /** A pool with the database and server user it is for. */
    record PoolEntry(String database, String user, ServerPool pool) {}

    /** A connection whose client is not logged in yet. */
    record LoginEntry(ClientLogin login, long sinceNanos) {}

    /** A server that is being opened; without a wire while no connection stands. */
    record OpeningEntry(
            String database,
            String user,
            ServerPool pool,
            @Nullable Wire wire,
            long sinceNanos) {}

    /** A client of the console. */
    record ConsoleEntry(Wire wire, String user, String applicationName, long sinceNanos) {}

    Collection<PoolEntry> pools();

    /** Is it clients alone who say that there is a database of that name at PostgreSQL? */
    boolean isNamedByClients(String database);

    /** The keys of those that are logged in. */
    Set<CancelKey> clients();

    /** The one with that key; null: it is not here. */
    @Nullable
    ClientSession client(CancelKey key);

    /** Those that are authenticated and wait for what a server reports. */
    Collection<WelcomeProbe> probes();

    Collection<LoginEntry> logins();

    Collection<OpeningEntry> openings();

    Collection<ConsoleEntry> consoles();

    /** What clients of the console have done. */
    PoolCounters consoleCounters();

    /** What slices have done that are no more, by database. */
    Map<String, PoolCounters> past();

    /** The same of databases that are remembered by name no more. */
    PoolCounters forgotten();

    Collection<NameFigures> names();

    /** Users who have a password here. */
    Set<String> users();

    /** Of all lanes, from 0 on. */
    int number();

    /** The time of a processor that the lane has used. */
    long busyNanos();

    /** What went wrong there. */
    Incidents incidents();

    /** Cancel requests that have come, and that have been sent to servers, so far. */
    long cancelRequests();

    long cancels();

    /** How long ago the last whole stats_period began. */
    long windowNanos();

    long nowNanos();

    /** The wall clock, for people. */
    long nowMillis();
}
