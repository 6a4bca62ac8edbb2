package dev.spillway.server.lane;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.HostBudget;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.pool.OwnLogin;
import dev.spillway.core.pool.Pool;
import dev.spillway.core.pool.PoolKey;
import dev.spillway.core.pool.PoolLimits;
import dev.spillway.core.pool.PoolShare;
import dev.spillway.core.session.ClientIdentity;
import dev.spillway.core.session.ClientSession;
import dev.spillway.core.session.HostReader;
import dev.spillway.core.session.PoolPolicy;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.ServerSession;
import dev.spillway.core.stats.LaneView;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The slices of pools that live on one lane. Confined to it.
 *
 * <p>A slice is made when the lane first needs it and freed when it is unused: no client, no server, no waiter, and
 * nothing on its way that it asked for. What another lane sends may still arrive later. A server counts as open while it
 * is on its way, so its pool is there and is given a slice again; everything else that is sent is about waiters or idle
 * servers that a freed slice does not have, and is answered with no or dropped.
 */
final class LanePools {
    /** Opens a server for a slice. */
    @FunctionalInterface
    interface Opener {
        void open(ServerPool pool, DatabaseConfig servers, String user);
    }

    private static final int MAX_SERVERS_OF = 1000;

    private final int lane;
    private final Lanes lanes;
    private final Opener opener;
    private final Consumer<ServerPool> abandoner;
    private final Map<PoolKey, LaneView.PoolEntry> slices = new LinkedHashMap<>();
    private final PastWork past = new PastWork();
    /** Where the servers of databases go by the configuration in force, for those that were asked for lately. */
    private final Map<String, DatabaseConfig> serversOf = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, DatabaseConfig> eldest) {
            return size() > MAX_SERVERS_OF;
        }
    };

    private ProxyConfig config;
    private Orders orders = Orders.NONE;
    /** Databases of which a pool is known and has a least number of servers before any client comes; on the first lane. */
    private List<DatabaseConfig> kept = List.of();

    /** {@code abandoner} ends the openings for a slice, which wants no servers any more. */
    LanePools(int lane, Lanes lanes, ProxyConfig config, Opener opener, Consumer<ServerPool> abandoner) {
        this.lane = lane;
        this.lanes = lanes;
        this.config = config;
        this.opener = opener;
        this.abandoner = abandoner;
        this.kept = kept(config);
    }

    private List<DatabaseConfig> kept(ProxyConfig config) {
        return lane > 0
                ? List.of()
                : config.databases().values().stream()
                        .filter(database -> isKept(database, config))
                        .toList();
    }

    /** Its servers log in as one user, whoever its clients are. */
    private static boolean isKept(DatabaseConfig database, ProxyConfig config) {
        return !database.name().equals(ProxyConfig.FALLBACK)
                && database.user() != null
                && PoolLimits.of(config, database, null).minSize() > 0;
    }

    /** The pool of {@code client}, whose database is {@code database}. */
    ServerPool of(DatabaseConfig database, ClientIdentity client, long nowNanos) {
        PoolKey shared = key(database, client.user());
        OwnLogin own = client.own();
        return slice(own == null ? shared : shared.with(own), nowNanos);
    }

    /** The pool of {@code database} whose servers log in as {@code user}, whoever it is for. */
    ServerPool as(DatabaseConfig database, String user, long nowNanos) {
        return slice(new PoolKey(servers(database), user).of(orders.generation(database.name())), nowNanos);
    }

    Collection<LaneView.PoolEntry> entries() {
        return slices.values();
    }

    /** Is it clients alone who say that there is a database of that name at PostgreSQL? */
    boolean isNamedByClients(String database) {
        return config.isNamedByClients(database);
    }

    /** What slices did that were freed. */
    PastWork past() {
        return past;
    }

    private ServerPool slice(PoolKey key, long nowNanos) {
        LaneView.PoolEntry known = slices.get(key);
        return known == null ? make(key, nowNanos) : known.pool();
    }

    private ServerPool make(PoolKey key, long nowNanos) {
        PoolShare share = lanes.shares().enter(key, config, nowNanos);
        SliceOpener open = new SliceOpener(key);
        ServerPool pool = new ServerPool(new Pool<>(share, lane, lanes, open), policy(key));
        open.pool = pool;
        direct(key, pool, nowNanos);
        slices.put(key, new LaneView.PoolEntry(key.database(), key.user(), pool));
        return pool;
    }

    private final class SliceOpener implements Pool.Opener {
        private final PoolKey key;
        private @Nullable ServerPool pool;

        SliceOpener(PoolKey key) {
            this.key = key;
        }

        @Override
        public void open() {
            opener.open(Objects.requireNonNull(pool), key.servers(), key.user());
        }
    }

    private PoolPolicy policy(PoolKey key) {
        DatabaseConfig database = Objects.requireNonNullElse(config.database(key.database()), key.servers());
        return PoolPolicy.of(config, database, config.users().get(key.user()));
    }

    /** Puts {@code next} into force. Slices of databases that went or point elsewhere now are retired. */
    void apply(ProxyConfig next, long nowNanos) {
        config = next;
        kept = kept(next);
        serversOf.clear();
        List.copyOf(slices.entrySet()).forEach(slice -> {
            PoolKey key = slice.getKey();
            ServerPool pool = slice.getValue().pool();
            lanes.shares().apply(pool.pool().share(), next);
            pool.apply(policy(key));
            pool.pool().apply(!isCurrent(key), nowNanos);
        });
    }

    /** Puts {@code next} into force: slices are paused or go on, and those of earlier generations are retired. */
    void apply(Orders next, long nowNanos) {
        orders = next;
        List.copyOf(slices.entrySet())
                .forEach(slice -> direct(slice.getKey(), slice.getValue().pool(), nowNanos));
    }

    private void direct(PoolKey key, ServerPool pool, long nowNanos) {
        if (!isCurrent(key)) {
            pool.pool().apply(true, nowNanos);
        }
        pool.pool().pause(orders.isPaused(key.database()), nowNanos);
    }

    /** Ends the openings of those that want no servers. Called when their clients have left them. */
    void abandonOpenings() {
        for (LaneView.PoolEntry entry : List.copyOf(slices.values())) {
            if (entry.pool().pool().isWithoutServers()) {
                abandoner.accept(entry.pool());
            }
        }
    }

    private PoolKey key(DatabaseConfig database, String user) {
        return PoolKey.to(servers(database), user).of(orders.generation(database.name()));
    }

    private DatabaseConfig servers(DatabaseConfig database) {
        DatabaseConfig servers = serversOf.get(database.name());
        if (servers == null) {
            servers = PoolKey.servers(config.withServerTls(database));
            serversOf.put(database.name(), servers);
        }
        return servers;
    }

    private boolean isCurrent(PoolKey key) {
        return isCurrent(key, config, orders);
    }

    /** Do clients of its database take servers of that pool, or have later ones replaced it? */
    static boolean isCurrent(PoolKey key, ProxyConfig config, Orders orders) {
        DatabaseConfig database = config.database(key.database());
        return database != null
                && key.generation() == orders.generation(key.database())
                && mayLogIn(key.user(), database, config)
                && PoolKey.as(config.withServerTls(database), key.user()).equals(key.shared());
    }

    /** Do servers of {@code database} log in as {@code user}, for its clients or to look users up? */
    private static boolean mayLogIn(String user, DatabaseConfig database, ProxyConfig config) {
        return database.user() == null || user.equals(database.user()) || config.looksUsersUpAs(user);
    }

    /** Closes every server of a database. Its clients have left. */
    void kill(String database) {
        slices.values().stream()
                .filter(entry -> entry.database().equals(database))
                .flatMap(entry -> List.copyOf(entry.pool().servers()).stream())
                .toList()
                .forEach(server -> server.close("killed"));
    }

    /** Closes the servers of a database, or of all of them (null), that are idle. */
    void cleanUp(@Nullable String database) {
        slices.values().stream()
                .filter(entry -> database == null || entry.database().equals(database))
                .flatMap(entry -> List.copyOf(entry.pool().servers()).stream())
                .filter(server -> server.state().equals("idle"))
                .toList()
                .forEach(server -> server.close("CLEANUP"));
    }

    /** Closes every server, for the reason that is logged. */
    void closeServers(String why) {
        servers().forEach(server -> server.close(why));
    }

    /** A copy: what is done to a server may end it. */
    List<ServerSession> servers() {
        return slices.values().stream()
                .flatMap(entry -> entry.pool().servers().stream())
                .toList();
    }

    // ---- what other lanes ask ------------------------------------------------------------------------------------

    /** A server of {@code share} is here, or has died on its way ({@code isAlive} false). */
    ServerPool forArrival(PoolShare share, long nowNanos) {
        ServerPool pool = slice(share.key(), nowNanos);
        if (!pool.pool().share().equals(share)) {
            throw new IllegalStateException("pool " + share.name() + " was forgotten with a server on its way");
        }
        return pool;
    }

    boolean donate(PoolShare share, int asker) {
        Pool<ServerSession> slice = find(share);
        return slice != null && slice.donate(asker);
    }

    /** The donor that was asked had nothing to give. */
    void onRefused(PoolShare share, long nowNanos) {
        Pool<ServerSession> slice = find(share);
        if (slice != null) {
            slice.onNoArrival(true, false, nowNanos);
        }
    }

    void onRoom(PoolShare share, long nowNanos) {
        Pool<ServerSession> slice = find(share);
        if (slice != null) {
            slice.onRoom(nowNanos);
        }
    }

    void giveUp(PoolShare share) {
        Pool<ServerSession> slice = find(share);
        if (slice != null) {
            slice.giveUp();
        }
    }

    /** The slice of {@code share}; null if it was freed. */
    private @Nullable Pool<ServerSession> find(PoolShare share) {
        LaneView.PoolEntry known = slices.get(share.key());
        return known != null && known.pool().pool().share().equals(share)
                ? known.pool().pool()
                : null;
    }

    // ---- time ----------------------------------------------------------------------------------------------------

    /** {@code periodEnds}: a stats_period is over; {@code recoveryNanos}: how long a server may take to be clean again. */
    void tick(long nowNanos, boolean periodEnds, long recoveryNanos) {
        if (periodEnds) {
            past.endPeriod();
        }
        kept.forEach(database -> slice(key(database, String.valueOf(database.user())), nowNanos));
        for (LaneView.PoolEntry entry : List.copyOf(slices.values())) {
            ServerPool pool = entry.pool();
            if (periodEnds) {
                pool.pool().counters().endPeriod();
            }
            if (isLeft(pool)) {
                pool.pool().apply(true, nowNanos);
            } else {
                pool.pool().tick(nowNanos, isWanted(pool));
            }
            askHost(pool, nowNanos);
            List.copyOf(pool.servers()).forEach(server -> server.tick(nowNanos, recoveryNanos));
            if (pool.pool().isRetired() && config.serverFastClose()) {
                endSessions(pool);
            }
            freeIfUnused(pool, nowNanos);
        }
    }

    /** Whoever waits for a server of {@code host} may have one. */
    void onRoomOf(HostBudget host) {
        slices.values().stream()
                .map(slice -> slice.pool().pool().share())
                .filter(share -> share.host().equals(host))
                .forEach(share -> share.onHostKnown(lanes));
    }

    /** While clients work or wait it has to be known what the host has; on a server that is there already. */
    private void askHost(ServerPool pool, long nowNanos) {
        Pool<ServerSession> slice = pool.pool();
        HostBudget host = slice.share().host();
        if (host.tick(nowNanos)) {
            slice.share().onHostKnown(lanes);
        }
        boolean isInUse = slice.open() > slice.idle() || slice.waiting() > 0;
        if (isInUse && slice.open() > 0 && !slice.isWithoutServers() && host.claimReading(nowNanos)) {
            HostReader.begin(lanes.all().get(lane), pool, host);
        }
    }

    /** A session outside of a transaction would keep a server of a retired pool for as long as its client likes. */
    private static void endSessions(ServerPool retired) {
        for (ServerSession server : List.copyOf(retired.servers())) {
            ClientSession client = server.client();
            if (client != null && client.isIdle()) {
                client.close(
                        ProxyError.DATABASE_CHANGED.fields(client.identity().database()));
            }
        }
    }

    /** A pool of one client, who has left: nobody else comes, whatever is still on its way. */
    private static boolean isLeft(ServerPool pool) {
        return pool.isOfOneClient() && pool.isLeft();
    }

    /** Is there somebody for whom it is worth to try again and again? */
    private boolean isWanted(ServerPool pool) {
        PoolKey key = pool.pool().share().key();
        DatabaseConfig database = config.databases().get(key.database());
        return !pool.isLeft()
                || (database != null && isKept(database, config) && key.user().equals(database.user()));
    }

    private void freeIfUnused(ServerPool pool, long nowNanos) {
        PoolShare share = pool.pool().share();
        if (!pool.isUnused()) {
            share.touch(nowNanos);
        } else if (pool.pool().isRetired()) {
            free(pool);
        } else if (isUnusedForTooLong(pool, nowNanos)) {
            free(pool);
        }
    }

    private boolean isUnusedForTooLong(ServerPool pool, long nowNanos) {
        PoolShare share = pool.pool().share();
        boolean isGivenUp = pool.pool().backoff.failure() != null && !isWanted(pool);
        if (share.limits().minSize() > 0 && !isGivenUp) {
            return false; // its servers are on their way, or their host is down: it would come and go
        }
        long unusedNanos = share.unusedNanos(nowNanos);
        boolean isAutomatic = !config.databases().containsKey(share.key().database());
        return isOver(config.poolIdleTimeout(), unusedNanos)
                || (isAutomatic && isOver(config.autodbIdleTimeout(), unusedNanos));
    }

    private static boolean isOver(Duration limit, long nanos) {
        return limit.isPositive() && nanos > limit.toNanos();
    }

    private void free(ServerPool pool) {
        slices.remove(pool.pool().share().key());
        lanes.shares().leave(pool.pool().share());
        past.add(pool.pool().share().key().database(), pool.pool().counters());
    }
}
