package dev.spillway.core.pool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a PostgreSQL says of its limits and of who is connected: the rows of {@link #SQL}, or of {@link #SQL_WITHOUT_OTHERS} where the
 * first is not allowed. Confined to whoever reads it, then immutable.
 */
public final class HostReading {
    private static final String LIMITS =
            "SELECT 'setting'::pg_catalog.text, name, ''::pg_catalog.text, setting FROM pg_catalog.pg_settings"
                    + " WHERE name OPERATOR(pg_catalog.=) ANY ("
                    + "'{max_connections,superuser_reserved_connections,reserved_connections}'::pg_catalog.text[])"
                    + " UNION ALL SELECT 'role', rolname::pg_catalog.text, '', rolconnlimit::pg_catalog.text"
                    + " FROM pg_catalog.pg_roles WHERE rolconnlimit OPERATOR(pg_catalog.>=) 0 AND NOT rolsuper"
                    + " UNION ALL SELECT 'database', datname::pg_catalog.text, '', datconnlimit::pg_catalog.text"
                    + " FROM pg_catalog.pg_database WHERE datconnlimit OPERATOR(pg_catalog.>=) 0";

    /** Of others' connections a role without rights sees neither the kind nor what they do, but that they are there. */
    private static final String OTHERS = " UNION ALL SELECT 'connections', COALESCE(usename::pg_catalog.text, ''),"
            + " COALESCE(datname::pg_catalog.text, ''), pg_catalog.string_agg(pid::pg_catalog.text, ',')"
            + " FROM pg_catalog.pg_stat_activity WHERE backend_type OPERATOR(pg_catalog.=) 'client backend'"
            + " OR (backend_type IS NULL AND datid IS NOT NULL) GROUP BY 2, 3";

    /** What a server is asked. */
    public static final String SQL = LIMITS + OTHERS;

    /** What it is asked where it does not tell who is connected. */
    public static final String SQL_WITHOUT_OTHERS = LIMITS;

    /** Connections of one role to one database. */
    record Group(String role, String database, List<Integer> processIds) {}

    private final Map<String, Integer> settings = new HashMap<>();
    private final Map<String, Integer> roles = new HashMap<>();
    private final Map<String, Integer> databases = new HashMap<>();
    private final List<Group> groups = new ArrayList<>();
    private final boolean hasOthers;

    /** {@code hasOthers}: it says who is connected. */
    public HostReading(boolean hasOthers) {
        this.hasOthers = hasOthers;
    }

    /** Takes one row; false if it is not one of ours. */
    public boolean add(List<@Nullable String> row) {
        if (row.size() != 4) {
            return false;
        }
        String kind = String.valueOf(row.get(0));
        String name = String.valueOf(row.get(1));
        String value = String.valueOf(row.get(3));
        try {
            switch (kind) {
                case "setting" -> settings.put(name, Integer.valueOf(value));
                case "role" -> roles.put(name, Integer.valueOf(value));
                case "database" -> databases.put(name, Integer.valueOf(value));
                case "connections" -> groups.add(new Group(name, String.valueOf(row.get(2)), numbers(value)));
                default -> {
                    return false;
                }
            }
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static List<Integer> numbers(String text) {
        List<Integer> numbers = new ArrayList<>();
        for (String number : text.split(",", -1)) {
            numbers.add(Integer.valueOf(number));
        }
        return numbers;
    }

    /** Does it say what has to be known? */
    public boolean isUseful() {
        return settings.getOrDefault("max_connections", 0) > 0;
    }

    int maxConnections() {
        return settings.getOrDefault("max_connections", 0);
    }

    /** Kept for superusers and those whom they trust; the second kind is there since PostgreSQL 16. */
    int reserved() {
        return settings.getOrDefault("superuser_reserved_connections", 0)
                + settings.getOrDefault("reserved_connections", 0);
    }

    boolean hasOthers() {
        return hasOthers;
    }

    /** CONNECTION LIMIT by role; those without are not there. */
    Map<String, Integer> roles() {
        return roles;
    }

    /** CONNECTION LIMIT by database. */
    Map<String, Integer> databases() {
        return databases;
    }

    /** Of all clients, ours included. */
    int connections() {
        return groups.stream().mapToInt(group -> group.processIds.size()).sum();
    }

    List<Group> groups() {
        return groups;
    }
}
