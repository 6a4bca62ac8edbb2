package dev.spillway.server.check;

import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.SessionState;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.pool.PoolKey;
import dev.spillway.core.pool.PoolLimits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration provides for, as far as it can be known before clients come: pools, and the logins that show whether they will
 * work. Immutable.
 *
 * @param pools those whose user is named
 * @param open databases whose clients may bring users that nobody can name yet, each with a pool of its own
 */
record Plan(ProxyConfig config, Map<String, StoredSecret> secrets, List<PlannedPool> pools, List<DatabaseConfig> open) {
    /** {@code file}: what auth_file says. */
    static Plan of(ProxyConfig config, Map<String, StoredSecret> file) {
        Map<String, StoredSecret> secrets = new LinkedHashMap<>(file);
        config.users().values().stream()
                .filter(user -> user.password() != null)
                .forEach(user -> secrets.put(
                        user.name(),
                        StoredSecret.parse(
                                Objects.requireNonNull(user.password()).reveal())));
        List<PlannedPool> pools = new ArrayList<>();
        List<DatabaseConfig> open = new ArrayList<>();
        for (DatabaseConfig database : config.databases().values()) {
            boolean isNamed = !database.name().equals(ProxyConfig.FALLBACK) || database.dbname() != null;
            if (isNamed) {
                users(config, database, secrets.keySet()).forEach(user -> pools.add(pool(config, database, user)));
            }
            if (!isNamed || (database.user() == null && mayBringOthers(config, database))) {
                open.add(database);
            }
        }
        return new Plan(config, Map.copyOf(secrets), List.copyOf(pools), List.copyOf(open));
    }

    /** Clients whose users are in no list: those that are looked up, and those that are believed. */
    private static boolean mayBringOthers(ProxyConfig config, DatabaseConfig database) {
        return lookupUser(config, database) != null || !config.authType().needsPassword();
    }

    private static Set<String> users(ProxyConfig config, DatabaseConfig database, Set<String> known) {
        if (database.user() != null) {
            return Set.of(database.user());
        }
        Set<String> users = new LinkedHashSet<>(config.users().keySet());
        users.addAll(known);
        users.removeIf(user -> config.looksUsersUpAs(user)
                || (config.adminUsers().contains(user) && !config.users().containsKey(user))
                || config.statsUsers().contains(user));
        return users;
    }

    private static PlannedPool pool(ProxyConfig config, DatabaseConfig database, String user) {
        @Nullable UserConfig known = config.users().get(user);
        PoolLimits limits = PoolLimits.of(config, database, known);
        SessionState state = Objects.requireNonNullElse(database.sessionState(), config.sessionState());
        return new PlannedPool(
                database,
                Objects.requireNonNullElse(database.dbname(), database.name()),
                user,
                places(config, database),
                limits.size(),
                limits.reserveTimeout().isZero() ? 0 : limits.reserve(),
                state == SessionState.TRACK ? config.maxPinnedServers() + 1 : 0);
    }

    static List<Place> places(ProxyConfig config, DatabaseConfig database) {
        SslMode mode = config.sslmodeOf(database);
        return database.hosts().stream()
                .map(host -> new Place(host, database.port(), mode))
                .map(place -> place.isUnix() ? new Place(place.host(), place.port(), SslMode.DISABLE) : place)
                .distinct()
                .toList();
    }

    /** Whoever looks the users of {@code database} up; null: nobody does. */
    static @Nullable String lookupUser(ProxyConfig config, DatabaseConfig database) {
        return database.authUser() != null ? database.authUser() : config.authUser();
    }

    /** Each user once per place, and each database at least once; logins that look users up come first. */
    List<Login> logins() {
        Map<String, Login> logins = new LinkedHashMap<>();
        for (DatabaseConfig database : config.databases().values()) {
            addLookup(database, logins);
        }
        Set<String> tried = new LinkedHashSet<>();
        for (PlannedPool pool : pools) {
            for (Place place : pool.places()) {
                boolean isNewUser = tried.add(place.text() + " user " + pool.user() + " "
                        + pool.database().password());
                boolean isNewDatabase =
                        tried.add(place.text() + " database " + pool.database().name());
                if (isNewUser || isNewDatabase) {
                    Login login = login(place, pool.database(), pool.dbname(), pool.user(), null);
                    logins.putIfAbsent(login.where(), login);
                }
            }
        }
        addFleet(logins);
        return List.copyOf(logins.values());
    }

