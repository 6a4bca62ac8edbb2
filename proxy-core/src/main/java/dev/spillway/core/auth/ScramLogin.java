package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * SCRAM-SHA-256 in the client's role, the part of a {@link ServerAuth} that begins with AuthenticationSASL.
 *
 * <p>FIRST_SENT → (DERIVING, unless the keys are known) → FINAL_SENT → VERIFIED: only then the server has proved that it
 * knows the password, or its verifier, too.
 */
final class ScramLogin {
    private sealed interface State {
        record FirstSent() implements State {}

        record Deriving(ServerFirst serverFirst) implements State {}

        @SuppressWarnings("ArrayRecordComponent") // never compared
        record FinalSent(byte[] expectedSignature) implements State {}

        record Verified() implements State {}
    }

    private final StoredSecret secret;
    private final ClientFirst clientFirst;
    private State state = new State.FirstSent();

    private ScramLogin(StoredSecret secret, String nonce) {
        this.secret = secret;
        this.clientFirst = ClientFirst.of(nonce);
    }

    /** Ready to send its {@link #initialResponse}, if {@code secret} is one that SCRAM can be done with. */
    static ScramLogin of(StoredSecret secret, String user, String nonce) throws AuthFailure {
        return switch (secret) {
            case StoredSecret.Plain _, ScramKeys _ -> new ScramLogin(secret, nonce);
            case StoredSecret.Md5 _ ->
                throw AuthFailure.refusal("asks for SCRAM, but all we have for user \"" + user + "\" is an MD5 hash");
            case ScramVerifier _ ->
                throw AuthFailure.refusal("asks for SCRAM, but all we have for user \"" + user
                        + "\" is a SCRAM verifier; log in once as that user by SCRAM, or store the password");
        };
    }

    boolean isVerified() {
        return state instanceof State.Verified;
    }

    /** The body of SASLInitialResponse. */
    byte[] initialResponse() {
        byte[] mechanism = Scram.bytes(Scram.MECHANISM + "\0");
        byte[] first = Scram.bytes(clientFirst.text());
        return ByteBuffer.allocate(mechanism.length + Integer.BYTES + first.length)
                .put(mechanism)
                .putInt(first.length)
                .put(first)
                .array();
    }

    /** After AuthenticationSASLContinue. */
    ServerAuthStep onContinue(byte[] body) throws AuthFailure {
        if (!(state instanceof State.FirstSent)) {
            throw AuthFailure.violation("sent AuthenticationSASLContinue out of order");
        }
        ServerFirst serverFirst = ServerFirst.parse(Scram.text(body), clientFirst.nonce());
        if (secret instanceof ScramKeys keys) {
            return proveWith(keys, serverFirst);
        }
        state = new State.Deriving(serverFirst);
        return new ServerAuthStep.NeedsDerivation(derivation(serverFirst));
    }

    private KeyDerivation derivation(ServerFirst serverFirst) {
        String password =
                secret instanceof StoredSecret.Plain plain ? plain.password().reveal() : "";
        return new KeyDerivation(password.getBytes(UTF_8), serverFirst.salt(), serverFirst.iterations());
    }

    private ServerAuthStep proveWith(ScramKeys keys, ServerFirst serverFirst) throws AuthFailure {
        ScramVerifier verifier = keys.verifier();
        if (verifier.iterations() != serverFirst.iterations()
                || !MessageDigest.isEqual(verifier.salt(), serverFirst.salt())) {
            throw AuthFailure.refusal(
                    "has another SCRAM verifier for this user than we have: the password was changed");
        }
        return prove(serverFirst, keys.clientKey(), verifier.serverKey());
    }

    /** After the derivation that {@link #onContinue} asked for. */
    ServerAuthStep resume(byte[] saltedPassword) {
        if (!(state instanceof State.Deriving(ServerFirst serverFirst))) {
            throw new IllegalStateException("no derivation was asked for");
        }
        return prove(serverFirst, Scram.clientKey(saltedPassword), Scram.serverKey(saltedPassword));
    }

    private ServerAuthStep prove(ServerFirst serverFirst, byte[] clientKey, byte[] serverKey) {
        String withoutProof = ClientFinal.withoutProof(clientFirst.gs2Header(), serverFirst.nonce());
        String signed = Scram.authMessage(clientFirst, serverFirst, withoutProof);
        byte[] proof = Scram.proofOrKey(clientKey, Scram.storedKey(clientKey), signed);
        state = new State.FinalSent(Scram.serverSignature(serverKey, signed));
        return new ServerAuthStep.Send(Scram.bytes(new ClientFinal(withoutProof, proof).text()));
    }

    /** After AuthenticationSASLFinal. */
    ServerAuthStep onFinal(byte[] body) throws AuthFailure {
        if (!(state instanceof State.FinalSent(byte[] expectedSignature))) {
            throw AuthFailure.violation("sent AuthenticationSASLFinal out of order");
        }
        ScramAttributes attributes = new ScramAttributes(Scram.text(body), 0);
        byte @Nullable [] signature = Scram.decodeBase64(attributes.next('v'));
        if (signature == null || !attributes.isAtEnd() || !MessageDigest.isEqual(expectedSignature, signature)) {
            throw AuthFailure.violation("sent a wrong SCRAM signature: it does not know the password itself");
        }
        state = new State.Verified();
        return new ServerAuthStep.Proceed();
    }
}
