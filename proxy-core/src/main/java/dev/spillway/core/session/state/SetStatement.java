package dev.spillway.core.session.state;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which settings a SET statement makes, as far as that is certain. Stateless; borrows the buffers.
 *
 * <p>Source: {@code VariableSetStmt} in {@code src/backend/parser/gram.y}.
 */
final class SetStatement {
    private static final List<String> CHARACTERISTICS =
            List.of("default_transaction_isolation", "default_transaction_read_only", "default_transaction_deferrable");

    /** Part of no session: of a transaction, or of a generator that nobody can be asked about. */
    private static final List<String> NOT_OF_SESSION =
            List.of("transaction_isolation", "transaction_read_only", "transaction_deferrable", "seed");

    private SetStatement() {}

    /**
     * Does what follows the word SET end with the transaction: {@code LOCAL x}, {@code TRANSACTION x} or {@code CONSTRAINTS x}?
     * Those three are names too, of which something other than a word follows ({@code SET local.x = 1}).
     */
    static boolean isLocal(ByteBuf text, int from, int to) {
        int at = SqlText.skipSpace(text, from, to);
        if (at == from) {
            return false;
        }
        int end = SqlText.isWordAt(text, at, to, "local")
                ? at + 5
                : SqlText.isWordAt(text, at, to, "transaction")
                        ? at + 11
                        : SqlText.isWordAt(text, at, to, "constraints") ? at + 11 : -1;
        if (end < 0) {
            return false;
        }
        int next = SqlText.skipSpace(text, end, to);
        return next > end
                && next < to
                && (text.getByte(next) == '"' || SqlText.isWordStart(text.getByte(next)))
                && !SqlText.isWordAt(text, next, to, "to")
                && !SqlText.isWordAt(text, next, to, "from");
    }

    /** The names of the settings that it makes for the session, in lower case; null where they are not certain. */
    static @Nullable List<String> names(ByteBuf text, int from, int to) {
        int at = SqlText.skipSpace(text, from, to);
        if (at == from) {
            return null;
        }
        if (SqlText.isWordAt(text, at, to, "session")) {
            at = SqlText.skipSpace(text, at + 7, to);
            if (SqlText.isWordAt(text, at, to, "characteristics")) {
                return CHARACTERISTICS;
            }
        }
        int end = endOfName(text, at, to);
        if (end < 0) {
            return null;
        }
        String name = text.toString(at, end - at, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
        int next = SqlText.skipSpace(text, end, to);
        boolean isAssigned = (next < to && text.getByte(next) == '=')
                || (next > end && (SqlText.isWordAt(text, next, to, "to") || SqlText.isWordAt(text, next, to, "from")));
        if (isAssigned) {
            return name.equals("session_authorization")
                    ? null
                    : NOT_OF_SESSION.contains(name) ? List.of() : List.of(name);
        }
        return next > end || (next < to && text.getByte(next) == '\'') ? withoutSign(name, text, next, to) : null;
    }

    /** Forms of their own, in which the value follows at once. */
    private static @Nullable List<String> withoutSign(String name, ByteBuf text, int next, int to) {
        return switch (name) {
            case "role" -> isValue(text, next, to) ? List.of("role") : null;
            case "names" -> isValue(text, next, to) ? List.of("client_encoding") : null;
            case "schema" -> isValue(text, next, to) ? List.of("search_path") : null;
            case "time" -> SqlText.isWordAt(text, next, to, "zone") ? List.of("timezone") : null;
            default -> null;
        };
    }

    private static boolean isValue(ByteBuf text, int at, int to) {
        return at < to
                && (text.getByte(at) == '\'' || text.getByte(at) == '"' || SqlText.isWordStart(text.getByte(at)));
    }

    /** Behind a name of plain ASCII words with dots between; -1 if it is none. */
    private static int endOfName(ByteBuf text, int from, int to) {
        int at = from;
        while (at < to && SqlText.isWordStart(text.getByte(at))) {
            int end = at;
            while (end < to && SqlText.isWord(text.getByte(end))) {
                if (text.getByte(end) < 0) {
                    return -1;
                }
                end++;
            }
            if (end == to || text.getByte(end) != '.') {
                return end;
            }
            at = end + 1;
        }
        return -1;
    }
}
