package dev.spillway.core.auth;

import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * What a client's SCRAM login taught us: with its ClientKey we can log in to PostgreSQL in its name without knowing the
 * password, as long as PostgreSQL holds the same verifier. This is how PgBouncer passes SCRAM logins through.
 *
 * <p>Immutable and usable from any thread. As secret as the password.
 *
 * @param verifier the one the client was checked against
 * @param clientKey 32 bytes, recovered from the client's proof
 */
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record ScramKeys(ScramVerifier verifier, byte[] clientKey) implements StoredSecret {
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ScramKeys that
                && verifier.equals(that.verifier)
                && MessageDigest.isEqual(clientKey, that.clientKey);
    }

    @Override
    public int hashCode() {
        return verifier.hashCode();
    }

    @Override
    public String toString() {
        return "ScramKeys[***]";
    }
}
