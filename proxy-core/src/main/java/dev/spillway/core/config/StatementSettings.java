package dev.spillway.core.config;

import static dev.spillway.core.config.Setting.Change.RELOAD;

import java.util.ArrayList;
import java.util.List;

/** The settings of the whole proxy that are about prepared statements: a part of {@link Settings}. */
public final class StatementSettings {
    private static final List<Setting<?>> ALL = new ArrayList<>();

    public static final Setting<Integer> MAX_PREPARED_STATEMENTS = add(Setting.of(
            "max_prepared_statements",
            new IntegerType(0, 1_000_000),
            200,
            RELOAD,
            "Most statements that each server connection keeps prepared for clients that prepare statements by protocol"
                    + " and do not keep their server; the least recently used make way. 0 passes what clients"
                    + " prepare on as it is. A client keeps what it began with: 0 or not."));
    public static final Setting<Integer> MAX_CLIENT_PREPARED_STATEMENTS = add(Setting.of(
            "max_client_prepared_statements",
            new IntegerType(1, 1_000_000),
            10_000,
            RELOAD,
            "Most names that one client may have given to prepared statements at a time; one that prepares more is"
                    + " closed."));
    public static final Setting<Integer> MAX_INTERNED_BYTES = add(Setting.of(
            "max_interned_bytes",
            new IntegerType(16 * 1024, 64 * 1024 * 1024),
            1024 * 1024,
            RELOAD,
            "Largest Parse message, in bytes, that is kept so that any server can prepare the statement. A client that"
                    + " prepares a larger one by name keeps its server until it has closed it."));

    private StatementSettings() {}

    static List<Setting<?>> all() {
        return ALL;
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        ALL.add(setting);
        return setting;
    }
}
