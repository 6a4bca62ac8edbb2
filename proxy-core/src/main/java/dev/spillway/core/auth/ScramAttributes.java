package dev.spillway.core.auth;

/** A cursor over the attributes of a SCRAM message, {@code a=value,b=value} (RFC 5802 section 5.1). */
final class ScramAttributes {
    private final String message;
    private int position;

    /** Begins at {@code position} of {@code message}. */
    ScramAttributes(String message, int position) {
        this.message = message;
        this.position = position;
    }

    /** Where the next attribute begins. */
    int position() {
        return position;
    }

    boolean isAtEnd() {
        return position >= message.length();
    }

    boolean isNext(char name) {
        return !isAtEnd() && message.charAt(position) == name;
    }

    /** The value of the next attribute, which must be called {@code name}. */
    String next(char name) throws AuthFailure {
        if (!isNext(name)) {
            throw AuthFailure.violation("malformed SCRAM message: attribute \"" + name + "\" expected");
        }
        return next();
    }

    /** The value of the next attribute, whatever its name. */
    String next() throws AuthFailure {
        if (position + 1 >= message.length()
                || !isLetter(message.charAt(position))
                || message.charAt(position + 1) != '=') {
            throw AuthFailure.violation("malformed SCRAM message: attribute expected");
        }
        int comma = message.indexOf(',', position);
        int end = comma < 0 ? message.length() : comma;
        String value = message.substring(position + 2, end);
        position = Math.min(end + 1, message.length());
        return value;
    }

    private static boolean isLetter(char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }
}
