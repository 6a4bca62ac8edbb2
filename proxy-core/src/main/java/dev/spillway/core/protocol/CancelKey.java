package dev.spillway.core.protocol;

import java.security.MessageDigest;
import java.util.Arrays;

/**
 * What a BackendKeyData tells and a CancelRequest repeats: a process id and a secret of 1 to 256 bytes (four in
 * protocol 3.0). Immutable; compared in constant time; prints no secret.
 */
public final class CancelKey {
    private final int processId;
    private final byte[] secret;

    public CancelKey(int processId, byte[] secret) {
        this.processId = processId;
        this.secret = secret.clone();
    }

    public int processId() {
        return processId;
    }

    /** A copy of the secret's bytes. */
    public byte[] secret() {
        return secret.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CancelKey key
                && key.processId == processId
                && MessageDigest.isEqual(key.secret, secret);
    }

    @Override
    public int hashCode() {
        return 31 * processId + Arrays.hashCode(secret);
    }

    @Override
    public String toString() {
        return "CancelKey[processId=" + processId + ", secret=***]";
    }
}
