package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.frontend.FrontendType;
import dev.spillway.core.session.prepared.Statement;
import dev.spillway.core.session.prepared.Step;
import org.jspecify.annotations.Nullable;

/** What a client's frame asks the server for, and the note the server takes of it. Stateless. */
final class Requests {
    private Requests() {}

    /** Null for a frame that is answered by nothing, ever: Flush. Borrows the current frame. */
    static ReplyQueue.@Nullable Kind kindOf(FrameReader frames) {
        return switch (frames.type()) {
            case FrontendType.QUERY -> ReplyQueue.Kind.QUERY;
            case FrontendType.PARSE -> ReplyQueue.Kind.PARSE;
            case FrontendType.BIND -> ReplyQueue.Kind.BIND;
            case FrontendType.EXECUTE -> ReplyQueue.Kind.EXECUTE;
            case FrontendType.DESCRIBE -> describeKind(frames);
            case FrontendType.CLOSE -> ReplyQueue.Kind.CLOSE;
            case FrontendType.SYNC -> ReplyQueue.Kind.SYNC;
            case FrontendType.FUNCTION_CALL -> ReplyQueue.Kind.FUNCTION_CALL;
            case FrontendType.COPY_DATA -> ReplyQueue.Kind.COPY_DATA;
            case FrontendType.COPY_DONE, FrontendType.COPY_FAIL -> ReplyQueue.Kind.COPY_END;
            default -> null;
        };
    }

    /**
     * The server notes that the client's next bytes, the current frame, ask for {@code kind}; false if they must not be sent. Borrows
     * the frame.
     */
    // hot: once per message of a client
    static boolean note(ServerSession server, ReplyQueue.Kind kind, FrameReader frames, @Nullable Step step) {
        boolean isTextKnown = server.session().onSent(kind, frames);
        ReplyQueue replies = server.replies();
        int before = replies.size();
        boolean isSent = replies.add(kind, ReplyQueue.Disposition.FORWARD, step);
        if (isTextKnown && replies.size() > before) {
            replies.entries().markLast();
        }
        return isSent;
    }

    /** The same of a message that names a statement which the server knows under our name: its text is known, and was looked through once. */
    static void noteUse(ServerSession server, ReplyQueue.Kind kind, FrameReader frames, Statement used, Step step) {
        if (kind == ReplyQueue.Kind.BIND) {
            server.session().onUse(used, frames);
        }
        server.replies().add(kind, ReplyQueue.Disposition.FORWARD, step);
    }

    /**
     * Does a frame that comes outside of a lease need a server, or inside of one begin a new statement or group? A Sync or
     * Flush has nothing to wait for, and COPY data whose COPY has failed is ignored by PostgreSQL too.
     */
    static boolean needsServer(byte type) {
        return switch (type) {
            case FrontendType.SYNC,
                    FrontendType.FLUSH,
                    FrontendType.COPY_DATA,
                    FrontendType.COPY_DONE,
                    FrontendType.COPY_FAIL -> false;
            default -> true;
        };
    }

    private static ReplyQueue.Kind describeKind(FrameReader frames) {
        int target = frames.start() + FrameReader.HEADER_BYTES;
        return target < frames.end() && frames.buffer().getByte(target) == 'S'
                ? ReplyQueue.Kind.DESCRIBE_STATEMENT
                : ReplyQueue.Kind.DESCRIBE_PORTAL;
    }
}
