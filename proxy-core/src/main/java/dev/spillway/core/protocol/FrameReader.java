package dev.spillway.core.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the bytes of one connection into message frames without copying or decoding them.
 *
 * <p>The session of the connection calls {@link #feed} with what was read, then {@link #next} until it answers false
 * (more bytes are needed), then {@link #finish}. After each true, {@code [start, end)} of {@link #buffer()} is a piece:
 * a whole frame, the {@linkplain #isComplete() head} of a frame too long to wait for, which is all of it that has come, or a
 * {@linkplain #isContinuation() continuation} of one. Which frames are waited for is {@link FrameRules}' decision.
 *
 * <p>Buffers: {@link #feed} takes the chunk; {@link #finish} releases it. A frame that is split over chunks and must be
 * seen whole, or whose header is split, is put together in a buffer of its own, which grows with what has really come; that
 * buffer lives until the following {@link #next} or {@link #finish}. The caller retains what it wants to keep. An idle
 * connection holds no buffer.
 *
 * <p>It never looks behind a frame's five header bytes, and never allocates by a length that a header merely announces.
 *
 * <p>hot: absolute gets only, nothing is allocated unless a frame is split.
 */
public final class FrameReader {
    /** The type byte and the length field. */
    public static final int HEADER_BYTES = 5;

    private static final int FIRST_ROOM_BYTES = 256;

    private final ByteBufAllocator allocator;
    private FrameRules rules;

    private @Nullable ByteBuf chunk;
    private int position;
    private int limit;

    /** The beginning of a split frame: at first its header, then the frame. */
    private @Nullable ByteBuf split;

    private @Nullable ByteBuf pieceBuffer;
    private boolean pieceIsSplit;
    private int start;
    private int end;
    private byte type;
    private boolean continuation;
    private int missing;

    public FrameReader(ByteBufAllocator allocator, FrameRules rules) {
        this.allocator = allocator;
        this.rules = rules;
    }

    /** Other rules from the next frame on: the connection has entered another phase. */
    public void changeRules(FrameRules next) {
        rules = next;
    }

    /** Takes {@code bytes}. Must be followed by {@link #finish} before the next feed. */
    public void feed(ByteBuf bytes) {
        chunk = bytes;
        position = bytes.readerIndex();
        limit = bytes.writerIndex();
    }

    /**
     * Goes to the next piece.
     *
     * @return false when the chunk is used up
     * @throws ProtocolViolation when the rules forbid the frame
     */
    public boolean next() {
        if (pieceIsSplit) {
            dropSplit();
        }
        if (missing > 0) {
            return nextContinuation();
        }
        if (split != null) {
            return nextFromSplit(split);
        }
        return nextFromChunk();
    }

    private boolean nextFromChunk() {
        int available = limit - position;
        ByteBuf bytes = chunk;
        if (bytes == null || available == 0) {
            return false;
        }
        if (available < HEADER_BYTES) {
            split = allocator.buffer(HEADER_BYTES, HEADER_BYTES).writeBytes(bytes, position, available);
            position = limit;
            return false;
        }
        byte frameType = bytes.getByte(position);
        int length = bytes.getInt(position + 1);
        rules.check(frameType, length);
        int total = length + 1;
        if (available >= total) {
            return piece(bytes, position, total, frameType, 0);
        }
        if (total > rules.wholeUpTo(frameType)) {
            return piece(bytes, position, available, frameType, total - available);
        }
        split = roomFor(available, total).writeBytes(bytes, position, available);
        position = limit;
        return false;
    }

    private boolean piece(ByteBuf bytes, int from, int length, byte frameType, int bytesMissing) {
        pieceBuffer = bytes;
        start = from;
        end = from + length;
        position = end;
        type = frameType;
        continuation = false;
        missing = bytesMissing;
        return true;
    }

    private boolean nextContinuation() {
        int take = Math.min(missing, limit - position);
        if (take == 0) {
            return false;
        }
        pieceBuffer = chunk;
        start = position;
        end = position + take;
        position = end;
        continuation = true;
        missing -= take;
        return true;
    }

    private boolean nextFromSplit(ByteBuf head) {
        topUp(head, HEADER_BYTES);
        if (head.writerIndex() < HEADER_BYTES) {
            return false;
        }
        byte frameType = head.getByte(0);
        int length = head.getInt(1);
        rules.check(frameType, length);
        int total = length + 1;
        int come = head.writerIndex() + limit - position;
        int wanted = total <= rules.wholeUpTo(frameType) ? total : Math.min(total, come);
        ByteBuf frame = grow(head, wanted);
        topUp(frame, wanted);
        if (frame.writerIndex() < wanted) {
            return false;
        }
        pieceIsSplit = true;
        pieceBuffer = frame;
        start = 0;
        end = frame.writerIndex();
        type = frameType;
        continuation = false;
        missing = total - end;
        return true;
    }

    private ByteBuf grow(ByteBuf head, int size) {
        if (head.maxCapacity() >= size) {
            return head;
        }
        ByteBuf frame = roomFor(limit - position, size).writeBytes(head, 0, head.writerIndex());
        head.release();
        split = frame;
        return frame;
    }

    /** For a frame of {@code total} bytes of which so many are here: whoever announces much and sends little costs little. */
    private ByteBuf roomFor(int arrived, int total) {
        return allocator.buffer(Math.min(total, Math.max(FIRST_ROOM_BYTES, 2 * arrived)), total);
    }

    private void topUp(ByteBuf target, int size) {
        int take = Math.min(size - target.writerIndex(), limit - position);
        if (take > 0 && chunk != null) {
            target.writeBytes(chunk, position, take);
            position += take;
        }
    }

    private void dropSplit() {
        pieceIsSplit = false;
        if (split != null) {
            split.release();
            split = null;
        }
    }

    /** Ends the work on a chunk and releases it; unread bytes of it are dropped. */
    public void finish() {
        if (pieceIsSplit) {
            dropSplit();
        }
        pieceBuffer = null;
        if (chunk != null) {
            chunk.release();
            chunk = null;
        }
        position = 0;
        limit = 0;
    }

    /**
     * Steps back: the current piece, which must not be a continuation, and all that follows it in the chunk, as a
     * retained buffer to be fed again later. The chunk counts as used up.
     */
    public ByteBuf takeBack() {
        if (continuation || chunk == null) {
            throw new IllegalStateException("only a frame's beginning can be taken back");
        }
        ByteBuf back;
        if (pieceIsSplit) {
            int rest = limit - position;
            back = allocator.buffer(end + rest).writeBytes(buffer(), 0, end).writeBytes(chunk, position, rest);
            dropSplit();
        } else {
            back = start == chunk.readerIndex() ? chunk.retain() : chunk.retainedSlice(start, limit - start);
        }
        position = limit;
        missing = 0;
        return back;
    }

    /** Releases everything; the connection is gone. */
    public void close() {
        dropSplit();
        finish();
        missing = 0;
    }

    /** The buffer the current piece lies in, borrowed. */
    public ByteBuf buffer() {
        if (pieceBuffer == null) {
            throw new IllegalStateException("no piece");
        }
        return pieceBuffer;
    }

    public int start() {
        return start;
    }

    public int end() {
        return end;
    }

    /** Does the current piece lie in a buffer that ends with the following {@link #next}, not with the chunk? */
    public boolean isShortLived() {
        return pieceIsSplit;
    }

    /** The type of the frame that the current piece belongs to. */
    public byte type() {
        return type;
    }

    /** Is the piece the middle or the end of a frame whose head was seen before? */
    public boolean isContinuation() {
        return continuation;
    }

    /** Does the frame end with this piece? */
    public boolean isComplete() {
        return missing == 0;
    }

    /** Are we inside a frame whose head the caller has seen already? */
    public boolean isInsideFrame() {
        return missing > 0;
    }

    /** Has more been fed than the current piece and those before it? */
    public boolean hasMore() {
        return position < limit;
    }

    /** Is the frame behind the current piece here, whole, and of these: its type, and the first byte and the string that its body is? */
    public boolean isFollowedBy(byte nextType, byte first, ByteBuf text, int from, int to) {
        ByteBuf bytes = chunk;
        int length = to - from + 6;
        if (bytes == null || missing > 0 || limit - position < length + 1) {
            return false;
        }
        return bytes.getByte(position) == nextType
                && bytes.getInt(position + 1) == length
                && bytes.getByte(position + HEADER_BYTES) == first
                && ByteBufUtil.equals(text, from, bytes, position + HEADER_BYTES + 1, to - from)
                && bytes.getByte(position + length) == 0;
    }

    /** Bytes kept back because their frame is not whole yet. */
    public int heldBytes() {
        return split == null || pieceIsSplit ? 0 : split.writerIndex();
    }

    /** The same, borrowed; null: none are kept back. */
    public @Nullable ByteBuf held() {
        return pieceIsSplit ? null : split;
    }

    /** How many bytes of a frame are still to come whose head the caller has seen. */
    public int missing() {
        return missing;
    }

    /** A cursor over the body of the current, whole frame. */
    public MessageCursor body() {
        return new MessageCursor(buffer(), start + HEADER_BYTES, end);
    }
}
