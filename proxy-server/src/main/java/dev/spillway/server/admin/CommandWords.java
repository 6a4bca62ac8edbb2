package dev.spillway.server.admin;

import org.jspecify.annotations.Nullable;

/**
 * A command of the console and its argument, as PgBouncer takes them apart: each a word of ASCII letters, digits and
 * underscores, or anything in double quotes; then at most one semicolon. Immutable.
 *
 * @param argument empty if there is none
 */
record CommandWords(String command, String argument) {
    /** The length from which PgBouncer takes no argument, its quotes included. */
    private static final int MAX_ARGUMENT = 64;

    private static final String BLANKS = " \t\n\r";

    /** Null if {@code sql} is made otherwise. */
    static @Nullable CommandWords parse(String sql) {
        int from = skipBlanks(sql, 0);
        int commandEnd = wordEnd(sql, from);
        if (commandEnd < 0) {
            return null;
        }
        String argument = "";
        int at = skipBlanks(sql, commandEnd);
        int argumentEnd = at > commandEnd ? wordEnd(sql, at) : -1;
        if (argumentEnd >= 0) {
            argument = unquoted(sql.substring(at, argumentEnd));
            at = skipBlanks(sql, argumentEnd);
        }
        if (at < sql.length() && sql.charAt(at) == ';') {
            at = skipBlanks(sql, at + 1);
        }
        return at == sql.length() ? new CommandWords(unquoted(sql.substring(from, commandEnd)), argument) : null;
    }

    /** Does it ask for something to be shown? PgBouncer takes SELECT for SHOW, too. */
    boolean isShow() {
        return command.equalsIgnoreCase("show") || command.equalsIgnoreCase("select");
    }

    boolean isTooLong() {
        return argument.length() >= MAX_ARGUMENT;
    }

    private static int skipBlanks(String sql, int from) {
        int at = from;
        while (at < sql.length() && BLANKS.indexOf(sql.charAt(at)) >= 0) {
            at++;
        }
        return at;
    }

    /** Behind the word that begins there; -1: none does. */
    private static int wordEnd(String sql, int from) {
        if (from < sql.length() && sql.charAt(from) == '"') {
            return quotedEnd(sql, from + 1);
        }
        int at = from;
        while (at < sql.length() && isOfWord(sql.charAt(at))) {
            at++;
        }
        return at == from ? -1 : at;
    }

    private static int quotedEnd(String sql, int from) {
        for (int at = from; at < sql.length(); at++) {
            if (sql.charAt(at) == '"') {
                if (at + 1 == sql.length() || sql.charAt(at + 1) != '"') {
                    return at + 1;
                }
                at++; // two stand for one
            }
        }
        return -1;
    }

    private static boolean isOfWord(char c) {
        return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    }

    private static String unquoted(String word) {
        return word.startsWith("\"") ? word.substring(1, word.length() - 1).replace("\"\"", "\"") : word;
    }
}
