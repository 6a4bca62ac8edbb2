package dev.spillway.core.session.prepared;

import dev.spillway.core.session.state.SqlText;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** SQL that makes a session forget prepared statements: DEALLOCATE and DISCARD ALL. Stateless; borrows what it is given. */
public final class Forgetting {
    private static final byte[][] WORDS = {ascii("deallocate"), ascii("discard")};
    private static final byte[] PREPARE = ascii("prepare");

    private Forgetting() {}

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Does one of the words stand anywhere in {@code [from, to)}? Only a statement that has one can forget any. */
    public static boolean isPossible(ByteBuf text, int from, int to) {
        for (int i = from; i < to; i++) {
            if ((text.getByte(i) | 0x20) == 'd' && startsWithWord(text, i, to)) {
                return true;
            }
        }
        return false;
    }

    /** Does it begin with DEALLOCATE? */
    // hot: once per Query
    public static boolean mayBegin(ByteBuf text, int from, int to) {
        return isWord(WORDS[0], text, from, to);
    }

    /** The same of a whole text. */
    public static boolean isPossible(String text) {
        ByteBuf bytes = Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
        return isPossible(bytes, 0, bytes.readableBytes());
    }

    private static boolean startsWithWord(ByteBuf text, int at, int to) {
        for (byte[] word : WORDS) {
            if (isWord(word, text, at, to)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWord(byte[] word, ByteBuf text, int at, int to) {
        if (to - at < word.length) {
            return false;
        }
        for (int i = 0; i < word.length; i++) {
            if ((text.getByte(at + i) | 0x20) != word[i]) {
                return false;
            }
        }
        return true;
    }

    /**
     * The name in a text that is {@code DEALLOCATE [PREPARE] name [;]} and nothing else, as PostgreSQL reads it; null for any other
     * text and for {@code ALL}.
     */
    public static byte @Nullable [] onlyName(ByteBuf text, int from, int to) {
        int at = SqlText.skipSpace(text, from, to);
        if (!isWord(WORDS[0], text, at, to)) {
            return null;
        }
        int afterWord = at + WORDS[0].length;
        at = SqlText.skipSpace(text, afterWord, to);
        if (at == afterWord && !(at < to && text.getByte(at) == '"')) {
            return null;
        }
        if (isWord(PREPARE, text, at, to)) {
            int next = SqlText.skipSpace(text, at + PREPARE.length, to);
            if (next > at + PREPARE.length && next < to && text.getByte(next) != ';') {
                at = next;
            }
        }
        return at < to && text.getByte(at) == '"' ? quoted(text, at + 1, to) : plain(text, at, to);
    }

    private static byte @Nullable [] plain(ByteBuf text, int from, int to) {
        int end = from;
        while (end < to && isPartOfName(text.getByte(end), end > from)) {
            end++;
        }
        if (end == from || !isEnd(text, end, to)) {
            return null;
        }
        String name = text.toString(from, end - from, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
        return name.equals("all") ? null : ascii(name);
    }

    /** Of others than ASCII letters nobody knows here how PostgreSQL folds them. */
    private static boolean isPartOfName(byte b, boolean isInside) {
        return b == '_'
                || (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (isInside && (b == '$' || (b >= '0' && b <= '9')));
    }

    private static byte @Nullable [] quoted(ByteBuf text, int from, int to) {
        byte[] name = new byte[to - from];
        int length = 0;
        for (int i = from; i < to; i++) {
            byte b = text.getByte(i);
            if (b == '"' && i + 1 < to && text.getByte(i + 1) == '"') {
                i++;
            } else if (b == '"') {
                return length > 0 && isEnd(text, i + 1, to) ? Arrays.copyOf(name, length) : null;
            }
            name[length++] = b;
        }
        return null;
    }

    /** The statement that deallocates {@code name}, in the encoding of the name. */
    public static byte[] of(byte[] name) {
        String quoted = new String(name, StandardCharsets.ISO_8859_1).replace("\"", "\"\"");
        return "DEALLOCATE \"%s\"".formatted(quoted).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static boolean isEnd(ByteBuf text, int from, int to) {
        int at = SqlText.skipSpace(text, from, to);
        if (at < to && text.getByte(at) == ';') {
            at = SqlText.skipSpace(text, at + 1, to);
        }
        return at == to;
    }
}
