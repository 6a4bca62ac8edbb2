package dev.spillway.core.session.prepared;

import dev.spillway.core.session.state.SqlText;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;

/**
 * What is looked for in a statement's text, once for each statement. No parser: where a text is doubtful the answer is the
 * one that costs more and is always right.
 */
final class StatementText {
    /** {@code IsTransactionExitStmt()} in {@code src/backend/tcop/postgres.c}. */
    private static final Set<String> EXITS = Set.of("commit", "end", "rollback", "abort", "prepare");

    /** {@code StmtPlanRequiresRevalidation()} in {@code src/backend/utils/cache/plancache.c} says no of these, which have columns. */
    private static final Set<String> POINTERS = Set.of("execute", "fetch");

    private final byte[] text;
    private int at;

    private StatementText(byte[] text) {
        this.text = text;
    }

    /** The bytes up to the first NUL. */
    private static int length(byte[] body) {
        int length = 0;
        while (length < body.length && body[length] != 0) {
            length++;
        }
        return length;
    }

    static boolean isAscii(byte[] body) {
        int length = length(body);
        for (int i = 0; i < length; i++) {
            if (body[i] < 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * May it hold a literal that PostgreSQL reads under the session's settings? A quote begins one, so does a dollar sign that no
     * digit follows.
     */
    static boolean mayHaveLiterals(byte[] body) {
        int length = length(body);
        for (int i = 0; i < length; i++) {
            if (body[i] == '\'' || (body[i] == '$' && !(i + 1 < length && isDigit(body[i + 1])))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    /** Could it work in a failed transaction, as what ends one and a text without a statement do? */
    static boolean mayWorkWhenFailed(byte[] body) {
        return new StatementText(Arrays.copyOf(body, length(body))).mayWorkWhenFailed();
    }

    private boolean mayWorkWhenFailed() {
        String word = firstWord();
        if (word.isEmpty()) {
            return at == text.length || text[at] != '('; // a parenthesis opens a SELECT
        }
        return EXITS.contains(word);
    }

    /** Does what it gives depend on what SQL has prepared or opened? Then PostgreSQL never says that its columns have changed. */
    static boolean hasAnyColumns(byte[] body) {
        return POINTERS.contains(new StatementText(Arrays.copyOf(body, length(body))).firstWord());
    }

    private String firstWord() {
        skipSpace();
        int from = at;
        while (at < text.length && isLetter(text[at])) {
            at++;
        }
        return new String(text, from, at - from, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
    }

    private static boolean isLetter(byte b) {
        return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
    }

    /** White space and comments; where a comment does not end, nothing is left. */
    private void skipSpace() {
        while (at < text.length) {
            if (SqlText.isSpace(text[at])) {
                at++;
            } else if (isNext('-', '-')) {
                while (at < text.length && text[at] != '\n' && text[at] != '\r') {
                    at++;
                }
            } else if (isNext('/', '*')) {
                skipComment();
            } else {
                return;
            }
        }
    }

    /** Comments are nested in PostgreSQL. */
    private void skipComment() {
        int depth = 0;
        do {
            if (isNext('/', '*')) {
                depth++;
                at += 2;
            } else if (isNext('*', '/')) {
                depth--;
                at += 2;
            } else {
                at++;
            }
        } while (depth > 0 && at < text.length);
    }

    private boolean isNext(char first, char second) {
        return at + 1 < text.length && text[at] == first && text[at + 1] == second;
    }
}
