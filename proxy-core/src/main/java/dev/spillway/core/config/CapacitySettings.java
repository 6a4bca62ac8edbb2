package dev.spillway.core.config;

import static dev.spillway.core.config.Setting.Change.RELOAD;

import java.util.ArrayList;
import java.util.List;

/** The settings of the whole proxy that are about how many connections a PostgreSQL has: a part of {@link Settings}. */
public final class CapacitySettings {
    private static final List<Setting<?>> ALL = new ArrayList<>();

    public static final Setting<Integer> MAX_SERVER_CONNECTIONS = add(Setting.of(
            "max_server_connections",
            new AutoCountType(Settings.MAX_BACKENDS),
            0,
            RELOAD,
            "Most server connections to one PostgreSQL (`host` and `port`), over all pools. `auto`: as many as it has,"
                    + " without those it reserves, those others use and `server_headroom`; it is asked, and asked"
                    + " again every few seconds."));
    public static final Setting<Integer> SERVER_HEADROOM = add(Setting.of(
            "server_headroom",
            new IntegerType(0, 90),
            10,
            RELOAD,
            "Percentage of a PostgreSQL's connections that is left to others beside those they use, where"
                    + " `max_server_connections` is `auto`."));
    public static final Setting<Integer> MAX_WAITING = add(Setting.of(
            "max_waiting",
            new IntegerType(0, 1_000_000),
            0,
            RELOAD,
            "Most clients that wait for a server connection of one pool; one that would be more gets an error. 0 sets"
                    + " no limit."));

    private CapacitySettings() {}

    static List<Setting<?>> all() {
        return ALL;
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        ALL.add(setting);
        return setting;
    }
}
