package dev.spillway.core.stats;

/**
 * Something that went wrong, once or several times. Immutable. {@code text} is for people and holds neither SQL nor secrets.
 *
 * @param sqlstate of what the client was told, or the server said
 * @param database empty if it is not known, like {@code user}
 * @param text what happened the last time
 */
public record Incident(
        String sqlstate, String database, String user, String text, long count, long firstMillis, long lastMillis) {
    /** The same has happened again, or elsewhere. */
    Incident plus(Incident other) {
        Incident last = lastMillis >= other.lastMillis ? this : other;
        return new Incident(
                sqlstate,
                database,
                last.user,
                last.text,
                count + other.count,
                Math.min(firstMillis, other.firstMillis),
                last.lastMillis);
    }
}
