package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Neighbouring pieces of one buffer that go to the same place, so that they can go as one slice.
 *
 * <p>A piece that was put together from several reads goes alone and at once, for its buffer does not outlive it.
 *
 * <p>Borrows the buffer for as long as the reader's chunk lives; {@link #flush} must come before {@code
 * FrameReader.finish}.
 *
 * <p>hot: nothing is allocated.
 */
final class Run {
    /** Where a run goes. */
    interface Target {
        /** Passes on {@code [from, to)} of {@code source}, which it borrows. */
        void accept(ByteBuf source, int from, int to);
    }

    private final Target target;
    private @Nullable ByteBuf source;
    private int from;
    private int to;

    Run(Target target) {
        this.target = target;
    }

    void add(FrameReader frames) {
        add(frames, frames.start());
    }

    /** Adds the piece but for what is before {@code start}. */
    @SuppressWarnings("ReferenceEquality") // equal content in another buffer is another place
    void add(FrameReader frames, int start) {
        ByteBuf buffer = frames.buffer();
        int end = frames.end();
        if (buffer == source && start == to) {
            to = end;
            return;
        }
        flush();
        source = buffer;
        from = start;
        to = end;
        if (frames.isShortLived()) {
            flush();
        }
    }

    void flush() {
        ByteBuf run = source;
        if (run != null) {
            source = null;
            target.accept(run, from, to);
        }
    }

    /** What of the run can be written without copying: the whole buffer where the run is all of it. Returns retained. */
    static ByteBuf slice(ByteBuf source, int from, int to) {
        return from == source.readerIndex() && to == source.writerIndex()
                ? source.retain()
                : source.retainedSlice(from, to - from);
    }
}
