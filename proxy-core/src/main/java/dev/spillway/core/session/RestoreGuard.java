package dev.spillway.core.session;

import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.frontend.FrontendType;
import dev.spillway.core.session.state.StatementStart;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A client's restore while it runs: may a message be sent though the restore before it might still fail? In the failed transaction that a failed restore
 * leaves behind nothing runs but what ends it, so what might end it has to wait. While its server is asked what state it has left there, nothing may be sent.
 *
 * <p>One per client; {@link #begin} at each link.
 */
final class RestoreGuard {
    private boolean isRestoring;
    private boolean isAsking;
    private boolean isRefusing;
    private @Nullable Runnable cancelEnded;

    /** Was the unnamed statement parsed since the link, from a text that cannot end a transaction? */
    private boolean isUnnamedKnown;

    void begin() {
        isRestoring = true;
        isUnnamedKnown = false;
    }

    boolean isRestoring() {
        return isRestoring;
    }

    /** The restore has failed, and another goes on without what has failed: nothing is sent until {@link #end}. */
    void beginRefusal() {
        isRefusing = true;
    }

    /** The server is being asked from now on until {@link #endAsk}. */
    void beginAsk() {
        isAsking = true;
    }

    void endAsk() {
        isAsking = false;
    }

    boolean isAsking() {
        return isAsking;
    }

    /** Does the server work for us? */
    boolean isBusy() {
        return isRestoring || isAsking;
    }

    /** Cancels what {@code linked} does for the client, now or behind the restore; false if it does nothing for it. */
    boolean cancels(ServerSession linked, Runnable ended) {
        boolean isAtWork = isRestoring || (!isAsking && linked.pipelined() > 0);
        if (isRestoring) {
            cancelLater(ended);
        } else if (isAtWork) {
            linked.cancel(ended);
        }
        return isAtWork;
    }

    /** A cancel has come for what is sent behind the restore; it would hit the restore instead. Runs {@code ended} later, once. */
    private void cancelLater(Runnable ended) {
        Runnable before = cancelEnded;
        cancelEnded = ended;
        if (before != null) {
            before.run();
        }
    }

    boolean isCancelWaiting() {
        return cancelEnded != null;
    }

    /** The settings are in force on {@code server}, which gets the cancel that has come meanwhile; null: it is all over. */
    void end(@Nullable ServerSession server) {
        Runnable ended = cancelEnded;
        isRestoring = false;
        isRefusing = false;
        cancelEnded = null;
        if (ended != null && server != null) {
            server.cancel(ended);
        } else if (ended != null) {
            ended.run();
        }
    }

    /** Borrows the current frame. What runs a portal is safe if all is that was bound. */
    boolean mustWait(FrameReader frames, StatementInput statements) {
        return isBusy() && (isAsking || isRefusing || !isSafe(frames, statements));
    }

    private boolean isSafe(FrameReader frames, StatementInput statements) {
        ByteBuf buffer = frames.buffer();
        int body = frames.start() + FrameReader.HEADER_BYTES;
        return switch (frames.type()) {
            case FrontendType.QUERY -> StatementStart.cannotEndTransaction(buffer, body, frames.end());
            case FrontendType.PARSE -> {
                noteParse(buffer, body, frames.end());
                yield true; // it runs nothing
            }
            case FrontendType.BIND -> statements.isOfUnnamed(frames) ? isUnnamedKnown : statements.isNoExit(frames);
            default -> true;
        };
    }

    private void noteParse(ByteBuf buffer, int body, int end) {
        if (body < end && buffer.getByte(body) == 0) {
            isUnnamedKnown = StatementStart.cannotEndTransaction(buffer, body + 1, end);
        }
    }
}
