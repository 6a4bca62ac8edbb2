package dev.spillway.core.session;

import org.jspecify.annotations.Nullable;

/**
 * The connection that a line of the log is about.
 *
 * @param database empty while it is not known, like {@code user}
 * @param serverMark how a server is told from the others of its pool, if it can be yet; null for a client
 * @param sinceMillis the wall clock when it began
 */
public record LogSubject(
        Wire wire, String database, String user, @Nullable String serverMark, long sinceMillis) {
    /** A client that has not said yet who it is. */
    static LogSubject client(Wire wire, long sinceMillis) {
        return new LogSubject(wire, "", "", null, sinceMillis);
    }

    static LogSubject client(Wire wire, String database, String user, long sinceMillis) {
        return new LogSubject(wire, database, user, null, sinceMillis);
    }

    static LogSubject server(Wire wire, ServerPool pool, String mark, long sinceMillis) {
        var key = pool.pool().share().key();
        return new LogSubject(wire, key.database(), key.user(), mark, sinceMillis);
    }

    /** As Spillway's own lines have it. */
    public String name() {
        String place = serverMark == null ? "@" + wire.peer() : serverMark;
        return user.isEmpty() ? wire.peer() : database + "/" + user + place;
    }
}
