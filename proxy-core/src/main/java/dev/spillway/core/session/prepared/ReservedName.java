package dev.spillway.core.session.prepared;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Names of clients' that look like ours: no client reaches a statement of ours by its name. Stateless. */
public final class ReservedName {
    private static final byte[] PREFIX = Statement.PREFIX.getBytes(StandardCharsets.US_ASCII);

    private ReservedName() {}

    /** A name that is nobody's, to be used in the place of one that looks like ours; null where {@code clientName} does not. */
    public static byte @Nullable [] replaced(byte[] clientName) {
        if (clientName.length < PREFIX.length
                || !Arrays.equals(clientName, 0, PREFIX.length, PREFIX, 0, PREFIX.length)) {
            return null;
        }
        byte[] replaced = Arrays.copyOf(clientName, Math.min(clientName.length, StatementName.SIGNIFICANT_BYTES));
        replaced[PREFIX.length - 1] = '?';
        return replaced;
    }
}
