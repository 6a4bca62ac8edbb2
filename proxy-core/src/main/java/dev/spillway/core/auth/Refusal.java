package dev.spillway.core.auth;

import org.jspecify.annotations.Nullable;

/** Why a client is refused that kept to the protocol, for the log. */
final class Refusal {
    private Refusal() {}

    static String wrongPassword(@Nullable StoredSecret secret) {
        return secret == null || isEmpty(secret) ? "the user is unknown or has no password" : "the password is wrong";
    }

    /** Whether nobody can log in with {@code secret}, because it is the empty password. */
    static boolean isEmpty(StoredSecret secret) {
        return secret instanceof StoredSecret.Plain plain && plain.password().isEmpty();
    }
}
