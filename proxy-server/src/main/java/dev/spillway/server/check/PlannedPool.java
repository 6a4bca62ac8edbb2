package dev.spillway.server.check;

import dev.spillway.core.config.DatabaseConfig;
import java.util.List;

/**
 * A pool that the configuration provides for, as far as it names its user. Immutable.
 *
 * @param database as clients call it
 * @param dbname as the server calls it
 * @param user whom its servers log in as
 * @param size of the pool
 * @param reserve how many more it may have while clients wait
 * @param apart how many more may be kept beside it: for clients with state that cannot move, and for listening
 */
record PlannedPool(
        DatabaseConfig database, String dbname, String user, List<Place> places, int size, int reserve, int apart) {
    String name() {
        return database.name() + "/" + user;
    }
}
