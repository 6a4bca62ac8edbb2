package dev.spillway.core.auth;

import dev.spillway.core.config.LookupSettings;
import dev.spillway.core.config.Secret;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What PostgreSQL stores for a SCRAM-SHA-256 password: enough to check a client's proof, not enough to log in.
 *
 * <p>Immutable and usable from any thread: whoever passes an array in or gets one out does not change it.
 *
 * @param iterations of PBKDF2, 1 to {@value #MAX_ITERATIONS}
 * @param salt at least one byte; PostgreSQL makes 16
 * @param storedKey H(ClientKey), 32 bytes
 * @param serverKey 32 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record ScramVerifier(int iterations, byte[] salt, byte[] storedKey, byte[] serverKey) implements StoredSecret {
    /** What PostgreSQL uses unless {@code scram_iterations} says otherwise. */
    public static final int DEFAULT_ITERATIONS = 4096;

    /**
     * The most iterations we run for anyone, about a second of one core. PostgreSQL has no bound below 2^31; pgjdbc stops
     * at 100,000 since CVE-2026-42198, where a server kept its clients busy with an endless derivation. OWASP recommends
     * 600,000 for stored passwords, so the bound lies above that.
     */
    public static final int MAX_ITERATIONS = LookupSettings.MAX_SCRAM_ITERATIONS;

    private static final String PREFIX = "SCRAM-SHA-256$";

    /** Refuses what no well-formed verifier holds; {@link #parse} is for text that may be anything. */
    public ScramVerifier {
        if (!isIterationCount(iterations) || salt.length == 0 || !isKey(storedKey) || !isKey(serverKey)) {
            throw new IllegalArgumentException("not the parts of a SCRAM verifier");
        }
    }

    /**
     * The verifier of a password that is known. Slow on purpose (milliseconds to a second, by {@code iterations}): never
     * on an event loop.
     */
    public static ScramVerifier derive(Secret password, byte[] salt, int iterations) {
        return of(new KeyDerivation(password, salt, iterations));
    }

    /** As {@link #derive(Secret, byte[], int)}, and as slow. */
    static ScramVerifier of(KeyDerivation derivation) {
        return fromSaltedPassword(derivation, derivation.saltedPassword());
    }

    /** The verifier that belongs to the result of {@code derivation}; fast. */
    static ScramVerifier fromSaltedPassword(KeyDerivation derivation, byte[] saltedPassword) {
        return new ScramVerifier(
                derivation.iterations(),
                derivation.salt(),
                Scram.storedKey(Scram.clientKey(saltedPassword)),
                Scram.serverKey(saltedPassword));
    }

    /** The verifier in {@code SCRAM-SHA-256$iterations:salt$storedKey:serverKey}; null if the text is anything else. */
    static @Nullable ScramVerifier parse(String text) {
        int saltStart = text.indexOf(':') + 1;
        int storedKeyStart = text.indexOf('$', saltStart) + 1;
        int serverKeyStart = text.indexOf(':', storedKeyStart) + 1;
        if (!looksLikeOne(text) || saltStart == 0 || storedKeyStart == 0 || serverKeyStart == 0) {
            return null;
        }
        int iterations = Scram.parseIterations(text.substring(PREFIX.length(), saltStart - 1));
        byte[] salt = Scram.decodeBase64(text.substring(saltStart, storedKeyStart - 1));
        byte[] storedKey = Scram.decodeBase64(text.substring(storedKeyStart, serverKeyStart - 1));
        byte[] serverKey = Scram.decodeBase64(text.substring(serverKeyStart));
        if (!isIterationCount(iterations) || salt == null || storedKey == null || serverKey == null) {
            return null;
        }
        boolean isVerifier = salt.length > 0 && isKey(storedKey) && isKey(serverKey);
        return isVerifier ? new ScramVerifier(iterations, salt, storedKey, serverKey) : null;
    }

    /** Whether {@code text} was meant as a verifier, well-formed or not. */
    static boolean looksLikeOne(String text) {
        return text.startsWith(PREFIX);
    }

    static boolean isIterationCount(int iterations) {
        return iterations >= 1 && iterations <= MAX_ITERATIONS;
    }

    private static boolean isKey(byte[] bytes) {
        return bytes.length == Scram.KEY_BYTES;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ScramVerifier that
                && iterations == that.iterations
                && Arrays.equals(salt, that.salt)
                && MessageDigest.isEqual(storedKey, that.storedKey)
                && MessageDigest.isEqual(serverKey, that.serverKey);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(salt) + iterations;
    }

    @Override
    public String toString() {
        return "ScramVerifier[***]";
    }
}
