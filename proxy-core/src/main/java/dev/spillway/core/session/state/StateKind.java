package dev.spillway.core.session.state;

/** What a session may have made of itself. Sets of them are the sum of their {@link #bit bits}. */
public enum StateKind {
    /** Settings whose names are known. */
    NAMED_SETTINGS(""),
    /** Any settings, the role and the session authorization included. */
    SETTINGS(""),
    /** Temporary tables, views, sequences, functions, types. */
    TEMPORARY_OBJECTS("DISCARD TEMP;DISCARD SEQUENCES;"),
    /** Those that were declared WITH HOLD. */
    CURSORS("CLOSE ALL;"),
    /** Those that were prepared by SQL. */
    STATEMENTS("DEALLOCATE ALL;"),
    /** What it listens to. */
    CHANNELS("UNLISTEN *;"),
    /** Session-level advisory locks. */
    LOCKS("SELECT pg_catalog.pg_advisory_unlock_all();");

    private static final StateKind[] ALL_KINDS = values();

    /** Of all of them. */
    public static final int ALL = (1 << ALL_KINDS.length) - 1;

    public final int bit;
    private final String end;

    @SuppressWarnings("EnumOrdinal") // the ordinals never leave the process
    StateKind(String end) {
        this.bit = 1 << ordinal();
        this.end = end;
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
