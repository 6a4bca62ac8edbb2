package dev.spillway.core.config;

import static dev.spillway.core.config.Setting.Change.RELOAD;
import static dev.spillway.core.config.Setting.Change.RESTART;

import java.time.Duration;
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

    public static final Setting<String> FLEET = add(Setting.optional(
            "fleet",
            new FleetNameType(),
            "\"\"",
            RESTART,
            "The fleet that this instance belongs to: all that have the same name share the connections of each"
                    + " PostgreSQL, as many as one alone would have, by what they need. Up to 24 letters, digits, `_`"
                    + " and `-`."));
    public static final Setting<String> FLEET_DBNAME = add(Setting.optional(
            "fleet_dbname",
            new TextType(),
            "\"\"",
            RESTART,
            "Database of this configuration by which members of a fleet speak with each other; of a PostgreSQL that has"
                    + " others, the first by name. Its `user`, `auth_user` or the first user by name logs in, the same"
                    + " for all members."));
    public static final Setting<Duration> FLEET_DEAD_AFTER = add(Setting.of(
            "fleet_dead_after",
            new DurationType(),
            Duration.ofSeconds(15),
            RESTART,
            "A member of the fleet that is connected and has said nothing for so long, at least 2 s, is dead: the"
                    + " others end its connections and share what it had."));

    private CapacitySettings() {}

    static List<Setting<?>> all() {
        return ALL;
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        ALL.add(setting);
        return setting;
    }
}
