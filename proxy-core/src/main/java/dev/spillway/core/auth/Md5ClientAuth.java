package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** AuthenticationMD5Password: the client proves its password against four bytes of salt. */
final class Md5ClientAuth implements ClientAuth {
    private static final int SALT_BYTES = 4;
    /** The digits of no hash, so that a response is computed for users without password too, and never matches. */
    private static final String NO_HASH = "md5";

    private final @Nullable StoredSecret secret;
    private final String hash;
    private final byte[] salt;
    private boolean isAsked;

    Md5ClientAuth(@Nullable StoredSecret secret, String user, byte[] salt) {
        if (salt.length != SALT_BYTES) {
            throw new IllegalArgumentException("the salt of an MD5 challenge has " + SALT_BYTES + " bytes");
        }
        this.secret = secret;
        this.salt = salt.clone();
        this.hash = switch (secret) {
            case null -> NO_HASH;
            case StoredSecret.Plain plain ->
                plain.password().isEmpty()
                        ? NO_HASH
                        : Md5Password.hash(plain.password().reveal().getBytes(UTF_8), user);
            case StoredSecret.Md5 md5 -> md5.hash();
            case ScramVerifier _, ScramKeys _ ->
                throw new IllegalArgumentException("a SCRAM verifier cannot check an MD5 response");
        };
    }

    @Override
    public AuthStep start() {
        isAsked = true;
        return new AuthStep.Send(AuthRequest.MD5_PASSWORD.code(), salt.clone());
    }

    @Override
    public AuthStep onResponse(byte[] body) {
        if (!isAsked) {
            return new AuthStep.Failed("a password message at a time when none is due", true);
        }
        isAsked = false;
        try {
            return check(PasswordResponse.parse(body));
        } catch (AuthFailure e) {
            return AuthStep.Failed.because(e);
        }
    }

    private AuthStep check(byte[] response) {
        byte[] expected = Md5Password.response(hash, salt).getBytes(US_ASCII);
        boolean isRight = MessageDigest.isEqual(expected, response) && !hash.equals(NO_HASH);
        return isRight ? AuthStep.Done.WITHOUT_SASL : new AuthStep.Failed(Refusal.wrongPassword(secret), false);
    }

    @Override
    public AuthStep resume(byte[] saltedPassword) {
        throw new IllegalStateException("no derivation was asked for");
    }

    @Override
    public int responseLimitBytes() {
        return PasswordResponse.LIMIT_BYTES;
    }
}
