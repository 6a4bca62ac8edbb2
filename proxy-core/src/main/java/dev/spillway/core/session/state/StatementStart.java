package dev.spillway.core.session.state;

import io.netty.buffer.ByteBuf;
import java.util.Locale;
import java.util.Set;

/**
 * Can a statement text run in a failed transaction? Only what ends a transaction can; what certainly does not begin with
 * such a word may be sent behind a restore whose outcome is not known yet.
 *
 * <p>Source: {@code IsTransactionExitStmt()} in {@code src/backend/tcop/postgres.c}: COMMIT, END, ROLLBACK, ABORT and
 * PREPARE TRANSACTION. What does not begin with a plain word (a comment, a parenthesis, nothing) is doubtful.
 */
public final class StatementStart {
    private static final Set<String> SAFE = Set.of(
            "alter",
            "analyze",
            "begin",
            "call",
            "checkpoint",
            "close",
            "comment",
            "copy",
            "create",
            "deallocate",
            "declare",
            "delete",
            "discard",
            "do",
            "drop",
            "execute",
            "explain",
            "fetch",
            "grant",
            "insert",
            "listen",
            "lock",
            "merge",
            "move",
            "notify",
            "reindex",
            "refresh",
            "reset",
            "revoke",
            "savepoint",
            "select",
            "set",
            "show",
            "start",
            "table",
            "truncate",
            "unlisten",
            "update",
            "vacuum",
            "values",
            "with");
    private static final int LONGEST = 10;

    private StatementStart() {}

    /** Is the text in {@code [from, to)} certain to fail in a failed transaction? Borrows the buffer. */
    public static boolean cannotEndTransaction(ByteBuf text, int from, int to) {
        int start = from;
        while (start < to && isSpace(text.getByte(start))) {
            start++;
        }
        int end = start;
        while (end < to && end - start <= LONGEST && isLetter(text.getByte(end))) {
            end++;
        }
        if (end == to || end - start > LONGEST || isPartOfName(text.getByte(end))) {
            return false;
        }
        String word = text.toString(start, end - start, java.nio.charset.StandardCharsets.US_ASCII);
        return SAFE.contains(word.toLowerCase(Locale.ROOT));
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || b == '\n' || b == '\t' || b == '\r' || b == '\f' || b == 0x0b;
    }

    private static boolean isLetter(byte b) {
        return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
    }

    private static boolean isPartOfName(byte b) {
        return b == '_' || b == '$' || (b >= '0' && b <= '9') || b < 0;
    }
}
