package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Issues what SCRAM needs from the server's side: nonces, and salts for users without a stored one.
 *
 * <p>There is one for the process, made at start and used from any thread. A user's salt is a keyed hash of the name, so
 * it is the same at every login: an unknown user looks like a known one (PostgreSQL's mock authentication), and keys
 * derived for a plain password can be cached. It must outlive reloads, or the salts would change.
 */
public final class ScramIssuer {
    /** PostgreSQL's SCRAM_RAW_NONCE_LEN, SCRAM_DEFAULT_SALT_LEN and MOCK_AUTH_NONCE_LEN. */
    private static final int NONCE_BYTES = 18;

    private static final int SALT_BYTES = 16;
    private static final int KEY_BYTES = 32;

    private final RandomBytes random;
    private final int iterations;
    private final byte[] saltKey;

    /** @param iterations {@code scram_iterations}, 1 to {@link ScramVerifier#MAX_ITERATIONS} */
    public ScramIssuer(RandomBytes random, int iterations) {
        if (!ScramVerifier.isIterationCount(iterations)) {
            throw new IllegalArgumentException("iterations must be 1 to " + ScramVerifier.MAX_ITERATIONS);
        }
        this.random = random;
        this.iterations = iterations;
        this.saltKey = random.next(KEY_BYTES);
    }

    /** The derivation that a plain password's logins will ask for: run it early, and no login waits for it. */
    public KeyDerivation derivation(StoredSecret.Plain secret, String user) {
        return new KeyDerivation(secret.password(), salt(user), iterations);
    }

    /** A verifier that no proof satisfies. */
    ScramVerifier mock(String user) {
        return new ScramVerifier(iterations, salt(user), new byte[Scram.KEY_BYTES], new byte[Scram.KEY_BYTES]);
    }

    static String nonce(RandomBytes random) {
        return Scram.encodeBase64(random.next(NONCE_BYTES));
    }

    String nonce() {
        return nonce(random);
    }

    byte[] md5Salt() {
        return random.next(4);
    }

    private byte[] salt(String user) {
        byte[] hash = Scram.hmac(saltKey, Scram.text(user.getBytes(UTF_8)));
        return Arrays.copyOf(hash, SALT_BYTES);
    }
}
