package dev.spillway.server.check;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one connection shows of its server. Immutable.
 *
 * @param instance tells servers apart, however they were reached
 * @param version as {@code server_version_num}: 180001 is 18.1
 * @param tls what protects the connection; null: nothing
 * @param mayUseReserved the user has part in {@code reserved_connections}
 * @param seesOthers the user is shown what others do in {@code pg_stat_activity}
 * @param reserved for superusers, and of {@code reserved_connections}
 * @param sessions how many connections each user has now, this one not counted; null: that cannot be seen
 * @param roles by name, of those that were asked about
 * @param databases by name; the number is its CONNECTION LIMIT, -1 for none
 * @param idleSessionTimeout after which the server ends an idle session; zero: never
 */
record SessionFacts(
        String instance,
        int version,
        String versionText,
        @Nullable String tls,
        boolean isStandby,
        boolean isSuperuser,
        boolean mayUseReserved,
        boolean seesOthers,
        int maxConnections,
        int reservedForSuperusers,
        int reserved,
        @Nullable Map<String, Integer> sessions,
        Map<String, Role> roles,
        Map<String, Integer> databases,
        Duration idleSessionTimeout) {
    /**
     * A user as the server knows it.
     *
     * @param connectionLimit CONNECTION LIMIT, -1 for none
     */
    record Role(int connectionLimit, boolean isSuperuser, boolean mayLogIn) {}

    SessionFacts {
        sessions = sessions == null ? null : Map.copyOf(sessions);
        roles = Map.copyOf(roles);
        databases = Map.copyOf(databases);
    }

    /** What is left for users who are not privileged. */
    int forUsers() {
        return maxConnections - reservedForSuperusers - reserved;
    }
}
