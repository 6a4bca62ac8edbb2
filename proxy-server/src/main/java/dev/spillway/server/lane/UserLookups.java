package dev.spillway.server.lane;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.ServerPool;
import dev.spillway.core.session.SessionPorts;
import dev.spillway.core.session.StartupRequest;
import dev.spillway.core.session.UserLookup;
import org.jspecify.annotations.Nullable;

/**
 * Which server is asked about which user: auth_user, auth_query and auth_dbname, of the client's database or of all. Confined to
 * its lane.
 *
 * <p>Look-ups wait for the servers of one pool per database and auth_user, so nobody can have more of them run than that pool may
 * have servers.
 */
final class UserLookups {
    private final SessionPorts ports;
    private final LanePools pools;
    private ProxyConfig config;
    private Orders orders = Orders.NONE;

    UserLookups(SessionPorts ports, LanePools pools, ProxyConfig config) {
        this.ports = ports;
        this.pools = pools;
        this.config = config;
    }

    /** For those that begin from now on, or look for another pool. */
    void apply(ProxyConfig next) {
        config = next;
    }

    /** For those that begin from now on, or look for another pool. */
    void apply(Orders next) {
        orders = next;
    }

    /** The look-up of the user that a client says it is; null where there is nobody to ask. */
    @Nullable
    UserLookup of(StartupRequest request) {
        if (ConsoleDoor.isFor(request)) {
            return of(request, config.authUser(), config.authDbname(), config.authQuery());
        }
        DatabaseConfig wanted = config.database(request.database());
        if (wanted == null) {
            return null;
        }
        String database = either(wanted.authDbname(), config.authDbname());
        return of(
                request,
                either(wanted.authUser(), config.authUser()),
                database == null ? wanted.name() : database,
                wanted.authQuery() == null ? config.authQuery() : wanted.authQuery());
    }

    private static @Nullable String either(@Nullable String first, @Nullable String otherwise) {
        return first == null ? otherwise : first;
    }

    private @Nullable UserLookup of(
            StartupRequest request, @Nullable String user, @Nullable String database, @Nullable String query) {
        if (user == null || database == null || query == null) {
            return null;
        }
        return new UserLookup(ports, () -> pool(database, user), query, request);
    }

    private ServerPool pool(String name, String user) {
        if (ProxyConfig.CONSOLE_DATABASES.contains(name)) {
            throw wrong("cannot use the reserved \"" + name + "\" database as an auth_dbname");
        }
        DatabaseConfig database = config.database(name);
        if (database == null) {
            throw wrong("authentication database \"" + name + "\" is not configured.");
        }
        if (orders.isDisabled(name)) {
            throw new Refused(ProxyError.AUTH_DATABASE_DISABLED.fields(name));
        }
        return pools.as(database, user, ports.nowNanos());
    }

    private static Refused wrong(String why) {
        return new Refused(ProxyError.AUTH_DATABASE_WRONG.fields(), why);
    }
}
