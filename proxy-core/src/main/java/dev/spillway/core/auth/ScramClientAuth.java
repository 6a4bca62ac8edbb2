package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * SCRAM-SHA-256 in the server's role (RFC 5802, RFC 7677, PostgreSQL's "SASL Authentication").
 *
 * <p>NEW → OFFERED, the mechanism → (DERIVING, for a plain password) → CHALLENGED, with salt and nonce → ENDED. A user
 * without a usable secret goes the same way with a verifier that fits nothing.
 */
final class ScramClientAuth implements ClientAuth {
    /** PG_MAX_SASL_MESSAGE_LENGTH of PostgreSQL's sasl.h, which counts the four bytes of the length. */
    static final int RESPONSE_LIMIT_BYTES = 1024 - 4;

    private static final byte[] MECHANISMS = (Scram.MECHANISM + "\0\0").getBytes(US_ASCII);
    private static final byte[] MECHANISM_Z = (Scram.MECHANISM + "\0").getBytes(US_ASCII);

    private sealed interface State {
        record New() implements State {}

        record Offered() implements State {}

        record Deriving(ClientFirst clientFirst, KeyDerivation derivation) implements State {}

        record Challenged(ClientFirst clientFirst, ServerFirst serverFirst, ScramVerifier verifier) implements State {}

        record Ended() implements State {}
    }

    private final @Nullable StoredSecret secret;
    private final String user;
    private final ScramIssuer issuer;
    private State state = new State.New();

    ScramClientAuth(@Nullable StoredSecret secret, String user, ScramIssuer issuer) {
        this.secret = secret;
        this.user = user;
        this.issuer = issuer;
    }

    @Override
    public AuthStep start() {
        state = new State.Offered();
        return new AuthStep.Send(AuthRequest.SASL.code(), MECHANISMS.clone());
    }

    @Override
    public AuthStep onResponse(byte[] body) {
        State current = state;
        state = new State.Ended();
        try {
            if (body.length > RESPONSE_LIMIT_BYTES) {
                throw AuthFailure.violation("a SASL response over " + RESPONSE_LIMIT_BYTES + " bytes");
            }
            return switch (current) {
                case State.Offered _ -> answerFirst(ClientFirst.parse(initialResponse(body)));
                case State.Challenged challenged -> check(challenged, Scram.text(body));
                case State.New _, State.Deriving _, State.Ended _ ->
                    throw AuthFailure.violation("a SASL response at a time when none is due");
            };
        } catch (AuthFailure e) {
            return AuthStep.Failed.because(e);
        }
    }

    /** SASLInitialResponse: the chosen mechanism, a length that covers the rest exactly, and the first message. */
    private static String initialResponse(byte[] body) throws AuthFailure {
        int lengthStart = MECHANISM_Z.length;
        int dataStart = lengthStart + Integer.BYTES;
        if (body.length < dataStart || !startsWith(body, MECHANISM_Z)) {
            throw AuthFailure.violation("the client selected a SASL mechanism that was not offered");
        }
        if (ByteBuffer.wrap(body).getInt(lengthStart) != body.length - dataStart) {
            throw AuthFailure.violation("a SASL response whose length is not the message's");
        }
        return Scram.text(body).substring(dataStart);
    }

    private static boolean startsWith(byte[] body, byte[] prefix) {
        return ByteBuffer.wrap(body, 0, prefix.length).equals(ByteBuffer.wrap(prefix));
    }

    private AuthStep answerFirst(ClientFirst clientFirst) {
        return switch (secret) {
            case ScramVerifier verifier -> challenge(clientFirst, verifier);
            case ScramKeys keys -> challenge(clientFirst, keys.verifier());
            case StoredSecret.Plain plain
            when !plain.password().isEmpty() -> {
                KeyDerivation derivation = issuer.derivation(plain, user);
                state = new State.Deriving(clientFirst, derivation);
                yield new AuthStep.NeedsDerivation(derivation);
            }
            case null -> challenge(clientFirst, issuer.mock(user));
            case StoredSecret.Plain _, StoredSecret.Md5 _ -> challenge(clientFirst, issuer.mock(user));
        };
    }

    @Override
    public AuthStep resume(byte[] saltedPassword) {
        if (state instanceof State.Ended) {
            return AuthStep.Failed.ENDED;
        }
        if (!(state instanceof State.Deriving(ClientFirst clientFirst, KeyDerivation derivation))) {
            throw new IllegalStateException("no derivation was asked for");
        }
        return challenge(clientFirst, ScramVerifier.fromSaltedPassword(derivation, saltedPassword));
    }

    private AuthStep challenge(ClientFirst clientFirst, ScramVerifier verifier) {
        ServerFirst serverFirst = ServerFirst.of(clientFirst.nonce() + issuer.nonce(), verifier);
        state = new State.Challenged(clientFirst, serverFirst, verifier);
        return new AuthStep.Send(AuthRequest.SASL_CONTINUE.code(), Scram.bytes(serverFirst.text()));
    }

    private AuthStep check(State.Challenged challenged, String text) throws AuthFailure {
        ClientFirst clientFirst = challenged.clientFirst();
        ServerFirst serverFirst = challenged.serverFirst();
        ScramVerifier verifier = challenged.verifier();
        ClientFinal clientFinal = ClientFinal.parse(text, clientFirst.gs2Header(), serverFirst.nonce());
        String signed = Scram.authMessage(clientFirst, serverFirst, clientFinal.withoutProof());
        byte[] clientKey = Scram.proofOrKey(clientFinal.proof(), verifier.storedKey(), signed);
        if (!MessageDigest.isEqual(Scram.storedKey(clientKey), verifier.storedKey())) {
            throw AuthFailure.refusal(refusal());
        }
        byte[] signature = Scram.serverSignature(verifier.serverKey(), signed);
        return new AuthStep.Done(Scram.bytes("v=" + Scram.encodeBase64(signature)), learned(verifier, clientKey));
    }

    /** A salt of our own making is not PostgreSQL's, so only keys of a stored verifier are worth keeping. */
    private @Nullable ScramKeys learned(ScramVerifier verifier, byte[] clientKey) {
        return secret instanceof StoredSecret.Plain ? null : new ScramKeys(verifier, clientKey);
    }

    private String refusal() {
        return secret instanceof StoredSecret.Md5
                ? "the stored secret is an MD5 hash, which cannot check SCRAM"
                : Refusal.wrongPassword(secret);
    }

    @Override
    public int responseLimitBytes() {
        return RESPONSE_LIMIT_BYTES;
    }
}
