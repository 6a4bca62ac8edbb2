package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.session.state.CertainSet;
import dev.spillway.core.session.state.TextScan;
import org.jspecify.annotations.Nullable;

/**
 * Is all that a client has sent in its lease one SET whose effect is certain: one Query, or Parse, Bind, Execute and Sync? Then nothing else
 * can have run, and the server need not be asked. One per server, told by its {@link Suspicion}.
 */
// hot: for all else one comparison a message, from the second of a lease on
final class LoneSet {
    private enum Awaited {
        FIRST,
        BIND,
        EXECUTE,
        SYNC,
        NOTHING,
        /** It is none. */
        NEVER
    }

    private Awaited awaited = Awaited.NEVER;
    private @Nullable CertainSet set;

    /** A lease begins. */
    void begin() {
        awaited = Awaited.FIRST;
        set = null;
    }

    /** It is none, whatever comes. */
    void refute() {
        awaited = Awaited.NEVER;
    }

    /** A message of {@code kind} is sent, the current frame, which it borrows; {@code scan} has read the text of a Query or Parse, if there is one. */
    void hear(ReplyQueue.Kind kind, FrameReader frames, TextScan scan) {
        if (awaited != Awaited.NEVER) {
            awaited = after(kind, frames, scan);
        }
    }

    private Awaited after(ReplyQueue.Kind kind, FrameReader frames, TextScan scan) {
        return switch (kind) {
            case QUERY -> begin(frames, scan, 0, Awaited.NOTHING);
            case PARSE -> isNulAt(frames, 0) ? begin(frames, scan, 1, Awaited.BIND) : Awaited.NEVER;
            case BIND ->
                awaited == Awaited.BIND && isNulAt(frames, 0) && isNulAt(frames, 1) ? Awaited.EXECUTE : Awaited.NEVER;
            case EXECUTE -> awaited == Awaited.EXECUTE && isNulAt(frames, 0) ? Awaited.SYNC : Awaited.NEVER;
            case SYNC -> awaited == Awaited.SYNC ? Awaited.NOTHING : Awaited.NEVER;
            case DESCRIBE_STATEMENT, DESCRIBE_PORTAL -> awaited;
            case CLOSE, FUNCTION_CALL, COPY_DATA, COPY_END -> Awaited.NEVER;
        };
    }

    private Awaited begin(FrameReader frames, TextScan scan, int offset, Awaited next) {
        if (awaited == Awaited.FIRST
                && frames.isComplete()
                && scan.areSetsKnown()
                && scan.names().size() == 1) {
            set = CertainSet.of(frames.buffer(), body(frames) + offset, endOfText(frames, body(frames) + offset));
            return set == null ? Awaited.NEVER : next;
        }
        return Awaited.NEVER;
    }

    /** Behind it a Parse has types of parameters. */
    private static int endOfText(FrameReader frames, int from) {
        int length = frames.buffer().bytesBefore(from, frames.end() - from, (byte) 0);
        return length < 0 ? frames.end() : from + length;
    }

    /** What was made, if the only command that has ended is a SET and no transaction is open; null: that is not certain. */
    @Nullable
    CertainSet made() {
        return awaited == Awaited.NOTHING ? set : null;
    }

    private static int body(FrameReader frames) {
        return frames.start() + FrameReader.HEADER_BYTES;
    }

    private static boolean isNulAt(FrameReader frames, int offset) {
        int at = body(frames) + offset;
        return at < frames.end() && frames.buffer().getByte(at) == 0;
    }
}
