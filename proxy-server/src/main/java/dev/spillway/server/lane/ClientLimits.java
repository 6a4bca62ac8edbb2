package dev.spillway.server.lane;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.session.Refused;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** How many clients there are of each database and of each user, over all lanes. Usable from any thread. */
final class ClientLimits {
    private static final int LEAST_ROOM_ABOVE_MOST = 100;

    private final Map<String, Integer> ofDatabase = new ConcurrentHashMap<>();
    private final Map<String, Integer> ofUser = new ConcurrentHashMap<>();

    /** How many connections above {@code most} are let in: what one wants is in its first packet, it may be to cancel something, or the console. */
    static int roomAbove(int most) {
        return Math.max(LEAST_ROOM_ABOVE_MOST, most / 10);
    }

    /**
     * Counts a client in; {@link #leave} must follow.
     *
     * @throws Refused if there are as many as there may be
     */
    void enter(ProxyConfig config, DatabaseConfig database, String user) {
        int mostOfDatabase =
                Objects.requireNonNullElse(database.maxDbClientConnections(), config.maxDbClientConnections());
        enter(database.name(), mostOfDatabase, user, mostOf(config, user));
    }

    /**
     * Counts a client of the console in; {@link #leave} must follow. Administrators are never too many.
     *
     * @throws Refused if there are as many as there may be
     */
    void enterConsole(ProxyConfig config, String database, String user, boolean isAdmin) {
        int mostOfDatabase = isAdmin ? 0 : config.maxDbClientConnections();
        enter(database, mostOfDatabase, user, isAdmin ? 0 : mostOf(config, user));
    }

    private static int mostOf(ProxyConfig config, String user) {
        UserConfig known = config.users().get(user);
        Integer own = known == null ? null : known.maxUserClientConnections();
        return Objects.requireNonNullElse(own, config.maxUserClientConnections());
    }

    private void enter(String database, int mostOfDatabase, String user, int mostOfUser) {
        if (!take(ofDatabase, database, mostOfDatabase)) {
            throw new Refused(ProxyError.TOO_MANY_CLIENTS_OF_DATABASE.fields(database, mostOfDatabase));
        }
        if (!take(ofUser, user, mostOfUser)) {
            giveBack(ofDatabase, database);
            throw new Refused(ProxyError.TOO_MANY_CLIENTS_OF_USER.fields(user, mostOfUser));
        }
    }

    void leave(String database, String user) {
        giveBack(ofDatabase, database);
        giveBack(ofUser, user);
    }

    /** {@code limit} 0: none. */
    private static boolean take(Map<String, Integer> counts, String name, int limit) {
        int before = counts.merge(name, 1, Integer::sum) - 1;
        if (limit > 0 && before >= limit) {
            giveBack(counts, name);
            return false;
        }
        return true;
    }

    private static void giveBack(Map<String, Integer> counts, String name) {
        counts.computeIfPresent(name, (key, count) -> count == 1 ? null : count - 1);
    }
}
