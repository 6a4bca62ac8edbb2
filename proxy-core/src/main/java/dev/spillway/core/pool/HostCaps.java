package dev.spillway.core.pool;

import java.util.List;

/**
 * What one PostgreSQL lets a pool have, together with the others that it is shared with: connections in all, those of the pool's role
 * and those to its database.
 */
record HostCaps(HostBudget budget, Cap role, Cap database, List<Cap> all) {
    /** {@code all}, in the order in which they are taken. */
    HostCaps(HostBudget budget, Cap role, Cap database) {
        this(budget, role, database, List.of(role, database, budget.cap()));
    }

    /** Of a pool that shares them with no other. */
    static HostCaps alone() {
        return new HostCaps(HostBudget.unlimited(), new Cap(0), new Cap(0));
    }

    Cap host() {
        return budget.cap();
    }

    /** One is being opened, for which the budget has given room. */
    void open() {
        role.opens();
        database.opens();
    }

    /** It is open, or will not be. True: somebody may have waited for that. */
    boolean endOpening() {
        role.endsOpening();
        database.endsOpening();
        return budget.endsOpening();
    }

    boolean isOne(Cap cap) {
        return cap.equals(role) || cap.equals(database) || cap.equals(host());
    }

    /** The one that is used up. */
    Cap of(Obstacle full) {
        return switch (full) {
            case ROLE_FULL -> role;
            case DATABASE_FULL -> database;
            case HOST_FULL, NOT_NOW, FORBIDDEN, OTHER -> host();
        };
    }
}
