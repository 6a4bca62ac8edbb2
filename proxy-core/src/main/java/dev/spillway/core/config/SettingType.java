package dev.spillway.core.config;

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

    /** A TOML basic string. */
    static String quote(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
