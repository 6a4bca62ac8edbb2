package dev.spillway.core.auth;

import java.util.Arrays;

/** The PasswordMessage: one zero-terminated string. */
final class PasswordResponse {
    /** PG_MAX_AUTH_TOKEN_LENGTH of PostgreSQL's auth.c, which counts the four bytes of the length. */
    static final int LIMIT_BYTES = 65_535 - 4;

    private PasswordResponse() {}

    /** The password's bytes, in whatever encoding the client uses; never empty (PostgreSQL's recv_password_packet). */
    static byte[] parse(byte[] body) throws AuthFailure {
        if (body.length > LIMIT_BYTES) {
            throw AuthFailure.violation("a password message over " + LIMIT_BYTES + " bytes");
        }
        int end = indexOfZero(body);
        if (end != body.length - 1) {
            throw AuthFailure.violation("a password message that is not one zero-terminated string");
        }
        if (end == 0) {
            throw AuthFailure.refusal("the client sent an empty password");
        }
        return Arrays.copyOf(body, end);
    }

    /** The body that carries {@code password}. */
    static byte[] body(byte[] password) {
        return Arrays.copyOf(password, password.length + 1);
    }

    private static int indexOfZero(byte[] body) {
        for (int i = 0; i < body.length; i++) {
            if (body[i] == 0) {
                return i;
            }
        }
        return body.length;
    }
}
