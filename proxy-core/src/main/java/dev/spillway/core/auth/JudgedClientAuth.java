package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.spillway.core.config.Secret;
import dev.spillway.core.error.ProxyError;
import org.jspecify.annotations.Nullable;

/** {@code ldap} and {@code pam}: the client sends its password, and another says whether it is the user's. */
final class JudgedClientAuth implements ClientAuth {
    private enum State {
        NEW,
        ASKED,
        JUDGED,
        ENDED
    }

    private final PasswordJudge judge;
    private final String user;
    private final @Nullable String host;
    private final ProxyError failure;
    private State state = State.NEW;
    private byte[] password = {};

    /**
     * @param host where the client comes from, for the judge; null: from a Unix socket
     * @param failure what a client is told that is refused
     */
    JudgedClientAuth(PasswordJudge judge, String user, @Nullable String host, ProxyError failure) {
        this.judge = judge;
        this.user = user;
        this.host = host;
        this.failure = failure;
    }

    @Override
    public AuthStep start() {
        state = State.ASKED;
        return new AuthStep.Send(AuthRequest.CLEARTEXT_PASSWORD.code(), new byte[0]);
    }

    @Override
    public AuthStep onResponse(byte[] body) {
        boolean wasAsked = state == State.ASKED;
        state = State.ENDED;
        if (!wasAsked) {
            return new AuthStep.Failed("a password message at a time when none is due", true);
        }
        try {
            password = PasswordResponse.parse(body);
        } catch (AuthFailure e) {
            return AuthStep.Failed.because(e);
        }
        state = State.JUDGED;
        return new AuthStep.NeedsJudgement(new PasswordQuestion(judge, user, password, host));
    }

    @Override
    public AuthStep judged(@Nullable String refusal) {
        if (state == State.ENDED) {
            return AuthStep.Failed.ENDED;
        }
        if (state != State.JUDGED) {
            throw new IllegalStateException("no judgement was asked for");
        }
        state = State.ENDED;
        return refusal == null
                ? new AuthStep.Done(null, new StoredSecret.Plain(Secret.of(new String(password, UTF_8))))
                : new AuthStep.Failed(refusal, false);
    }

    @Override
    public boolean isJudgedByOthers() {
        return true;
    }

    @Override
    public int responseLimitBytes() {
        return PasswordResponse.LIMIT_BYTES;
    }

    @Override
    public ProxyError failure() {
        return failure;
    }
}
