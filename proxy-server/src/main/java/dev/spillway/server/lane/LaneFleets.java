package dev.spillway.server.lane;

import dev.spillway.core.config.CapacityConfig;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.fleet.Fleet;
import dev.spillway.core.pool.HostBudget;
import dev.spillway.core.pool.PoolKey;
import dev.spillway.core.session.FleetLink;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.ServerPool;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The connections by which this instance speaks with its fleet, one to each PostgreSQL that there are pools of. Confined to the first
 * lane.
 */
final class LaneFleets {
    private final Lane lane;
    private final Lanes lanes;
    private final LanePools pools;
    private ProxyConfig config;
    private final Map<HostBudget, FleetLink> links = new HashMap<>();
    private boolean isStopped;

    LaneFleets(Lane lane, Lanes lanes, LanePools pools, ProxyConfig config) {
        this.lane = lane;
        this.lanes = lanes;
        this.pools = pools;
        this.config = config;
    }

    void apply(ProxyConfig next) {
        config = next;
    }

    void tick(long nowNanos) {
        String fleet = config.capacity().fleet();
        if (fleet == null || isStopped) {
            return;
        }
        List<HostBudget> hosts = lanes.shares().budgets();
        links.entrySet().removeIf(entry -> {
            boolean isGone = !hosts.contains(entry.getKey());
            if (isGone) {
                entry.getValue().stop();
            }
            return isGone;
        });
        hosts.forEach(
                host -> links.computeIfAbsent(host, same -> link(fleet, same)).tick(nowNanos));
    }

    private FleetLink link(String name, HostBudget host) {
        CapacityConfig capacity = config.capacity();
        String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        Fleet fleet = new Fleet(name, id, capacity.fleetDeadAfter().toMillis());
        return new FleetLink(lane, name, fleet, new Way(host));
    }

    /** The proxy ends. */
    void stop() {
        isStopped = true;
        links.values().forEach(FleetLink::stop);
    }

    private final class Way implements FleetLink.Outlet {
        private final HostBudget host;

        Way(HostBudget host) {
            this.host = host;
        }

        @Override
        public ServerPool pool() {
            DatabaseConfig database = database();
            String user = database == null ? null : user(database);
            if (database == null || user == null) {
                throw new Refused(ProxyError.COMMAND_REFUSED.fields("no configured database and user of " + host.name()
                        + " to speak by: set fleet_dbname, and user or auth_user"));
            }
            return pools.as(database, user, lane.nowNanos());
        }

        /** That which is named, the first that is configured or, where only {@code *} is, the first that is used. */
        private @Nullable DatabaseConfig database() {
            String wanted = config.capacity().fleetDbname();
            PoolKey used = host.first();
            return config.databases().values().stream()
                    .filter(database -> PoolKey.host(database).equals(host.name())
                            && !database.name().equals("*"))
                    .min(Comparator.comparing((DatabaseConfig database) ->
                                    !database.name().equals(wanted))
                            .thenComparing(DatabaseConfig::name))
                    .orElse(used == null ? null : config.database(used.database()));
        }

        private @Nullable String user(DatabaseConfig database) {
            if (database.user() != null) {
                return database.user();
            }
            String found = database.authUser() == null ? config.authUser() : database.authUser();
            PoolKey used = host.first();
            return found == null && used != null ? used.user() : found;
        }

        @Override
        public HostBudget host() {
            return host;
        }

        @Override
        public void onRoom() {
            pools.onRoomOf(host);
        }
    }
}
