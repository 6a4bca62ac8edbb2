package dev.spillway.core.auth;

import org.jspecify.annotations.Nullable;

/** Somebody beside us who knows users' passwords: a directory, or the system. Usable from any thread, and blocks it. */
@FunctionalInterface
public interface PasswordJudge {
    /**
     * Is {@code password} that of {@code user}? It waits for seconds, if need be, and throws nothing.
     *
     * @param password as the client sent it, without a zero byte and never empty
     * @param host the address from which the client comes; null: it comes by a Unix socket
     * @return null: it is; else why it is not, or why nobody can tell, in one line without secrets
     */
    @Nullable
    String refusal(String user, byte[] password, @Nullable String host);
}
