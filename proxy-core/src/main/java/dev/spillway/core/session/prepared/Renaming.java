package dev.spillway.core.session.prepared;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * A name that a server knows, and what the client calls it: PostgreSQL's errors name the statement, and the client must find its
 * own name there.
 */
public final class Renaming {
    private static final int HEADER_BYTES = 5;

    private final byte[] serverName;
    private final byte[] clientName;

    /** Takes over both, which nobody changes. */
    public Renaming(byte[] serverName, byte[] clientName) {
        this.serverName = serverName;
        this.clientName = clientName;
    }

    public byte[] serverName() {
        return serverName;
    }

    public byte[] clientName() {
        return clientName;
    }

    /** Another copy of the message in {@code [from, to)}, with the client's name; null if the server's is not in it. Borrows it. */
    public @Nullable ByteBuf apply(ByteBuf message, int from, int to, ByteBufAllocator allocator) {
        int at = find(message, from + HEADER_BYTES, to);
        if (at < 0) {
            return null;
        }
        ByteBuf renamed = allocator.buffer(to - from + clientName.length);
        int rest = from;
        while (at >= 0) {
            renamed.writeBytes(message, rest, at - rest).writeBytes(clientName);
            rest = at + serverName.length;
            at = find(message, rest, to);
        }
        renamed.writeBytes(message, rest, to - rest);
        renamed.setInt(1, renamed.readableBytes() - 1);
        return renamed;
    }

    /** As a word of its own: not where it is the beginning of a longer name. */
    private int find(ByteBuf message, int from, int to) {
        for (int i = from; i + serverName.length < to; i++) {
            if (isAt(message, i) && !isLetterOrDigit(message.getByte(i + serverName.length))) {
                return i;
            }
        }
        return -1;
    }

    private boolean isAt(ByteBuf message, int at) {
        for (int i = 0; i < serverName.length; i++) {
            if (message.getByte(at + i) != serverName[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isLetterOrDigit(byte b) {
        return (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z');
    }
}
