package dev.spillway.core.session.prepared;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What makes two statements the same: all of Parse but the name, and the settings that PostgreSQL reads the text under.
 *
 * <p>Immutable, compared by content.
 */
public final class StatementKey {
    private final byte[] body;
    private final List<String> context;
    private final int hash;

    /** Takes over {@code body}: the text and its NUL, the number of parameter types and these. */
    public StatementKey(byte[] body, List<String> context) {
        this.body = body;
        this.context = context;
        this.hash = 31 * Arrays.hashCode(body) + context.hashCode();
    }

    /** Not to be changed. */
    public byte[] body() {
        return body;
    }

    /** What is to be parsed, without parameter types. */
    String text() {
        int end = 0;
        while (end < body.length && body[end] != 0) {
            end++;
        }
        return new String(body, 0, end, StandardCharsets.UTF_8);
    }

    /** As {@link ParseContext} makes it. */
    public List<String> context() {
        return context;
    }

    /** The same text, parsed under other settings. */
    public StatementKey under(List<String> other) {
        return new StatementKey(body, other);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof StatementKey key
                && key.hash == hash
                && Arrays.equals(key.body, body)
                && key.context.equals(context);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** Without the text, which may hold secrets of the application's. */
    @Override
    public String toString() {
        return "StatementKey[" + body.length + " bytes]";
    }
}
