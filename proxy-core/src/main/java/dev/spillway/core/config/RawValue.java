package dev.spillway.core.config;

/**
 * A value as a person wrote it, not yet understood. Immutable. It never prints its text, which may be a password.
 *
 * @param kind what the notation says it is
 * @param text the text; of an array, its elements joined by commas
 * @param source where it was written
 */
public record RawValue(Kind kind, String text, Source source) {
    /** What the notation of a layer tells about a value. */
    public enum Kind {
        /** From a notation without types: environment, command line. */
        UNTYPED("a text"),
        STRING("a string"),
        INTEGER("a whole number"),
        FLOAT("a decimal number"),
        BOOLEAN("true or false"),
        /** An array of strings. */
        ARRAY("an array"),
        /** Takes back what lower layers said: the setting has its default again. */
        UNSET("nothing");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        String label() {
            return label;
        }
    }

    public static RawValue untyped(String text, Source source) {
        return new RawValue(Kind.UNTYPED, text, source);
    }

    public static RawValue unset(Source source) {
        return new RawValue(Kind.UNSET, "", source);
    }

    @Override
    public String toString() {
        return kind + " from " + source;
    }
}
