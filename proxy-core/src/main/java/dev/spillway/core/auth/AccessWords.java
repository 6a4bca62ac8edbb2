package dev.spillway.core.auth;

import java.util.ArrayList;
import java.util.List;

/**
 * One line of {@code auth_hba_file} or {@code auth_ident_file} as words and commas, and where in it somebody reads.
 *
 * <p>As PgBouncer and PostgreSQL have it: blanks part words, {@code #} begins a comment, and what stands in double quotes is a
 * name and nothing else, in which {@code ""} is one quote. Used by one thread.
 */
final class AccessWords {
    /** What is wrong with a line, in words that follow its number. */
    static final class MalformedLineException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedLineException(String message) {
            super(message, null, false, false);
        }

        String text() {
            return String.valueOf(getMessage());
        }
    }

    /** A word, which means nothing but itself if it {@code isQuoted}. */
    record Word(String text, boolean isQuoted) {
        private static final Word COMMA = new Word(",", false);

        /** Is it that keyword? */
        boolean is(String keyword) {
            return !isQuoted && text.equals(keyword);
        }
    }

    private final List<Word> words = new ArrayList<>();
    /** Where in the text each of them begins. */
    private final List<Integer> starts = new ArrayList<>();
    /** Without the comment. */
    private final String text;

    private int next;

    AccessWords(String line) throws MalformedLineException {
        int at = 0;
        while (at < line.length() && line.charAt(at) != '#') {
            at = isBlank(line.charAt(at)) ? at + 1 : addWord(line, at);
        }
        text = line.substring(0, at);
    }

    private int addWord(String line, int start) throws MalformedLineException {
        starts.add(start);
        char c = line.charAt(start);
        if (c == ',') {
            words.add(Word.COMMA);
            return start + 1;
        }
        if (c == '"') {
            return addQuoted(line, start);
        }
        int end = endOfWord(line, start);
        words.add(new Word(line.substring(start, end), false));
        return end;
    }

    private int addQuoted(String line, int start) throws MalformedLineException {
        int end = line.indexOf('"', start + 1);
        while (end >= 0 && line.startsWith("\"\"", end)) {
            end = line.indexOf('"', end + 2);
        }
        if (end < 0) {
            throw new MalformedLineException("a quote is not closed");
        }
        words.add(new Word(line.substring(start + 1, end).replace("\"\"", "\""), true));
        return end + 1;
    }

    private static int endOfWord(String line, int start) {
        int end = start + 1;
        while (end < line.length() && ",#\"".indexOf(line.charAt(end)) < 0 && !isBlank(line.charAt(end))) {
            end++;
        }
        return end;
    }

    /** As C's isspace has it. */
    private static boolean isBlank(char c) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    boolean isAtEnd() {
        return next == words.size();
    }

    /** Goes over a comma, if there is one. */
    @SuppressWarnings("ReferenceEquality") // a comma in quotes is a name
    boolean skipComma() {
        boolean isComma = !isAtEnd() && words.get(next) == Word.COMMA;
        next += isComma ? 1 : 0;
        return isComma;
    }

    /** The next word; {@code what} it ought to be. */
    @SuppressWarnings("ReferenceEquality") // a comma in quotes is a name
    Word word(String what) throws MalformedLineException {
        if (isAtEnd() || words.get(next) == Word.COMMA) {
            throw new MalformedLineException("the " + what + " is missing");
        }
        return words.get(next++);
    }

    /** All that follows, quotes included, which is left to another to understand. */
    String rest() {
        String rest = isAtEnd() ? "" : text.substring(starts.get(next));
        next = words.size();
        return rest;
    }

    /** Nothing may follow. */
    void end() throws MalformedLineException {
        if (!isAtEnd()) {
            throw new MalformedLineException(
                    "\"" + words.get(next).text() + "\" is too much, or an option that is not supported");
        }
    }
}
