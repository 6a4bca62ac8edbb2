package dev.spillway.core.config;

import java.util.Locale;

/**
 * What the values of a setting look like: the way from text to value and back. Immutable.
 *
 * @param <T> the values
 */
interface SettingType<T> {
    /** For people, after "must be": {@code a whole number from 1 to 65535}. */
    String label();

    /** Whether a value of this kind may be written; never asked about untyped ones, which always may. */
    boolean accepts(RawValue.Kind kind);

    T parse(String text) throws BadValueException;

    /** The value as PgBouncer's SHOW CONFIG would print it; {@link #parse} understands it. A secret is masked. */
    String format(T value);

    /** The value as TOML. */
    String toml(T value);

    /** The value as TOML, of a secret too: for a file that its owner asked for. */
    default String tomlUnmasked(T value) {
        return toml(value);
    }

    /** A TOML basic string. */
    static String quote(String text) {
        StringBuilder out = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c == 0x7f) {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            } else if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else {
                out.append(c);
            }
        }
        return out.append('"').toString();
    }
}
