package dev.spillway.core.auth;

import org.jspecify.annotations.Nullable;

/** Why a client is refused that kept to the protocol, for the log. */
final class Refusal {
    private Refusal() {}

    static String wrongPassword(@Nullable StoredSecret secret) {
        return secret == null || secret.isEmpty() ? "the user is unknown or has no password" : "the password is wrong";
    }
}
