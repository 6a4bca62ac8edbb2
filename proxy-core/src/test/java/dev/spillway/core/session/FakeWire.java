package dev.spillway.core.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.jspecify.annotations.Nullable;

/** A connection without a socket: keeps a copy of what is written, releases the rest. */
final class FakeWire implements Wire {
    private final String peer;
    private final ByteBuf sent = Unpooled.unreleasableBuffer(Unpooled.buffer());
    private int flushed;
    boolean isReading = true;
    boolean isWritable = true;
    boolean isClosed;

    @Nullable
    Phase phase;

    FakeWire(String peer) {
        this.peer = peer;
    }

    /** What was sent since the last call: written and flushed. */
    byte[] take() {
        byte[] bytes = new byte[flushed - sent.readerIndex()];
        sent.readBytes(bytes);
        return bytes;
    }

    @Override
    public void write(ByteBuf message) {
        if (!isClosed) {
            sent.writeBytes(message, message.readerIndex(), message.readableBytes());
        }
        message.release();
    }

    @Override
    public void flush() {
        flushed = sent.writerIndex();
    }

    @Override
    public void close() {
        flush();
        isClosed = true;
    }

    @Override
    public void setReading(boolean on) {
        isReading = on;
    }

    @Override
    public boolean isWritable() {
        return isWritable;
    }

    @Override
    public void become(Phase next) {
        phase = next;
    }

    @Override
    public ByteBufAllocator allocator() {
        return UnpooledByteBufAllocator.DEFAULT;
    }

    @Override
    public String peer() {
        return peer;
    }

    @Override
    public String local() {
        return "local:1";
    }

    @Override
    public int id() {
        return 1;
    }

    @Override
    public int peerProcessId() {
        return 0;
    }

    @Override
    public long unsentBytes() {
        return 0;
    }
}
