package dev.spillway.core.auth;

import org.jspecify.annotations.Nullable;

/**
 * What others say about who a client is. Immutable.
 *
 * @param certified the common name of the certificate that it has proved to be its own; null: none
 * @param peer the system's name of the user whose process is at the other end of the Unix socket; null: there is none
 * @param judge who can be asked about the client's password; null: nobody
 * @param host the address that the judge is told; null: the client comes by a Unix socket
 */
public record Witness(
        @Nullable String certified,
        @Nullable String peer,
        @Nullable PasswordJudge judge,
        @Nullable String host) {
    /** Nobody says anything. */
    public static final Witness NONE = new Witness(null, null, null, null);

    /** The certificate says it. */
    public static Witness certificate(@Nullable String name) {
        return new Witness(name, null, null, null);
    }

    /** The system says it. */
    public static Witness peer(@Nullable String name) {
        return new Witness(null, name, null, null);
    }

    /** Somebody can be asked. */
    public static Witness judge(PasswordJudge judge, @Nullable String host) {
        return new Witness(null, null, judge, host);
    }
}
