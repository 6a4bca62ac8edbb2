package dev.spillway.server.json;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes JSON, member by member. Whoever calls closes what it opens. One thread uses it. */
public final class Json {
    private final StringBuilder text = new StringBuilder(4096);
    private boolean isFirst = true;

    /** An object that is the whole text or an element of an array. */
    public Json object() {
        separate();
        return open('{');
    }

    public Json object(String name) {
        name(name);
        return open('{');
    }

    public Json array(String name) {
        name(name);
        return open('[');
    }

    private Json open(char bracket) {
        text.append(bracket);
        isFirst = true;
        return this;
    }

    public Json endObject() {
        return close('}');
    }

    public Json endArray() {
        return close(']');
    }

    private Json close(char bracket) {
        text.append(bracket);
        isFirst = false;
        return this;
    }

    public Json put(String name, @Nullable String value) {
        name(name);
        if (value == null) {
            text.append("null");
        } else {
            quote(value);
        }
        return this;
    }

    public Json put(String name, long value) {
        name(name);
        text.append(value);
        return this;
    }

    /** To the microsecond, if they are seconds. */
    public Json put(String name, double value) {
        name(name);
        text.append(String.format(Locale.ROOT, "%.6f", value));
        return this;
    }

    public Json put(String name, boolean value) {
        name(name);
        text.append(value);
        return this;
    }

    /** An element of an array. */
    public Json add(long value) {
        separate();
        text.append(value);
        return this;
    }

    /** An element of an array. */
    public Json add(String value) {
        separate();
        quote(value);
        return this;
    }

    private void name(String name) {
        separate();
        quote(name);
        text.append(':');
    }

    private void separate() {
        if (!isFirst) {
            text.append(',');
        }
        isFirst = false;
    }

    private void quote(String value) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\').append(c);
            } else if (c < ' ' || Character.isSurrogate(c)) { // half of a pair alone would be no UTF-8
                text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else {
                text.append(c);
            }
        }
        text.append('"');
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
