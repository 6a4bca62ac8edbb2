package dev.spillway.core.pool;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.Setting;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which pool it is: a database with all that decides where its servers go, and the user they log in as. Immutable. A pool
 * keeps its key: a database that comes to point elsewhere has other pools from then on.
 *
 * @param servers the database without what may change while its servers stay
 * @param own how the one server of this pool logs in, which is a single replication client's; null: an ordinary pool
 * @param generation a higher number than that of the pool whose servers its own replace; see {@link Orders#generation}
 */
public record PoolKey(
        DatabaseConfig servers, String user, @Nullable OwnLogin own, int generation) {
    /** All others decide where servers go, those that are yet to be added included. */
    private static final List<Setting<?>> NOT_OF_SERVERS = List.of(
            DatabaseSettings.POOL_MODE,
            DatabaseSettings.SESSION_STATE,
            DatabaseSettings.POOL_SIZE,
            DatabaseSettings.MIN_POOL_SIZE,
            DatabaseSettings.RESERVE_POOL_SIZE,
            DatabaseSettings.POOL_WEIGHT,
            DatabaseSettings.MAX_CONNECTIONS,
            DatabaseSettings.MAX_CLIENT_CONNECTIONS,
            DatabaseSettings.FAIL_FAST,
            DatabaseSettings.QUERY_WAIT_TIMEOUT,
            DatabaseSettings.SERVER_LIFETIME,
            DatabaseSettings.AUTH_USER,
            DatabaseSettings.AUTH_QUERY,
            DatabaseSettings.AUTH_DBNAME);

    /** Of an ordinary pool. */
    public PoolKey(DatabaseConfig servers, String user) {
        this(servers, user, null);
    }

    /** Of the first generation. */
    public PoolKey(DatabaseConfig servers, String user, @Nullable OwnLogin own) {
        this(servers, user, own, 0);
    }

    /** The pool of clients of {@code database} who logged in as {@code clientUser}, of the first generation. */
    public static PoolKey of(DatabaseConfig database, String clientUser) {
        return to(servers(database), clientUser);
    }

    /** What of {@code database} decides where its servers go. */
    public static DatabaseConfig servers(DatabaseConfig database) {
        DatabaseConfig servers =
                database.with(DatabaseSettings.DBNAME, Objects.requireNonNullElse(database.dbname(), database.name()));
        for (Setting<?> setting : NOT_OF_SERVERS) {
            servers = servers.with(setting, null);
        }
        return servers;
    }

    /** The pool of those {@link #servers} for clients who logged in as {@code clientUser}, of the first generation. */
    public static PoolKey to(DatabaseConfig servers, String clientUser) {
        return new PoolKey(servers, Objects.requireNonNullElse(servers.user(), clientUser));
    }

    /** The pool of {@code database} whose servers log in as {@code user}, of whomever its clients have, of the first generation. */
    public static PoolKey as(DatabaseConfig database, String user) {
        return new PoolKey(servers(database), user);
    }

    /** The pool beside it for one client, whose server logs in as {@code login} says. */
    public PoolKey with(OwnLogin login) {
        return new PoolKey(servers, user, login, generation);
    }

    /** The same with servers of that generation. */
    public PoolKey of(int anyGeneration) {
        return anyGeneration == generation ? this : new PoolKey(servers, user, own, anyGeneration);
    }

    /**
     * The ordinary pool of the first generation, under whose size those of single clients count too, and all generations
     * together: what is still open of the last is not opened twice.
     */
    public PoolKey shared() {
        return own == null && generation == 0 ? this : new PoolKey(servers, user);
    }

    /** Has it one client, who has its server for good? */
    public boolean isOfOneClient() {
        return own != null;
    }

    public String database() {
        return servers.name();
    }

    /** Which PostgreSQL it is, or which several that stand in for each other. */
    public String host() {
        return host(servers);
    }

    /** The same of any database. */
    public static String host(DatabaseConfig database) {
        return String.join(",", database.hosts()) + ":" + database.port();
    }

    /** What the database is called there. */
    public String databaseInHost() {
        return Objects.requireNonNullElse(servers.dbname(), servers.name());
    }

    /** What errors and the log call the pool. */
    public String name() {
        return servers.name() + "/" + user;
    }
}
