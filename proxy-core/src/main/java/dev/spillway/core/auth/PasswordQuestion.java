package dev.spillway.core.auth;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link PasswordJudge} is to be asked, as a value that a step machine hands to its caller.
 *
 * <p>The caller {@linkplain #ask asks} on an executor, never on an event loop, and gives the answer back to the machine. Immutable,
 * but for being {@link #drop}ped, and usable from any thread.
 */
public final class PasswordQuestion {
    private final PasswordJudge judge;
    private final String user;
    private final byte[] password;
    private final @Nullable String host;
    private volatile boolean isDropped;

    /** {@code password} and {@code host} as {@link PasswordJudge#refusal} has them. */
    public PasswordQuestion(PasswordJudge judge, String user, byte[] password, @Nullable String host) {
        this.judge = judge;
        this.user = user;
        this.password = password;
        this.host = host;
    }

    /** Who is asked. */
    public PasswordJudge judge() {
        return judge;
    }

    /** See {@link PasswordJudge#refusal}; blocks. What a client calls itself cannot begin another line of the log. */
    public @Nullable String ask() {
        String refusal = isDropped ? "the client has left" : judge.refusal(user, password, host);
        return refusal == null ? null : refusal.replaceAll("[\\p{Cc}\\p{Zl}\\p{Zp}]", " ");
    }

    /** Nobody waits for the answer any more, so it need not be asked. */
    public void drop() {
        isDropped = true;
    }

    @Override
    public String toString() {
        return "PasswordQuestion[***]";
    }
}