    private void addFleet(Map<String, Login> logins) {
        @Nullable String fleet = config.capacity().fleet();
        if (fleet == null) {
            return;
        }
        for (PlannedPool pool : speakers()) {
            for (Place place : pool.places()) {
                Login login = login(place, pool.database(), pool.dbname(), pool.user(), null);
                logins.merge(login.where(), login.speakingWith(fleet), (known, same) -> known.speakingWith(fleet));
            }
        }
    }

    /**
     * Of each PostgreSQL the database and user by which an instance would speak with its fleet. There is none where no database or user
     * is named; the first that is used speaks then.
     */
    List<PlannedPool> speakers() {
        Map<String, List<DatabaseConfig>> hosts = config.databases().values().stream()
                .filter(database -> !database.name().equals(ProxyConfig.FALLBACK))
                .collect(Collectors.groupingBy(PoolKey::host, LinkedHashMap::new, Collectors.toList()));
        List<PlannedPool> speakers = new ArrayList<>();
        @Nullable String wanted = config.capacity().fleetDbname();
        for (List<DatabaseConfig> databases : hosts.values()) {
            DatabaseConfig database = databases.stream()
                    .min(Comparator.comparing(
                                    (DatabaseConfig each) -> !each.name().equals(wanted))
                            .thenComparing(DatabaseConfig::name))
                    .orElseThrow();
            @Nullable String user = database.user() != null ? database.user() : lookupUser(config, database);
            @Nullable
            String first = pools.stream()
                    .filter(pool -> pool.database().equals(database))
                    .map(PlannedPool::user)
                    .min(Comparator.naturalOrder())
                    .orElse(null);
            if (user != null || first != null) {
                speakers.add(pool(config, database, Objects.requireNonNullElse(user, String.valueOf(first))));
            }
        }
        return speakers;
    }

    private void addLookup(DatabaseConfig client, Map<String, Login> logins) {
        @Nullable String user = lookupUser(config, client);
        @Nullable String name = client.authDbname() != null ? client.authDbname() : config.authDbname();
        @Nullable DatabaseConfig asked = name == null ? client : config.database(name);
        boolean isNamed = asked != null && (!asked.name().equals(ProxyConfig.FALLBACK) || asked.dbname() != null);
        if (user == null || !isNamed || asked == null) {
            return;
        }
        String query = client.authQuery() != null ? client.authQuery() : config.authQuery();
        for (Place place : places(config, asked)) {
            String dbname = Objects.requireNonNullElse(asked.dbname(), asked.name());
            Login login = login(place, asked, dbname, user, query);
            logins.putIfAbsent(login.where(), login);
        }
    }

    private Login login(Place place, DatabaseConfig database, String dbname, String user, @Nullable String lookup) {
        return new Login(
                place,
                dbname,
                user,
                password(database, user),
                database.connectQuery(),
                pools.stream().map(PlannedPool::user).distinct().toList(),
                lookup,
                null);
    }

    private @Nullable Secret password(DatabaseConfig database, String user) {
        boolean isOwn = database.password() != null && user.equals(database.user());
        StoredSecret stored = isOwn
                ? StoredSecret.parse(Objects.requireNonNull(database.password()).reveal())
                : secrets.get(user);
        return stored instanceof StoredSecret.Plain(Secret password) && !password.isEmpty() ? password : null;
    }

    /** Is there a secret that only Spillway's own login can use, which is no password? */
    boolean isStoredOnly(Login login) {
        return login.password() == null && secrets.containsKey(login.user()) && !isPlain(login.user());
    }

    private boolean isPlain(String user) {
        return secrets.get(user) instanceof StoredSecret.Plain;
    }
}
