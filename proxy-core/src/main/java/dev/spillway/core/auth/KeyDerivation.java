package dev.spillway.core.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.spillway.core.config.Secret;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The slow part of SCRAM, PBKDF2 over a password, as a value that a step machine hands to its caller.
 *
 * <p>The caller runs {@link #saltedPassword} on an executor, never on an event loop, and gives the result back to the
 * machine. Equal derivations have equal results, so this is also the key under which the caller may cache them; the
 * cache is then as secret as the passwords. It must be bounded and keep only what let somebody in, because in a login by
 * clear text the password is the client's choice. Immutable and usable from any thread.
 */
public final class KeyDerivation {
    private final byte[] password;
    private final byte[] salt;
    private final int iterations;

    /** Of a password that we know. {@code iterations} is 1 to {@link ScramVerifier#MAX_ITERATIONS}. */
    public KeyDerivation(Secret password, byte[] salt, int iterations) {
        this(password.reveal().getBytes(UTF_8), salt, iterations);
    }

    /** Of a password that a client sent, which need not be UTF-8. */
    KeyDerivation(byte[] password, byte[] salt, int iterations) {
        if (!ScramVerifier.isIterationCount(iterations)) {
            throw new IllegalArgumentException("iterations must be 1 to " + ScramVerifier.MAX_ITERATIONS);
        }
        this.password = password;
        this.salt = salt;
        this.iterations = iterations;
    }

    /** SaltedPassword of RFC 5802, 32 bytes. Takes time in proportion to {@link #iterations}. */
    public byte[] saltedPassword() {
        return Scram.saltedPassword(SaslPrep.prepare(password), salt, iterations);
    }

    /** The salt, not to be changed. */
    public byte[] salt() {
        return salt;
    }

    /** How many iterations it takes, at most {@link ScramVerifier#MAX_ITERATIONS}. */
    public int iterations() {
        return iterations;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KeyDerivation that
                && iterations == that.iterations
                && Arrays.equals(salt, that.salt)
                && Arrays.equals(password, that.password);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(salt) + Arrays.hashCode(password);
    }

    @Override
    public String toString() {
        return "KeyDerivation[iterations=" + iterations + "]";
    }
}
