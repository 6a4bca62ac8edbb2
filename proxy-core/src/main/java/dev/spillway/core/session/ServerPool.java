package dev.spillway.core.session;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.pool.Pool;
import dev.spillway.core.session.state.Snapshot;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A pool with what sessions add to it: what PostgreSQL tells clients at login, and who is linked to what.
 *
 * <p>Confined to its lane: the other lanes have others for the same pool.
 */
public final class ServerPool {
    private static final int MAX_WELCOMES = 1000;

    private final PoolMode mode;
    private final String resetQuery;
    private final String checkQuery;
    private final boolean isReserved;
    private final long sliceNanos;
    private final Pool<ServerSession> pool;
    private final Map<Snapshot, Map<String, String>> welcomes = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Snapshot, Map<String, String>> eldest) {
            return size() > MAX_WELCOMES;
        }
    };
    private final Set<ServerSession> servers = new LinkedHashSet<>();

    /**
     * @param resetQuery is run on a server that a session-mode client has left; empty: none
     * @param checkQuery is run on a server that was idle for long
     * @param isReserved whether a session-mode client gets its server when it logs in
     * @param slice how long a client that pipelines without end keeps its server while others wait; zero: for ever
     */
    public ServerPool(
            Pool<ServerSession> pool,
            PoolMode mode,
            String resetQuery,
            String checkQuery,
            boolean isReserved,
            Duration slice) {
        this.pool = pool;
        this.mode = mode;
        this.resetQuery = resetQuery;
        this.checkQuery = checkQuery;
        this.isReserved = isReserved;
        this.sliceNanos = slice.toNanos();
    }

    public Pool<ServerSession> pool() {
        return pool;
    }

    public PoolMode mode() {
        return mode;
    }

    String resetQuery() {
        return resetQuery;
    }

    String checkQuery() {
        return checkQuery;
    }

    boolean isReservedAtLogin() {
        return isReserved && mode == PoolMode.SESSION;
    }

    /** Has a client that never lets its server rest had its time, while others wait? */
    boolean isTurnOver(LeaseClock clock, long nowNanos) {
        return mode != PoolMode.SESSION
                && sliceNanos > 0
                && pool.isAnyoneWaiting()
                && clock.isTransactionLongerThan(sliceNanos, nowNanos);
    }

    /** The parameters PostgreSQL reports to a client that starts with {@code snapshot}; null if none has yet. */
    @Nullable
    Map<String, String> welcome(Snapshot snapshot) {
        return welcomes.get(snapshot);
    }

    void learnWelcome(Snapshot snapshot, Map<String, String> parameters) {
        welcomes.put(snapshot, parameters);
    }

    /** All servers that are logged in. */
    public Set<ServerSession> servers() {
        return servers;
    }
}
