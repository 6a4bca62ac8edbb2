package dev.spillway.core.session;

import dev.spillway.core.protocol.frontend.FrontendMessages;
import io.netty.buffer.ByteBuf;

/**
 * Brings a server that its client has left back to a state in which another may have it: what runs is cancelled, what is
 * owed drained, the transaction rolled back, the session reset where that is asked for.
 *
 * <p>Belongs to one {@link ServerSession}, which calls it on its event loop whenever the server owes nothing any more or
 * a cancel connection has ended. It never gives the server back before every cancel connection has ended and one more
 * round trip is done: a cancel that is under way could otherwise hit the next client's statement.
 */
final class Recovery {
    private final ServerSession server;
    private final long sinceNanos;
    private String resetQuery;
    private boolean statementRuns;

    Recovery(ServerSession server, String resetQuery, long sinceNanos) {
        this.server = server;
        this.resetQuery = resetQuery;
        this.sinceNanos = sinceNanos;
    }

    long sinceNanos() {
        return sinceNanos;
    }

    /** PgBouncer's name of it. */
    String state() {
        return server.cancels().isInFlight() ? "being_canceled" : "tested";
    }

    void begin() {
        ReplyQueue replies = server.replies();
        if (replies.isReadingCopyData()) {
            endCopy();
        }
        if (replies.needsSync()) {
            sync();
        }
        if (replies.isEmpty()) {
            onQuietOrCancelEnded();
        } else if (!server.cancels().isInFlight()) {
            server.cancel();
        }
    }

    /** A COPY FROM STDIN, for which there will be no data, was announced after the client had left. */
    void onCopyAnnounced() {
        if (server.replies().isReadingCopyData()) {
            endCopy();
        }
        if (server.replies().needsSync()) {
            sync();
        }
    }

    private void endCopy() {
        ByteBuf message = server.wire().allocator().buffer(64);
        FrontendMessages.copyFail(message, "client left");
        server.replies().add(ReplyQueue.Kind.COPY_END_MARK, ReplyQueue.Disposition.SKIP);
        server.wire().write(message);
    }

    /** A bare Sync would commit what the client had begun and never asked to commit. */
    private void sync() {
        ByteBuf message = server.wire().allocator().buffer(64);
        FrontendMessages.rollbackAndSync(message);
        ReplyQueue replies = server.replies();
        replies.add(ReplyQueue.Kind.PARSE, ReplyQueue.Disposition.SKIP);
        replies.add(ReplyQueue.Kind.BIND, ReplyQueue.Disposition.SKIP);
        replies.add(ReplyQueue.Kind.EXECUTE, ReplyQueue.Disposition.SKIP);
        replies.add(ReplyQueue.Kind.SYNC, ReplyQueue.Disposition.SKIP);
        server.wire().write(message);
    }

    void onQuietOrCancelEnded() {
        if (!server.replies().isEmpty() || server.cancels().isInFlight() || statementRuns) {
            return;
        }
        if (server.cancels().isUncertain() || server.replies().isDoubtful()) {
            server.close("its next reply is not certain");
        } else if (server.status() != 'I') {
            run("ROLLBACK");
        } else if (server.cancels().mayHit()) {
            run("");
        } else if (!resetQuery.isEmpty()) {
            reset();
        } else {
            server.giveBack();
        }
    }

    /** A cancel may hit our statement instead of the client's: whatever its outcome, the server has had it by then. */
    private void run(String sql) {
        statementRuns = true;
        server.inject(sql, (error, status) -> {
            statementRuns = false;
            server.cancels().noteRoundTrip();
        });
    }

    private void reset() {
        statementRuns = true;
        server.inject(resetQuery, (error, status) -> {
            statementRuns = false;
            if (error != null) {
                server.close("server_reset_query failed: " + error.message());
            } else {
                resetQuery = "";
                server.noteNeutral();
            }
        });
    }
}
