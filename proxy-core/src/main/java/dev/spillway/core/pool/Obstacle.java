package dev.spillway.core.pool;

import dev.spillway.core.protocol.Sqlstate;
import dev.spillway.core.protocol.backend.ErrorFields;
import java.util.Set;

/**
 * Why PostgreSQL let nobody in: by SQLSTATE and by the function of its source that said so, for the texts are translated.
 *
 * <p>Source: PostgreSQL 15 to 18, {@code postinit.c}, {@code miscinit.c}, {@code proc.c}, {@code backend_startup.c}. What comes from
 * somebody who names no function, such as another pooler, is about the host.
 */
public enum Obstacle {
    /** Every connection that the host has for our role is in use. */
    HOST_FULL,
    /** The role has its CONNECTION LIMIT. */
    ROLE_FULL,
    /** The database has its CONNECTION LIMIT. */
    DATABASE_FULL,
    /** It starts, ends or recovers. */
    NOT_NOW,
    /** Refused, no such database, no right to it: trying again is of no use. */
    FORBIDDEN,
    OTHER;

    private static final Set<String> FORBIDDING =
            Set.of(Sqlstate.INVALID_CATALOG_NAME, Sqlstate.INSUFFICIENT_PRIVILEGE);

    private static final String FORBIDDING_CLASS = "28";

    /** What stood in the way of a login that ended with {@code error}. */
    public static Obstacle of(ErrorFields error) {
        String sqlstate = error.sqlstate();
        if (sqlstate.equals(Sqlstate.TOO_MANY_CONNECTIONS)) {
            return switch (error.routine()) {
                case "InitializeSessionUserId" -> ROLE_FULL;
                case "CheckMyDatabase" -> DATABASE_FULL;
                default -> HOST_FULL;
            };
        }
        if (sqlstate.equals(Sqlstate.CANNOT_CONNECT_NOW)) {
            return NOT_NOW;
        }
        return sqlstate.startsWith(FORBIDDING_CLASS) || FORBIDDING.contains(sqlstate) ? FORBIDDEN : OTHER;
    }

    /** Is there a number of connections that is used up, so that one is to be had when another ends? */
    public boolean isFull() {
        return this == HOST_FULL || this == ROLE_FULL || this == DATABASE_FULL;
    }
}
