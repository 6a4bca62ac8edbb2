package dev.spillway.core.session.state;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Map;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The settings that must be in force while a client's statements run: the parameters it started its session with.
 *
 * <p>Immutable, compared by content.
 */
public final class Snapshot {
    /** Of a client that asked for nothing; also what a server holds that has just logged in. */
    public static final Snapshot NEUTRAL = new Snapshot(Map.of());

    private static final HexFormat HEX = HexFormat.of();

    private final Map<String, String> settings;
    private final int hash;

    private Snapshot(Map<String, String> settings) {
        this.settings = settings;
        this.hash = settings.hashCode();
    }

    /** Of these parameters; their order does not matter. */
    public static Snapshot of(Map<String, String> settings) {
        return settings.isEmpty() ? NEUTRAL : new Snapshot(Collections.unmodifiableMap(new TreeMap<>(settings)));
    }

    public Map<String, String> settings() {
        return settings;
    }

    /**
     * One query string that takes whatever settings the server's session has back and puts these into force, or, if one of
     * them cannot be, leaves a failed transaction behind in which nothing of the client's can run.
     *
     * <p>The transaction is of a kind of our own, so that the session's defaults (read only, serializable, deferrable)
     * cannot stop it. Names and values travel as hexadecimal digits: no quoting, no client_encoding and no
     * standard_conforming_strings can change them. Functions are schema-qualified, so that no search_path can.
     */
    public String restoreSql() {
        StringBuilder sql = new StringBuilder(256)
                .append("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY NOT DEFERRABLE;")
                .append("RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;");
        if (!settings.isEmpty()) {
            StringJoiner calls = new StringJoiner(",", "SELECT ", ";");
            settings.forEach(
                    (name, value) -> calls.add("pg_catalog.set_config(" + text(name) + "," + text(value) + ",false)"));
            sql.append(calls);
        }
        return sql.append("COMMIT").toString();
    }

    private static String text(String value) {
        String hex = HEX.formatHex(value.getBytes(StandardCharsets.UTF_8));
        return "pg_catalog.convert_from(pg_catalog.decode('" + hex + "','hex'),'UTF8')";
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof Snapshot snapshot && snapshot.hash == hash && snapshot.settings.equals(settings));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** The names only: values may be secrets of the application's. */
    @Override
    public String toString() {
        return "Snapshot" + settings.keySet();
    }
}
