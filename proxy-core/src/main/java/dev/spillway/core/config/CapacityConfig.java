package dev.spillway.core.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The part of a {@link ProxyConfig} that says how many connections a PostgreSQL has. What each accessor means stands once, in {@link
 * CapacitySettings}.
 */
public record CapacityConfig(SettingValues values) {
    private static final int ALL_PERCENT = 100;

    /** 0: as many as there are. */
    public int maxServerConnections() {
        return values.get(CapacitySettings.MAX_SERVER_CONNECTIONS);
    }

    public int serverHeadroom() {
        return values.get(CapacitySettings.SERVER_HEADROOM);
    }

    /** The connections that this is of {@code usable} ones, rounded up. */
    public int headroom(int usable) {
        return (usable * serverHeadroom() + ALL_PERCENT - 1) / ALL_PERCENT;
    }

    /** 0: no limit. */
    public int maxWaiting() {
        return values.get(CapacitySettings.MAX_WAITING);
    }

    /** Null: there are no others. */
    public @Nullable String fleet() {
        return values.find(CapacitySettings.FLEET);
    }

    public @Nullable String fleetDbname() {
        return values.find(CapacitySettings.FLEET_DBNAME);
    }

    public Duration fleetDeadAfter() {
        return values.get(CapacitySettings.FLEET_DEAD_AFTER);
    }
}
