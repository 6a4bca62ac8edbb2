package dev.spillway.core.auth;

import org.jspecify.annotations.Nullable;

/**
 * What others say about who a client is. Immutable.
 *
 * @param certified the common name of the certificate that it has proved to be its own; null: none
 * @param peer the system's name of the user whose process is at the other end of the Unix socket; null: there is none
 */
public record Witness(@Nullable String certified, @Nullable String peer) {
    /** Nobody says anything. */
    public static final Witness NONE = new Witness(null, null);
}
