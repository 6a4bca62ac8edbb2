package dev.spillway.core.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * What a client has sent ahead of its turn. One per client, called by its session; owns its buffer from {@link #add} to
 * {@link #take} or {@link #release}, and has none in between.
 */
final class HeldBytes {
    /** What a client may send ahead; a socket buffer may come on top. */
    static final int LIMIT_BYTES = 128 * 1024;

    private @Nullable ByteBuf bytes;
    /** Is the buffer a copy of our own, to which more can be appended? */
    private boolean isCopy;

    boolean isEmpty() {
        return bytes == null;
    }

    int bytes() {
        return bytes == null ? 0 : bytes.readableBytes();
    }

    /** Borrowed; null if there is nothing. */
    @Nullable
    ByteBuf peek() {
        return bytes;
    }

    /** Should the client be read on? */
    boolean hasRoom() {
        return bytes == null || bytes.readableBytes() < LIMIT_BYTES;
    }

    /** Takes {@code more}; what comes in many pieces is copied twice on average, not once per piece. */
    void add(ByteBuf more, ByteBufAllocator allocator) {
        ByteBuf before = bytes;
        if (before == null) {
            bytes = more;
            isCopy = false;
            return;
        }
        ByteBuf into = isCopy ? before : copy(before, more.readableBytes(), allocator);
        into.writeBytes(more); // a buffer grows by doubling
        more.release();
        bytes = into;
        isCopy = true;
    }

    private static ByteBuf copy(ByteBuf before, int more, ByteBufAllocator allocator) {
        ByteBuf copy = allocator.buffer(2 * (before.readableBytes() + more)).writeBytes(before);
        before.release();
        return copy;
    }

    /** Returns it retained; null if there is nothing. */
    @Nullable
    ByteBuf take() {
        ByteBuf taken = bytes;
        bytes = null;
        return taken;
    }

    void release() {
        ByteBuf last = take();
        if (last != null) {
            last.release();
        }
    }
}
