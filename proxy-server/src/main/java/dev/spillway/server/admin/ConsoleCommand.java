package dev.spillway.server.admin;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.backend.ErrorFields;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a client of the console has written, by PgBouncer's grammar: one command with at most one argument, or SET with a
 * setting and a value, and at most one semicolon behind it. TRACE, which PgBouncer has not, takes two arguments and may stand in a
 * COPY.
 *
 * <p>Immutable. A word has letters without accents, digits and underscores, or stands in double quotes, of which two are
 * one inside. The case of commands does not matter, that of arguments does. A value may also stand in single quotes.
 */
sealed interface ConsoleCommand {
    /** Nothing but blanks and a semicolon. */
    record Nothing() implements ConsoleCommand {}

    /** {@code name} is in lower case, {@code argument} empty if there is none. */
    record Words(String name, String argument) implements ConsoleCommand {}

    record Assignment(String key, String value) implements ConsoleCommand {}

    /** Of a client, by its number, for so many seconds; empty: as usual. */
    record Trace(String client, String seconds) implements ConsoleCommand {}

    /** The same, whose rows are wanted as COPY has them. */
    record Copy(Trace trace) implements ConsoleCommand {}

    /** None of them. */
    record Invalid(ErrorFields error) implements ConsoleCommand {}

    /** PgBouncer's: so many bytes as written, quotes included, are too many. */
    int NAME_LIMIT = 16;

    int ARGUMENT_LIMIT = 64;
    int VALUE_LIMIT = 256;

    /** Never fails. */
    static ConsoleCommand parse(String text) {
        try {
            ConsoleCommand command = new Reader(text).read();
            return command == null ? unknown(text) : command;
        } catch (BadArgumentException e) {
            return new Invalid(ProxyError.CONSOLE_ARGUMENTS_BAD.fields());
        }
    }

    /** What is said of a command that is none. */
    static Invalid unknown(String text) {
        return new Invalid(ProxyError.CONSOLE_COMMAND_UNKNOWN.fields(text));
    }

    /** A word that PgBouncer has no room for, or a setting without a name. */
    final class BadArgumentException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    /** Goes through a text once. */
    final class Reader {
        private final String text;
        private int at;

        private Reader(String text) {
            this.text = text;
        }

        private @Nullable ConsoleCommand read() throws BadArgumentException {
            if (isEnd()) {
                return new Nothing();
            }
            at = 0;
            skipBlanks();
            String name = word('"');
            if (name == null) {
                return null;
            }
            boolean isApart = skipBlanks();
            if (name.equalsIgnoreCase("copy") && skip("(")) {
                return readCopy();
            }
            String argument = isApart ? word('"') : null;
            skipBlanks();
            int behindArgument = at;
            if (isEnd()) {
                String lower = unquote(name, '"', NAME_LIMIT).toLowerCase(Locale.ROOT);
                String only = argument == null ? "" : unquote(argument, '"', ARGUMENT_LIMIT);
                return lower.equals("trace") ? new Trace(only, "") : new Words(lower, only);
            }
            at = behindArgument;
            if (argument == null) {
                return null;
            }
            return switch (name.toLowerCase(Locale.ROOT)) {
                case "set" -> readValue(argument);
                case "trace" -> readSeconds(argument);
                default -> null;
            };
        }

        /** {@code COPY (TRACE …) TO STDOUT}, from behind the first bracket on. */
        private @Nullable ConsoleCommand readCopy() throws BadArgumentException {
            int end = text.indexOf(')', at);
            ConsoleCommand copied = end < 0 ? null : new Reader(text.substring(at, end)).read();
            at = end + 1;
            skipBlanks();
            boolean isToClient = skip("to") && skipBlanks() && skip("stdout") && isEnd();
            return isToClient && copied instanceof Trace trace ? new Copy(trace) : null;
        }

        private @Nullable ConsoleCommand readSeconds(String client) throws BadArgumentException {
            String seconds = word('"');
            return seconds != null && isEnd()
                    ? new Trace(unquote(client, '"', ARGUMENT_LIMIT), unquote(seconds, '"', ARGUMENT_LIMIT))
                    : null;
        }

        private @Nullable ConsoleCommand readValue(String key) throws BadArgumentException {
            if (!skip("=") && !skip("to")) {
                return null;
            }
            skipBlanks();
            char quote = at < text.length() && text.charAt(at) == '\'' ? '\'' : '"';
            String value = word(quote);
            if (value == null || !isEnd()) {
                return null;
            }
            String setting = unquote(key, '"', ARGUMENT_LIMIT);
            if (setting.isEmpty()) {
                throw new BadArgumentException();
            }
            return new Assignment(setting, unquote(value, quote, VALUE_LIMIT));
        }

        /** As it is written, with its quotes; null if there is none here. */
        private @Nullable String word(char quote) {
            int from = at;
            if (at < text.length() && text.charAt(at) == quote) {
                boolean isWhole = skipQuoted(quote);
                at = isWhole ? at : from;
                return isWhole ? text.substring(from, at) : null;
            }
            while (at < text.length() && isOfWord(text.charAt(at))) {
                at++;
            }
            return at == from ? null : text.substring(from, at);
        }

        private boolean skipQuoted(char quote) {
            for (at++; at < text.length(); at++) {
                if (text.charAt(at) == quote) {
                    at++;
                    if (at == text.length() || text.charAt(at) != quote) {
                        return true;
                    }
                }
            }
            return false;
        }

        private static boolean isOfWord(char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        }

        private boolean skip(String literal) {
            boolean isThere = text.regionMatches(true, at, literal, 0, literal.length());
            at += isThere ? literal.length() : 0;
            return isThere;
        }

        private boolean skipBlanks() {
            int from = at;
            while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            return at > from;
        }

        /** Is there nothing left but a semicolon? */
        private boolean isEnd() {
            skipBlanks();
            if (skip(";")) {
                skipBlanks();
            }
            return at == text.length();
        }

        private static String unquote(String word, char quote, int limitBytes) throws BadArgumentException {
            if (word.getBytes(StandardCharsets.UTF_8).length >= limitBytes) {
                throw new BadArgumentException();
            }
            String one = String.valueOf(quote);
            return word.startsWith(one) ? word.substring(1, word.length() - 1).replace(one + one, one) : word;
        }
    }
}
