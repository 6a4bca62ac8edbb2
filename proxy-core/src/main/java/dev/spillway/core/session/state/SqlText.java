package dev.spillway.core.session.state;

import io.netty.buffer.ByteBuf;

/**
 * A look at a few bytes of a statement's text, where its lexical structure is certain though nothing before is known: it holds
 * only if the text at that place is SQL, and not inside of a string or comment. Stateless; borrows the buffers.
 */
public final class SqlText {
    private SqlText() {}

    public static int skipSpace(ByteBuf text, int from, int to) {
        int at = from;
        while (at < to && isSpace(text.getByte(at))) {
            at++;
        }
        return at;
    }

    /** As {@code space} in {@code src/backend/parser/scan.l}. */
    public static boolean isSpace(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }

    static boolean isWord(byte b) {
        return Vocabulary.code(b) != 0;
    }

    /** Can an identifier or keyword begin with it? */
    static boolean isWordStart(byte b) {
        return isWord(b) && b != '$' && (b < '0' || b > '9');
    }

    static int skipWord(ByteBuf text, int from, int to) {
        int at = from;
        while (at < to && isWord(text.getByte(at))) {
            at++;
        }
        return at;
    }

    /** Is the word at {@code from} this one, in lower case, and whole? */
    static boolean isWordAt(ByteBuf text, int from, int to, String word) {
        int end = from + word.length();
        if (end > to || (end < to && isWord(text.getByte(end)))) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if (Vocabulary.code(text.getByte(from + i)) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Is the word that ends before {@code at}, with nothing but space between, this one? */
    static boolean isWordBefore(ByteBuf text, int from, int at, String word) {
        int end = at;
        while (end > from && isSpace(text.getByte(end - 1))) {
            end--;
        }
        int start = end - word.length();
        boolean isWhole = start == from || (start > from && !isWord(text.getByte(start - 1)));
        return end < at && isWhole && isWordAt(text, start, end, word);
    }

    /**
     * Is there a word on the same line before {@code at}, with nothing but blanks between? Then no statement begins here: before
     * one is nothing, a semicolon or the end of a comment.
     */
    static boolean isInsideStatement(ByteBuf text, int from, int at) {
        int end = at;
        while (end > from && isBlank(text.getByte(end - 1))) {
            end--;
        }
        return end < at && end > from && isWord(text.getByte(end - 1));
    }

    private static boolean isBlank(byte b) {
        return isSpace(b) && b != '\n' && b != '\r';
    }

    /** Is there nothing but space between it and the beginning or a semicolon? */
    static boolean isStatementStart(ByteBuf text, int from, int at) {
        int end = at;
        while (end > from && isSpace(text.getByte(end - 1))) {
            end--;
        }
        return end == from || text.getByte(end - 1) == ';';
    }

    /**
     * Is what follows {@code set_config} a call that sets until the end of the transaction: {@code (NAME, VALUE, true)}, where
     * name and value are plain literals or parameters?
     */
    static boolean isLocalCall(ByteBuf text, int from, int to) {
        int at = skipSpace(text, from, to);
        at = expect(text, at, to, '(');
        at = expect(text, skipValue(text, at, to), to, ',');
        at = expect(text, skipValue(text, at, to), to, ',');
        if (at < 0 || !isWordAt(text, at, to, "true")) {
            return false;
        }
        return expect(text, skipSpace(text, at + 4, to), to, ')') >= 0;
    }

    /** Behind {@code c} and the space after it; -1 if it is not there. */
    private static int expect(ByteBuf text, int at, int to, char c) {
        return at < 0 || at >= to || text.getByte(at) != c ? -1 : skipSpace(text, at + 1, to);
    }

    /** Behind a plain literal or a parameter, its cast and the space after it; -1 if there is something else. */
    private static int skipValue(ByteBuf text, int from, int to) {
        if (from < 0 || from >= to) {
            return -1;
        }
        int end = text.getByte(from) == '\'' ? skipLiteral(text, from + 1, to) : skipParameter(text, from, to);
        if (end < 0) {
            return -1;
        }
        int at = skipSpace(text, end, to);
        if (at + 2 < to && text.getByte(at) == ':' && text.getByte(at + 1) == ':') {
            at = skipSpace(text, skipWord(text, at + 2, to), to);
        }
        return at;
    }

    /** A backslash means something or not, and two quotes are one: such literals are not plain. */
    private static int skipLiteral(ByteBuf text, int from, int to) {
        for (int at = from; at < to; at++) {
            byte b = text.getByte(at);
            if (b == '\\' || b == 0) {
                return -1;
            }
            if (b == '\'') {
                return at + 1 < to && text.getByte(at + 1) == '\'' ? -1 : at + 1;
            }
        }
        return -1;
    }

    private static int skipParameter(ByteBuf text, int from, int to) {
        if (text.getByte(from) != '$') {
            return -1;
        }
        int at = from + 1;
        while (at < to && text.getByte(at) >= '0' && text.getByte(at) <= '9') {
            at++;
        }
        return at == from + 1 ? -1 : at;
    }
}
