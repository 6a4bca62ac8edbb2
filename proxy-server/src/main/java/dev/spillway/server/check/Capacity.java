package dev.spillway.server.check;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.UserConfig;
import dev.spillway.server.check.Finding.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Compares what the pools of a configuration may take with what their servers have: as a whole, for each user and for each database.
 * Used once, by one thread. It asks nobody: it is given what was answered.
 */
final class Capacity {
    private final Plan plan;
    private final ProxyConfig config;
    private final int instances;
    private final List<Finding> findings = new ArrayList<>();

    /** {@code instances}: how many proxies with this configuration there are. */
    Capacity(Plan plan, int instances) {
        this.plan = plan;
        this.config = plan.config();
        this.instances = instances;
    }

    /** What is to be said about servers that were reached. Places that are the same server count together. */
    List<Finding> judge(Map<Place, SessionFacts> reached) {
        Map<String, List<Place>> servers = reached.keySet().stream()
                .collect(Collectors.groupingBy(
                        place -> Objects.requireNonNull(reached.get(place)).instance(),
                        LinkedHashMap::new,
                        Collectors.toList()));
        servers.forEach(
                (instance, places) -> judgeServer(places, Objects.requireNonNull(reached.get(places.getFirst()))));
        plan.open().forEach(this::tellOfOpen);
        return findings;
    }

    private void judgeServer(List<Place> places, SessionFacts server) {
        String where = places.stream().map(Place::text).distinct().collect(Collectors.joining(", "));
        List<PlannedPool> pools = plan.pools().stream()
                .filter(pool -> pool.places().stream().anyMatch(places::contains))
                .toList();
        if (pools.isEmpty()) {
            return;
        }
        judgeWhole(where, server, pools);
        by(pools, PlannedPool::user).forEach((user, own) -> judgeUser(where, server, user, own));
        by(pools, PlannedPool::dbname).forEach((dbname, own) -> judgeDatabase(where, server, dbname, own));
    }

    private static Map<String, List<PlannedPool>> by(List<PlannedPool> pools, Function<PlannedPool, String> name) {
        return pools.stream().collect(Collectors.groupingBy(name, LinkedHashMap::new, Collectors.toList()));
    }

    // ---- the server as a whole -------------------------------------------------------------------------------------

    private void judgeWhole(String where, SessionFacts server, List<PlannedPool> pools) {
        boolean arePrivileged = pools.stream().allMatch(pool -> isSuperuser(server, pool.user()));
        Room room = Room.of(server, pools, arePrivileged, config.capacity());
        int size = bounded(total(pools, PlannedPool::size));
        int most = bounded(total(pools, pool -> pool.size() + pool.reserve()));
        int all = bounded(total(pools, pool -> pool.size() + pool.reserve() + pool.apart()));
        if (size > room.connections()) {
            String raise = ", or raise max_connections to at least " + room.enoughFor(size, server, config.capacity());
            add(
                    Level.ERROR,
                    "pools_too_large",
                    where,
                    wants(pools) + " may open " + size + " connections. " + room.words() + ". " + consequence(room),
                    change(pools, room.connections(), "default_pool_size", "pool_size") + raise + fleet());
        } else if (most > room.connections()) {
            add(
                    Level.WARNING,
                    "reserve_too_large",
                    where,
                    wants(pools) + " may open " + size + " connections, and " + most + " with their reserve. "
                            + room.words() + ": the reserve is not there when it is needed",
                    change(pools, room.connections() - size, "reserve_pool_size", "reserve_pool_size")
                            + ", or raise max_connections to at least "
                            + room.enoughFor(most, server, config.capacity()));
        } else {
            findings.add(Finding.ok(
                    "capacity",
                    where,
                    wants(pools) + " may open " + most + " connections, reserve included. " + room.words()));
            if (all > room.connections()) {
                findings.add(Finding.note(
                        "pins_too_many",
                        where,
                        "with the servers that clients may keep for temporary tables, advisory locks and the like, and"
                                + " for LISTEN, it could be " + all,
                        "lower max_pinned_servers if that happens (SHOW PINS)"));
            }
        }
        if (server.sessions() == null) {
            findings.add(Finding.warning(
                    "activity_unreadable",
                    where,
                    "pg_stat_activity cannot be read, so nobody knows how many connections others hold",
                    "GRANT SELECT ON pg_catalog.pg_stat_activity TO "
                            + pools.getFirst().user()));
        }
    }

    /** What is too much is an error where it is tried, and a grade less where Spillway keeps to what there is by itself. */
    private void add(Level tried, String code, String where, String text, String change) {
        boolean isKept = config.capacity().maxServerConnections() == 0;
        Level level = !isKept ? tried : tried == Level.ERROR ? Level.WARNING : Level.NOTE;
        findings.add(new Finding(level, code, where, text, change));
    }

    private String consequence(Room room) {
        return !room.isKept()
                ? "Clients will wait in vain or be told \"too many clients already\""
                : instances > 1 && !isFleet()
                        ? "Each of the " + instances + " finds out what the others left, so who comes first has most"
                        : "Spillway keeps to that, so pools do not reach their sizes, and clients wait for those of"
                                + " others";
    }

    private String fleet() {
        return instances > 1 && !isFleet() ? ", or set fleet, so that all share by need" : "";
    }

    /**
     * What is taken of a server at most: by max_server_connections, which is for one instance or for a whole fleet, and of a fleet as
     * much as one instance could take, since the others share it.
     */
    private int bounded(int wanted) {
        int most = config.capacity().maxServerConnections();
        int tried = isFleet() ? wanted / instances : wanted;
        return most == 0 ? tried : Math.min(tried, isFleet() ? most : most * instances);
    }

