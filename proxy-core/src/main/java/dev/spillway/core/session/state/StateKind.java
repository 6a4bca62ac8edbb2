package dev.spillway.core.session.state;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What a session may have made of itself. Sets of them are the sum of their {@link #bit bits}. */
public enum StateKind {
    /** Settings whose names are known. */
    NAMED_SETTINGS("", "", ""),
    /** Any settings, the role and the session authorization included. */
    SETTINGS("", "", ""),
    /** Temporary tables, views, sequences, functions, types. */
    TEMPORARY_OBJECTS(
            "temporary objects",
            "DISCARD TEMP;DISCARD SEQUENCES;",
            // what belongs to the schema, which stays when all is dropped; 2615 is pg_namespace
            "pg_catalog.pg_depend WHERE refclassid OPERATOR(pg_catalog.=) 2615::pg_catalog.oid"
                    + " AND refobjid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()"),
    /** Those that were declared WITH HOLD. */
    CURSORS("cursors with hold", "CLOSE ALL;", "pg_catalog.pg_cursors WHERE is_holdable"),
    /** Those that were prepared by SQL. */
    STATEMENTS("prepared statements", "DEALLOCATE ALL;", "pg_catalog.pg_prepared_statements WHERE from_sql"),
    /** What it listens to, which moves: to the connection that listens for all clients. */
    CHANNELS("", "UNLISTEN *;", ""),
    /** Session-level advisory locks. */
    LOCKS(
            "advisory locks",
            "SELECT pg_catalog.pg_advisory_unlock_all();",
            "pg_catalog.pg_locks WHERE locktype OPERATOR(pg_catalog.=) 'advisory'"
                    + " AND pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()"),
    /** Those that only a superuser may make, made by a role or function that might, for a user who may not: nobody could make them again. */
    FORBIDDEN_SETTINGS("settings that the user may not make", "", "");

    private static final StateKind[] ALL_KINDS = values();

    /** Of all of them. */
    public static final int ALL = (1 << ALL_KINDS.length) - 1;

    /** Of those that cannot move from one server to another. */
    public static final int IMMOVABLE = ALL & ~NAMED_SETTINGS.bit & ~SETTINGS.bit & ~CHANNELS.bit;

    public final int bit;
    private final String words;
    private final String end;
    private final String source;

    /**
     * @param words for people
     * @param end statements that end it
     * @param source what of the catalog has rows while there is any
     */
    @SuppressWarnings("EnumOrdinal") // the ordinals never leave the process
    StateKind(String words, String end, String source) {
        this.bit = 1 << ordinal();
        this.words = words;
        this.end = end;
        this.source = source;
    }

    /** These kinds for people, such as {@code temporary objects, advisory locks}. */
    public static String words(int kinds) {
        return Arrays.stream(ALL_KINDS)
                .filter(kind -> (kinds & kind.bit) != 0)
                .map(kind -> kind.words)
                .collect(Collectors.joining(", "));
    }

    /** A query with a row, of a name and an empty value, for each of these kinds in catalogs that there is anything of; empty: they are none. */
    static String existing(int kinds) {
        return Arrays.stream(ALL_KINDS)
                .filter(kind -> (kinds & kind.bit) != 0 && !kind.source.isEmpty())
                .map(kind -> "SELECT '" + kind.name() + "','' WHERE EXISTS (SELECT FROM " + kind.source + ")")
                .collect(Collectors.joining(" UNION ALL "));
    }

    /**
     * Statements that end what there is of these kinds but settings. Each may run in a read-only transaction, for what it
     * changes is the session's own ({@code ClassifyUtilityCommandAsReadOnly()} in {@code src/backend/tcop/utility.c}).
     */
    static String ends(int kinds) {
        StringBuilder sql = new StringBuilder();
        for (StateKind kind : ALL_KINDS) {
            if ((kinds & kind.bit) != 0) {
                sql.append(kind.end);
            }
        }
        return sql.toString();
    }
}
