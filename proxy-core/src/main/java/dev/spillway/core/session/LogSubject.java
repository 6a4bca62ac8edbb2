package dev.spillway.core.session;

/**
 * The connection that a line of the log is about.
 *
 * @param name as Spillway's own lines have it
 * @param database empty while it is not known, like {@code user}
 * @param sinceMillis the wall clock when it began
 */
public record LogSubject(Wire wire, String name, String database, String user, long sinceMillis) {
    /** A client that has not said yet who it is. */
    static LogSubject client(Wire wire, long sinceMillis) {
        return new LogSubject(wire, wire.peer(), "", "", sinceMillis);
    }

    static LogSubject client(Wire wire, String database, String user, long sinceMillis) {
        return new LogSubject(wire, database + "/" + user + "@" + wire.peer(), database, user, sinceMillis);
    }

    /** {@code name}: how it is told from the others of its pool, if it can be yet. */
    static LogSubject server(Wire wire, ServerPool pool, String name, long sinceMillis) {
        var key = pool.pool().share().key();
        return new LogSubject(wire, pool.pool().name() + name, key.database(), key.user(), sinceMillis);
    }
}
