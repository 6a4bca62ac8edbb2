package dev.spillway.core.session;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.SessionState;
import dev.spillway.core.pool.OwnLogin;
import dev.spillway.core.pool.Pool;
import dev.spillway.core.pool.Waiter;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.startup.Replication;
import dev.spillway.core.session.state.Snapshot;
import dev.spillway.core.session.state.StatePolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.HashSet;
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
    private static final int MAX_RESTORABLE = 1000;
    /** What a client may always send ahead, so that its server does not wait for it. */
    private static final int LEAST_AHEAD = 64;

    private static final int MOST_AHEAD = 1024;

    private PoolPolicy policy;
    private int clients;
    private int seekers;
    private final Pool<ServerSession> pool;
    private final Map<Snapshot, Map<String, String>> welcomes = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Snapshot, Map<String, String>> eldest) {
            return size() > MAX_WELCOMES;
        }
    };
    private final Recent<Snapshot> snapshots = new Recent<>();
    private final Recent<Map<String, String>> reported = new Recent<>();
    private Map<String, String> reportedLast = Map.of();
    private byte[] reportLast = {};
    private final Set<String> restorable = new HashSet<>(0);
    private final Set<ServerSession> servers = new LinkedHashSet<>();

    /** A pool without clients. */
    public ServerPool(Pool<ServerSession> pool, PoolPolicy policy) {
        this.pool = pool;
        this.policy = policy;
    }

    public Pool<ServerSession> pool() {
        return pool;
    }

    /** The configuration has changed: for clients that come from now on, who do not meet a session they do not expect. */
    public void apply(PoolPolicy newPolicy) {
        policy = newPolicy;
    }

    /** A client has come, which may have to wait before it is logged in; {@link #left} must follow. */
    void entered() {
        clients++;
    }

    void left() {
        clients--;
    }

    /** {@code waiter}, which is no client, comes, and gets a server at once or waits for one; {@link #leave} must follow. */
    void seek(Waiter<ServerSession> waiter, Snapshot wanted, long nowNanos) {
        seekers++;
        ServerSession free = pool.acquire(wanted, nowNanos);
        if (free == null) {
            pool.enqueue(waiter, nowNanos);
        } else {
            waiter.onServed(free);
        }
    }

    /** It goes, whether it waits or not. */
    void leave(Waiter<ServerSession> waiter) {
        pool.leave(waiter);
        seekers--;
    }

    /** Those being logged in included, but none of what Spillway needs a server for itself. */
    public int clients() {
        return clients;
    }

    /** How many of them wait for a server. */
    public int waitingClients() {
        return pool.waiting(waiter -> waiter instanceof ServerWait || waiter instanceof WelcomeProbe);
    }

    /** Has it neither clients nor anybody else who needs its servers? */
    public boolean isLeft() {
        return clients == 0 && seekers == 0;
    }

    /** Has it neither clients nor servers, nor does any come? Then nothing but its figures is lost with it. */
    public boolean isUnused() {
        return isLeft() && servers.isEmpty() && pool.isEmpty();
    }

    /** That of clients who come now: each keeps the mode it began with. */
    public PoolMode mode() {
        return isOfOneClient() ? PoolMode.SESSION : configuredMode();
    }

    public PoolMode configuredMode() {
        return policy.mode();
    }

    /** Is it for one client, a replication client, whose server nobody else can use? */
    public boolean isOfOneClient() {
        return pool.share().key().isOfOneClient();
    }

    /** What kind of connections its servers are. */
    public Replication replication() {
        OwnLogin own = pool.share().key().own();
        return own == null ? Replication.NONE : own.replication();
    }

    /** What is in force on a server of it that has just logged in. */
    Snapshot settingsAtLogin() {
        OwnLogin own = pool.share().key().own();
        return own == null ? Snapshot.NEUTRAL : Snapshot.of(own.settings());
    }

    String resetQuery() {
        return policy.resetQuery();
    }

    /** What becomes of session state. */
    StatePolicy state() {
        return policy.state();
    }

    /** Does session state follow clients here, those who do not keep their server? */
    boolean tracks() {
        return policy.state().how() == SessionState.TRACK && !isOfOneClient();
    }

    /** Are settings of these names, in lower case, known to be such as the user of the pool may make? */
    boolean areRestorable(Set<String> names) {
        return restorable.containsAll(names);
    }

    /** A server has said so of these. It holds until somebody takes the right away; then putting them into force fails. */
    void learnRestorable(Set<String> names) {
        if (restorable.size() + names.size() > MAX_RESTORABLE) {
            restorable.clear();
        }
        restorable.addAll(names);
    }

    /** Does the reset query run whenever a client has let a server go? */
    boolean resetsAlways() {
        return policy.state().resetsAlways();
    }

    String checkQuery() {
        return policy.checkQuery();
    }

    /** Which transactions the log is told of. */
    SlowRule slow() {
        return policy.slow();
    }

    Preparing preparing() {
        return policy.preparing();
    }

    /** What each client is told that has logged in; empty: nothing. */
    String loginNotice() {
        return policy.loginNotice();
    }

    boolean isReservedAtLogin() {
        return policy.isReserved() && policy.mode() == PoolMode.SESSION;
    }

    /**
     * Must a client that never lets its server rest stop for now? Its time may be over while others wait; or it has sent ahead
     * more than has been answered so far: whoever comes next would have to wait for all that.
     */
    boolean isTurnOver(LeaseClock clock, int pipelined, long nowNanos) {
        return policy.slice().isPositive()
                && (pipelined > mostAhead(clock)
                        || (pool.isAnyoneWaiting()
                                && clock.isLeaseLongerThan(policy.slice().toNanos(), nowNanos)));
    }

    /** How many messages a client may have sent that are not answered: as many again as were, within bounds. */
    static int mostAhead(LeaseClock clock) {
        return Math.min(MOST_AHEAD, LEAST_AHEAD + clock.answered());
    }

    /** The parameters PostgreSQL reports to a client that starts with {@code snapshot}; null if none has yet. */
    @Nullable
    Map<String, String> welcome(Snapshot snapshot) {
        return welcomes.get(snapshot);
    }

    void learnWelcome(Snapshot snapshot, Map<String, String> parameters) {
        welcomes.put(snapshot, parameters);
    }

    /** The instance of {@code snapshot} that clients and servers here compare at each link. */
    Snapshot shared(Snapshot snapshot) {
        return snapshots.of(snapshot);
    }

    /** The instance of these parameters, an immutable map, that clients and servers here compare at each link. */
    Map<String, String> shared(Map<String, String> parameters) {
        return reported.of(parameters);
    }

    /** These parameters as messages for a client. What is asked for again and again is made once. */
    @SuppressWarnings("ReferenceEquality") // an equal map in another instance would only cost the making
    byte[] reportOf(Map<String, String> parameters) {
        if (parameters != reportedLast) {
            ByteBuf messages = Unpooled.buffer();
            parameters.forEach((name, value) -> BackendMessages.parameterStatus(messages, name, value));
            reportedLast = parameters;
            reportLast = ByteBufUtil.getBytes(messages);
        }
        return reportLast;
    }

    /** All servers that are logged in. */
    public Set<ServerSession> servers() {
        return servers;
    }
}
