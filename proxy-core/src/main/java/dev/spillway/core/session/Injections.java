package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The statements of ours that a server has been sent and has not ended yet, in the order of sending. One per server
 * session, which reports every skipped ErrorResponse and ReadyForQuery to it.
 */
final class Injections {
    /** Hears of the end of a statement. */
    @FunctionalInterface
    interface End {
        /** {@code error} is null if it succeeded. {@code status} is the transaction status after it. */
        void ended(@Nullable ErrorFields error, byte status);
    }

    private final ArrayDeque<End> pending = new ArrayDeque<>(1);
    private @Nullable ErrorFields error;

    /**
     * Sends a statement of ours to {@code server}, whose injections these are; {@code end} may send the next. What is owed before to
     * a client that was abandoned is nobody's.
     */
    void send(ServerSession server, String sql, End end) {
        for (int nobodys = server.replies().entries().skippedGroups() - pending.size(); nobodys > 0; nobodys--) {
            pending.add((error, status) -> {});
        }
        pending.add(end);
        ByteBuf message = server.wire().allocator().buffer(sql.length() + 16);
        FrontendMessages.query(message, sql);
        server.replies().add(ReplyQueue.Kind.QUERY, ReplyQueue.Disposition.SKIP);
        server.wire().write(message);
    }

    /** Is the server at work for us? What it owes to others is behind that. */
    boolean isAny() {
        return !pending.isEmpty();
    }

    void onError(ErrorFields newest) {
        error = newest;
    }

    /** A ReadyForQuery that is nobody else's; the replies abandoned by a client have one too, and no statement. */
    void onReady(byte status) {
        ErrorFields failure = error;
        error = null;
        End end = pending.poll();
        if (end != null) {
            end.ended(failure, status);
        }
    }
}
