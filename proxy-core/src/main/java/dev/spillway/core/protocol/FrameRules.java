package dev.spillway.core.protocol;

import java.util.Arrays;

/**
 * What a {@link FrameReader} needs to know of each message type: is it allowed, how long may it be, must it be seen
 * whole. Immutable; one instance per direction and phase.
 */
public final class FrameRules {
    private static final int FORBIDDEN = -1;

    private final String peer;
    private final int[] maxLengths = new int[256];
    private final int[] wholeUpTo = new int[256];

    private FrameRules(String peer) {
        this.peer = peer;
        Arrays.fill(maxLengths, FORBIDDEN);
    }

    /** Rules under which {@code peer} ("frontend" or "backend", for the error text) may send nothing yet. */
    public static FrameRules forbidAll(String peer) {
        return new FrameRules(peer);
    }

    /**
     * A copy that also allows {@code type}.
     *
     * @param maxLengthBytes the largest allowed value of the length field, at least 4
     * @param wholeUpToBytes a frame (type byte included) of up to so many bytes is only ever seen whole, a longer one
     *     piece by piece; 0 means always piece by piece
     */
    public FrameRules allow(byte type, int maxLengthBytes, int wholeUpToBytes) {
        FrameRules copy = new FrameRules(peer);
        System.arraycopy(maxLengths, 0, copy.maxLengths, 0, 256);
        System.arraycopy(wholeUpTo, 0, copy.wholeUpTo, 0, 256);
        copy.maxLengths[type & 0xff] = maxLengthBytes;
        copy.wholeUpTo[type & 0xff] = wholeUpToBytes;
        return copy;
    }

    // hot: two array loads and two comparisons per frame
    void check(byte type, int length) {
        int max = maxLengths[type & 0xff];
        if (length >= 4 && length <= max) {
            return;
        }
        // The texts are those of PostgreSQL's SocketBackend() and pq_getmessage().
        throw new ProtocolViolation(
                max == FORBIDDEN
                        ? "invalid " + peer + " message type " + (type & 0xff)
                        : "invalid message length " + length + " in " + peer + " message type " + (type & 0xff));
    }

    int wholeUpTo(byte type) {
        return wholeUpTo[type & 0xff];
    }
}
