package dev.spillway.core.pool;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.UserConfig;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The pools there are and the limits they are under, over all lanes.
 *
 * <p>Thread-safe. A lane {@linkplain #enter enters} a pool when it makes a slice of it and {@linkplain #leave leaves} it
 * when it has freed the slice. A pool is forgotten when no lane has a slice of it and no server of it is open; one on its
 * way from lane to lane is open. So whatever arrives where the slice was freed finds the same pool again by its key.
 */
public final class PoolShares {
    private final int lanes;
    private final Runnable emptied;
    private final Map<PoolKey, PoolShare> shares = new ConcurrentHashMap<>();
    private final Map<PoolKey, Cap> places = new ConcurrentHashMap<>();
    private final Map<String, Cap> databases = new ConcurrentHashMap<>();
    private final Map<String, Cap> users = new ConcurrentHashMap<>();
    private final Map<String, HostBudget> hosts = new ConcurrentHashMap<>();
    private final Map<InHost, Cap> roles = new ConcurrentHashMap<>();
    private final Map<InHost, Cap> hostDatabases = new ConcurrentHashMap<>();

    /** A name that means something in one PostgreSQL. */
    private record InHost(String host, String name) {
        static InHost role(PoolKey key) {
            return new InHost(key.host(), key.user());
        }

        static InHost database(PoolKey key) {
            return new InHost(key.host(), key.databaseInHost());
        }
    }

    public PoolShares(int lanes) {
        this(lanes, () -> {});
    }

    /** {@code emptied} runs whenever the last server of a pool is gone. */
    public PoolShares(int lanes, Runnable emptied) {
        this.lanes = lanes;
        this.emptied = emptied;
    }

    /** The pool of that key, which is made if there is none; {@link #leave} must follow. */
    public PoolShare enter(PoolKey key, ProxyConfig config, long nowNanos) {
        return shares.compute(key, (same, known) -> {
            PoolShare share = known == null ? make(key, config, nowNanos) : known;
            share.slices++;
            return share;
        });
    }

    private PoolShare make(PoolKey key, ProxyConfig config, long nowNanos) {
        Cap ofPool = hold(places, key.shared());
        Cap ofDatabase = hold(databases, key.database());
        Cap ofUser = hold(users, key.user());
        PoolShare share = new PoolShare(
                key, lanes, limits(key, config), ofPool, List.of(ofDatabase, ofUser), holdHost(key, config), emptied);
        share.touch(nowNanos);
        apply(share, config);
        return share;
    }

    /** A walsender is under other limits: PostgreSQL does not count it among its connections. */
    private HostCaps holdHost(PoolKey key, ProxyConfig config) {
        if (key.isOfOneClient()) {
            return HostCaps.alone();
        }
        AtomicReference<HostCaps> held = new AtomicReference<>(HostCaps.alone());
        hosts.compute(key.host(), (same, known) -> {
            HostBudget budget = known == null ? new HostBudget(key.host(), config.capacity()) : known;
            budget.pools++;
            HostCaps caps =
                    new HostCaps(budget, hold(roles, InHost.role(key)), hold(hostDatabases, InHost.database(key)));
            budget.adoptRole(key.user(), caps.role());
            budget.adoptDatabase(key.databaseInHost(), caps.database());
            held.set(caps);
            return budget;
        });
        return held.get();
    }

    private void letGoHost(PoolKey key) {
        if (key.isOfOneClient()) {
            return;
        }
        hosts.computeIfPresent(key.host(), (same, budget) -> {
            letGo(roles, InHost.role(key));
            letGo(hostDatabases, InHost.database(key));
            if (!roles.containsKey(InHost.role(key))) {
                budget.dropRole(key.user());
            }
            if (!hostDatabases.containsKey(InHost.database(key))) {
                budget.dropDatabase(key.databaseInHost());
            }
            budget.pools--;
            return budget.pools > 0 ? budget : null;
        });
    }

    /** What is shared of every PostgreSQL that there are pools of. */
    public List<HostBudget> budgets() {
        return List.copyOf(hosts.values());
    }

    /** Every PostgreSQL that there are pools of. */
    public List<HostFigures> hosts() {
        return hosts.values().stream()
                .map(HostBudget::figures)
                .sorted(Comparator.comparing(HostFigures::host))
                .toList();
    }

    private static <K> Cap hold(Map<K, Cap> caps, K name) {
        return Objects.requireNonNull(caps.compute(name, (same, known) -> {
            Cap cap = known == null ? new Cap(0) : known;
            cap.pools++;
            return cap;
        }));
    }

    /** A lane has freed its slice of {@code share}. */
    public void leave(PoolShare share) {
        shares.computeIfPresent(share.key(), (key, known) -> {
            known.slices--;
            return known.slices > 0 || known.open() > 0 ? known : forget(known);
        });
    }

    private @Nullable PoolShare forget(PoolShare share) {
        share.leaveCaps();
        letGo(places, share.key().shared());
        letGo(databases, share.key().database());
        letGo(users, share.key().user());
        letGoHost(share.key());
        return null;
    }

    private static <K> void letGo(Map<K, Cap> caps, K name) {
        caps.computeIfPresent(name, (same, cap) -> {
            cap.pools--;
            return cap.pools > 0 ? cap : null;
        });
    }

    /** Puts what {@code config} says about {@code share} and its caps into force. */
    public void apply(PoolShare share, ProxyConfig config) {
        PoolKey key = share.key();
        PoolLimits limits = limits(key, config);
        share.adopt(limits);
        limit(places, key.shared(), limits.size());
        limit(databases, key.database(), mostOfDatabase(key, config));
        limit(users, key.user(), mostOfUser(key, config));
        if (!key.isOfOneClient()) {
            share.host().configure(config.capacity());
        }
    }

    private static <K> void limit(Map<K, Cap> caps, K name, int most) {
        Cap cap = caps.get(name);
        if (cap != null) {
            cap.limit(most);
        }
    }

    private static PoolLimits limits(PoolKey key, ProxyConfig config) {
        PoolLimits limits =
                PoolLimits.of(config, database(key, config), config.users().get(key.user()));
        return key.isOfOneClient() ? limits.withoutMinSize() : limits;
    }

    /** A database that was removed keeps nothing but the global limits. */
    private static DatabaseConfig database(PoolKey key, ProxyConfig config) {
        return Objects.requireNonNullElse(config.database(key.database()), key.servers());
    }

    private static int mostOfDatabase(PoolKey key, ProxyConfig config) {
        return Objects.requireNonNullElse(database(key, config).maxDbConnections(), config.maxDbConnections());
    }

    private static int mostOfUser(PoolKey key, ProxyConfig config) {
        UserConfig user = config.users().get(key.user());
        Integer own = user == null ? null : user.maxUserConnections();
        return Objects.requireNonNullElse(own, config.maxUserConnections());
    }

    /** Has none of the pools that {@code which} asks for a server, nor one on its way? */
    public boolean areEmpty(Predicate<PoolKey> which) {
        return shares.values().stream().noneMatch(share -> share.open() > 0 && which.test(share.key()));
    }

    /** The databases that there are pools of. */
    public Set<String> databases() {
        return Set.copyOf(databases.keySet());
    }

    /** Pools, and names with a limit of their own: what there is of each. For tests. */
    int size() {
        int names = databases.size() + users.size() + hosts.size() + roles.size() + hostDatabases.size();
        return shares.size() + places.size() + names;
    }
}
