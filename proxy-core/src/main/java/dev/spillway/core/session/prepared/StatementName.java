package dev.spillway.core.session.prepared;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A client's name of a statement, as PostgreSQL tells names apart: by their first 63 bytes (the table of prepared statements has
 * keys of {@code NAMEDATALEN}).
 *
 * <p>A probe is one that is filled anew for each look-up, so that looking up allocates nothing.
 */
final class StatementName {
    static final int SIGNIFICANT_BYTES = 63;

    private final byte[] bytes;
    private int length;
    private int hash;

    private StatementName(byte[] bytes) {
        this.bytes = bytes;
    }

    static StatementName probe() {
        return new StatementName(new byte[SIGNIFICANT_BYTES]);
    }

    /** Becomes the name in {@code [from, to)}, which it copies. */
    StatementName fill(ByteBuf source, int from, int to) {
        length = Math.min(to - from, SIGNIFICANT_BYTES);
        source.getBytes(from, bytes, 0, length);
        int sum = 1;
        for (int i = 0; i < length; i++) {
            sum = 31 * sum + bytes[i];
        }
        hash = sum;
        return this;
    }

    /** One that stays as this is now. */
    StatementName copy() {
        StatementName copy = new StatementName(Arrays.copyOf(bytes, length));
        copy.length = length;
        copy.hash = hash;
        return copy;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof StatementName name
                && name.hash == hash
                && Arrays.equals(name.bytes, 0, name.length, bytes, 0, length);
    }

    @Override
    public int hashCode() {
        return hash;
    }
}
