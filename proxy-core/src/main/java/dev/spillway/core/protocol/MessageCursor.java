package dev.spillway.core.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * Reads the fields of one message and cannot leave it.
 *
 * <p>Used on the event loop for control messages only, never for rows. It borrows the buffer and keeps no reference
 * beyond its own life. Every read past the end is a {@link ProtocolViolation}; no allocation is larger than the bytes
 * that are really there.
 */
public final class MessageCursor {
    private final ByteBuf buffer;
    private final int end;
    private int position;

    /** Borrows {@code buffer}; the message's body is {@code [start, end)}. */
    public MessageCursor(ByteBuf buffer, int start, int end) {
        this.buffer = buffer;
        this.position = start;
        this.end = end;
    }

    /** Bytes not yet read. */
    public int remaining() {
        return end - position;
    }

    public byte readByte() {
        require(1);
        return buffer.getByte(position++);
    }

    public int readShort() {
        require(2);
        position += 2;
        return buffer.getShort(position - 2);
    }

    public int readInt() {
        require(4);
        position += 4;
        return buffer.getInt(position - 4);
    }

    /** Exactly {@code length} bytes. */
    public byte[] readBytes(int length) {
        if (length < 0) {
            throw new ProtocolViolation("negative length in message");
        }
        require(length);
        byte[] bytes = new byte[length];
        buffer.getBytes(position, bytes);
        position += length;
        return bytes;
    }

    /** A NUL-terminated string, decoded as UTF-8 (PostgreSQL leaves the encoding before authentication open). */
    public String readString() {
        int length = buffer.bytesBefore(position, end - position, (byte) 0);
        if (length < 0) {
            throw new ProtocolViolation("unterminated string in message");
        }
        String text = buffer.toString(position, length, StandardCharsets.UTF_8);
        position += length + 1;
        return text;
    }

    private void require(int bytes) {
        if (end - position < bytes) {
            throw new ProtocolViolation("insufficient data left in message");
        }
    }
}
