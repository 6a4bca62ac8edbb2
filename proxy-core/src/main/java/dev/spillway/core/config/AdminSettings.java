package dev.spillway.core.config;

import static dev.spillway.core.config.Setting.Change.RELOAD;
import static dev.spillway.core.config.Setting.Change.RESTART;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Settings of the admin port, a part of the global ones in {@link Settings}. */
public final class AdminSettings {
    private static final List<Setting<?>> ALL = new ArrayList<>();

    public static final Setting<Set<String>> ADMIN_LISTEN_ADDR = add(Setting.of(
            "admin_listen_addr",
            new NamesType(),
            Set.of("127.0.0.1"),
            RESTART,
            "Addresses or host names of the admin port; `*` is every address of the machine, empty is none. Whoever"
                + " reaches it may read [its pages](admin-port.md), which show no SQL and no passwords, without one;"
                + " the console there asks for one as it does elsewhere."));
    public static final Setting<Integer> ADMIN_LISTEN_PORT = add(Setting.of(
            "admin_listen_port",
            new IntegerType(0, 65_535),
            6433,
            RESTART,
            "Port for operators: the console for clients of PostgreSQL, and for HTTP a dashboard, metrics, status and"
                    + " health; 0 has none. Where nobody has chosen another address or port and this one is in use,"
                    + " Spillway starts without it and says so."));
    public static final Setting<Boolean> READYZ_REQUIRES_SERVER = add(Setting.of(
            "readyz_requires_server",
            new FlagType(),
            false,
            RELOAD,
            "Let `/readyz` also say no while a database has no server connection and none can be opened. A failover"
                    + " then takes all instances out of service at once, and clients are refused that could have"
                    + " waited."));

    private AdminSettings() {}

    static List<Setting<?>> all() {
        return List.copyOf(ALL);
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        ALL.add(setting);
        return setting;
    }
}
