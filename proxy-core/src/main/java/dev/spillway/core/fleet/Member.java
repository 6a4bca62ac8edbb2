package dev.spillway.core.fleet;

import java.util.List;

/**
 * Another instance of the fleet, as PostgreSQL shows it.
 *
 * @param processId of the connection by which it speaks
 * @param silentMillis since it last did
 * @param servers the processes of its other connections, as many as it could name
 */
public record Member(Announcement says, int processId, long silentMillis, List<Integer> servers) {
    /** What it has, or may have at any moment. */
    int claim() {
        return Math.max(says.held(), says.open());
    }
}