    private boolean isFleet() {
        return config.capacity().fleet() != null;
    }

    private String wants(List<PlannedPool> pools) {
        String many = pools.size() == 1 ? "one pool (" + pools.getFirst().name() + ")" : pools.size() + " pools";
        return instances == 1
                ? many
                : many + " in each of " + instances + (isFleet() ? " proxies, which share," : " proxies");
    }

    private String change(List<PlannedPool> pools, int room, String setting, String own) {
        int each = Math.max(0, room) / (isFleet() ? 1 : instances) / pools.size();
        boolean isOwn = pools.stream()
                .anyMatch(pool ->
                        pool.database().poolSize() != null || pool.database().reservePoolSize() != null);
        String name = isOwn && !setting.equals(own) ? setting + " or the pool's own " + own : setting;
        boolean isSize = setting.equals("default_pool_size");
        return each == 0 && isSize
                ? "use fewer pools: there is not one connection for each of " + pools.size() * instances
                : "set " + name + " to " + each;
    }

    // ---- one user, one database ------------------------------------------------------------------------------------

    private void judgeUser(String where, SessionFacts server, String user, List<PlannedPool> pools) {
        SessionFacts.@Nullable Role role = server.roles().get(user);
        if (role == null || role.isSuperuser() || role.connectionLimit() < 0) {
            return;
        }
        compare(
                where + ", user " + user,
                "role_limit",
                "CONNECTION LIMIT of role " + user,
                role.connectionLimit(),
                pools,
                "max_user_connections",
                "ALTER ROLE " + user);
    }

    private void judgeDatabase(String where, SessionFacts server, String dbname, List<PlannedPool> pools) {
        @Nullable Integer limit = server.databases().get(dbname);
        List<PlannedPool> bound = pools.stream().filter(not(server)).toList();
        if (limit == null || limit < 0 || bound.isEmpty()) {
            return;
        }
        compare(
                where + ", database " + dbname,
                "database_limit",
                "CONNECTION LIMIT of database " + dbname,
                limit,
                bound,
                "max_db_connections",
                "ALTER DATABASE " + dbname);
    }

    private static Predicate<PlannedPool> not(SessionFacts server) {
        return pool -> !isSuperuser(server, pool.user());
    }

    /** {@code setting}: that of Spillway which sets the same limit. */
    private void compare(
            String where,
            String code,
            String what,
            int limit,
            List<PlannedPool> pools,
            String setting,
            String command) {
        int size = total(pools, PlannedPool::size);
        int most = total(pools, pool -> pool.size() + pool.reserve());
        if (most <= limit) {
            return;
        }
        int each = limit / instances;
        String change = each == 0
                ? command + " CONNECTION LIMIT " + most
                : "set " + setting + " to " + each + ", or " + command + " CONNECTION LIMIT " + most;
        boolean isError = size > limit;
        String text = "the " + what + " is " + limit + ", and " + wants(pools) + " may open "
                + (isError ? size + " connections" : most + " connections with the reserve");
        add(isError ? Level.ERROR : Level.WARNING, code, where, text, change);
    }

    private static boolean isSuperuser(SessionFacts server, String user) {
        SessionFacts.@Nullable Role role = server.roles().get(user);
        return role != null && role.isSuperuser();
    }

    // ---- sums ------------------------------------------------------------------------------------------------------

    /** Of all instances; max_db_connections and max_user_connections hold. */
    private int total(List<PlannedPool> pools, ToIntFunction<PlannedPool> of) {
        int byDatabase = sum(by(pools, pool -> pool.database().name()), of, name -> mostOf(pools, name));
        int byUser = sum(by(pools, PlannedPool::user), of, this::mostOfUser);
        return Math.min(byDatabase, byUser) * instances;
    }

    private static int sum(
            Map<String, List<PlannedPool>> groups, ToIntFunction<PlannedPool> of, ToIntFunction<String> most) {
        return groups.entrySet().stream()
                .mapToInt(group -> {
                    int sum = group.getValue().stream().mapToInt(of).sum();
                    int limit = most.applyAsInt(group.getKey());
                    return limit > 0 ? Math.min(sum, limit) : sum;
                })
                .sum();
    }

    private int mostOf(List<PlannedPool> pools, String name) {
        return pools.stream()
                .map(PlannedPool::database)
                .filter(database -> database.name().equals(name))
                .findFirst()
                .map(database -> Objects.requireNonNullElse(database.maxDbConnections(), config.maxDbConnections()))
                .orElse(0);
    }

    private int mostOfUser(String user) {
        @Nullable UserConfig known = config.users().get(user);
        @Nullable Integer own = known == null ? null : known.maxUserConnections();
        return Objects.requireNonNullElse(own, config.maxUserConnections());
    }

    /** Pools that nobody can count yet. */
    private void tellOfOpen(DatabaseConfig database) {
        int size = Objects.requireNonNullElse(database.poolSize(), config.defaultPoolSize());
        boolean isFallback = database.name().equals(ProxyConfig.FALLBACK);
        int most = Objects.requireNonNullElse(database.maxDbConnections(), config.maxDbConnections());
        boolean isBound = !isFallback && most > 0;
        String who = isFallback
                ? "every database that clients ask for and that is not configured"
                : "every user who logs in to database " + database.name() + " and is in no list here";
        String remedy = isFallback && database.user() != null
                ? "max_user_connections bounds them all together"
                : isFallback ? "name the databases that are needed" : "max_db_connections bounds them all together";
        findings.add(Finding.note(
                "pools_unknown",
                "database " + database.name(),
                who + " has a pool of its own, of up to " + size + " connections. They are not part of the sums here",
                isBound ? "" : remedy));
    }
}
