package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** AuthenticationCleartextPassword: the client sends its password, which any kind of stored secret can be checked with. */
final class ClearTextClientAuth implements ClientAuth {
    private enum State {
        NEW,
        ASKED,
        DERIVING,
        ENDED
    }

    private static final byte[] NO_PASSWORD = {0};

    private final @Nullable StoredSecret secret;
    private final String user;
    private State state = State.NEW;
    private @Nullable ScramVerifier verifier;

    ClearTextClientAuth(@Nullable StoredSecret secret, String user) {
        this.secret = secret;
        this.user = user;
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
            return check(PasswordResponse.parse(body));
        } catch (AuthFailure e) {
            return AuthStep.Failed.because(e);
        }
    }

    private AuthStep check(byte[] password) {
        return switch (secret) {
            // A user without a password costs the same comparison; the empty stored password equals nothing a client
            // sends.
            case null -> verdict(MessageDigest.isEqual(NO_PASSWORD, password));
            case StoredSecret.Plain plain ->
                verdict(MessageDigest.isEqual(plain.password().reveal().getBytes(UTF_8), password));
            case StoredSecret.Md5 md5 ->
                verdict(MessageDigest.isEqual(
                        md5.hash().getBytes(US_ASCII),
                        Md5Password.hash(password, user).getBytes(US_ASCII)));
            case ScramVerifier scram -> derive(scram, password);
            case ScramKeys keys -> derive(keys.verifier(), password);
        };
    }

    private AuthStep derive(ScramVerifier scram, byte[] password) {
        state = State.DERIVING;
        verifier = scram;
        return new AuthStep.NeedsDerivation(new KeyDerivation(password, scram.salt(), scram.iterations()));
    }

    @Override
    public AuthStep resume(byte[] saltedPassword) {
        if (state == State.ENDED) {
            return AuthStep.Failed.ENDED;
        }
        if (state != State.DERIVING || verifier == null) {
            throw new IllegalStateException("no derivation was asked for");
        }
        state = State.ENDED;
        return MessageDigest.isEqual(verifier.serverKey(), Scram.serverKey(saltedPassword))
                ? new AuthStep.Done(null, new ScramKeys(verifier, Scram.clientKey(saltedPassword)))
                : verdict(false);
    }

    private AuthStep verdict(boolean isRight) {
        return isRight ? AuthStep.Done.WITHOUT_SASL : new AuthStep.Failed(Refusal.wrongPassword(secret), false);
    }

    @Override
    public int responseLimitBytes() {
        return PasswordResponse.LIMIT_BYTES;
    }
}
