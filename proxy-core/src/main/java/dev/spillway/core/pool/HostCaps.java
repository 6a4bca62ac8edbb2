package dev.spillway.core.pool;

import java.util.List;

/**
 * What one PostgreSQL lets a pool have, together with the others that it is shared with: connections in all, those of the pool's role
 * and those to its database.
 */
record HostCaps(Cap host, Cap role, Cap database) {
    /** Of a pool that shares them with no other. */
    static HostCaps alone() {
        return new HostCaps(new Cap(0), new Cap(0), new Cap(0));
    }

    /** In the order in which they are taken. */
    List<Cap> all() {
        return List.of(role, database, host);
    }

    /** The one that is used up. */
    Cap of(Obstacle full) {
        return switch (full) {
            case ROLE_FULL -> role;
            case DATABASE_FULL -> database;
            case HOST_FULL, NOT_NOW, FORBIDDEN, OTHER -> host;
        };
    }
}
