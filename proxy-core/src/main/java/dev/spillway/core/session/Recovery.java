package dev.spillway.core.session;

import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import dev.spillway.core.session.prepared.Forgetting;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings a server without a holder into a state in which a client may have it: what runs is cancelled, what is owed
 * drained, the transaction rolled back, state that is suspected cleaned away, the session reset or the connection checked
 * where that is asked for.
 *
 * <p>Belongs to one {@link ServerSession}, which calls it on its event loop whenever the server owes nothing any more. It
 * runs from {@link #begin} or {@link #check} until it gives the server back. It never does so before every cancel
 * connection has ended and one more round trip is done: a cancel that is under way could otherwise hit the next client's
 * statement.
 */
final class Recovery {
    /** A cancel that comes before its statement has begun is lost; so much later it is sent again. */
    private static final long CANCEL_AGAIN_NANOS = 500_000_000;

    private final ServerSession server;
    private final CancelGuard cancels = new CancelGuard();
    private boolean isRunning;
    private long sinceNanos;
    private long cancelledNanos;
    private String lastQuery = "";
    private Snapshot kept = Snapshot.NEUTRAL;
    private boolean statementRuns;
    private boolean isCancelDue;
    private int asked;
    /** The last means; null: it was not needed yet. */
    private @Nullable Termination last;

    Recovery(ServerSession server) {
        this.server = server;
    }

    boolean isRunning() {
        return isRunning;
    }

    /**
     * Time has passed. A server that has not come back after half of {@code limitNanos}, for all cancels, is to be ended by PostgreSQL; one
     * that is not back after all of it is closed.
     */
    void tick(long nowNanos, long limitNanos) {
        if (isRunning
                && last == null
                && nowNanos - sinceNanos > limitNanos / 2
                && !server.replies().isEmpty()) {
            last = server.beginTermination();
        }
        if (isRunning && nowNanos - sinceNanos > limitNanos) {
            last = null; // it goes on: the process may still be there
            server.close("could not be brought back to a clean state in time");
        } else if (isRunning
                && !isAtWork()
                && !cancels.isInFlight()
                && server.replies().isLastGroup()
                && nowNanos - cancelledNanos > CANCEL_AGAIN_NANOS) {
            cancelledNanos = nowNanos;
            cancel();
        }
    }

    /** PgBouncer's name of the server's state. */
    String state() {
        return !isRunning ? "idle" : cancels.isInFlight() ? "being_canceled" : "tested";
    }

    /**
     * The holder has left: closes a server that nobody can have after it, and says whether it did. What an own server of a
     * holder's still does is cancelled, for it may not look at its socket for long; replication ends by itself.
     */
    boolean closesInstead(boolean isHoldersOwn) {
        ReplyQueue replies = server.replies();
        if (isHoldersOwn && !replies.isEmpty() && replies.isLastGroup() && !replies.isStreaming()) {
            cancel();
        }
        server.statements().left();
        boolean isOthersNoUse = isHoldersOwn || server.statements().hasUnkept();
        boolean closes = isOthersNoUse || isHopeless();
        if (closes) {
            server.close(isOthersNoUse ? "its client has left" : "its next reply is not certain");
        }
        return closes;
    }

    /**
     * The holder has left; {@code resetQuery} is the last to run, empty: none. Where the server is cleaned, {@code settings} are
     * in force afterwards: the holder may come back.
     */
    void begin(String resetQuery, Snapshot settings, long nowNanos) {
        Snapshot silent = settings.listening(Set.of());
        kept = silent.mayStay() ? silent : Snapshot.NEUTRAL;
        isRunning = true;
        sinceNanos = nowNanos;
        cancelledNanos = nowNanos;
        lastQuery = resetQuery;
        ReplyQueue replies = server.replies();
        if (replies.isReadingCopyData()) {
            endCopy();
        }
        endGroup();
        if (replies.isEmpty()) {
            onQuiet();
        } else if (!cancels.isInFlight() && !isAtWork()) {
            cancelLast();
        }
    }

    /** Is the server at work for us? That ends by itself. */
    private boolean isAtWork() {
        return statementRuns || server.session().ask().isRunning();
    }

    /**
     * Cancels what the server does, at once or when nothing is left behind it: a cancel that hit a BEGIN would let what follows
     * run, and commit, outside of the transaction that the client meant it for.
     */
    private void cancelLast() {
        isCancelDue = !server.replies().isLastGroup();
        if (!isCancelDue) {
            cancel();
        }
    }

    /** A ReadyForQuery has come. */
    void onReady() {
        if (isCancelDue && !server.replies().isEmpty()) {
            cancelLast();
        }
    }

    /** The server owes nothing, but nobody knows whether it is still there: runs {@code sql} on it. */
    void check(String sql, long nowNanos) {
        isRunning = true;
        sinceNanos = nowNanos;
        kept = Snapshot.NEUTRAL;
        lastQuery = sql;
        runLast();
    }

    /** The server is gone. */
    void stop() {
        isRunning = false;
        isCancelDue = false;
        endLastMeans();
    }

    /** True: the process has been told to end, so nobody can have it. */
    private boolean endLastMeans() {
        Termination begun = last;
        last = null;
        boolean wasSent = begun != null && begun.wasSent();
        if (begun != null && !wasSent) {
            begun.end();
        }
        return wasSent;
    }

    private void cancel() {
        send(() -> {});
    }

    /** A client asks for what the server does now to be cancelled; {@code ended} runs when that has ended. */
    void cancel(Runnable ended) {
        asked++;
        send(() -> {
            asked--;
            ended.run();
        });
    }

    private void send(Runnable ended) {
        cancels.began();
        server.sendCancel(isCertain -> {
            cancels.ended(isCertain);
            ended.run();
            onQuiet();
            server.wire().flush();
        });
    }

    /** Cancel connections that have not ended, whoever asked for them. */
    int cancels() {
        return cancels.inFlight();
    }

    /** Those of them that clients asked for. */
    int askedCancels() {
        return asked;
    }

    /** Could a cancel still hit whatever the server does next? */
    boolean isNeeded() {
        return cancels.mayHit();
    }

    /** Does nobody know whether a cancel will still come? The server must be closed then. */
    private boolean isHopeless() {
        return cancels.isUncertain();
    }

    /** A COPY was announced to {@code holder}, or after the client had left, in which case there will be no data. */
    void onCopyAnnounced(@Nullable LeaseHolder holder) {
        if (!isRunning) {
            if (holder != null) {
                holder.onCopyAnnounced();
            }
            return;
        }
        if (server.replies().isReadingCopyData()) {
            endCopy();
        }
        endGroup();
    }

    private void endCopy() {
        ByteBuf message = server.wire().allocator().buffer(64);
        FrontendMessages.copyFail(message, "client left");
        server.replies().add(ReplyQueue.Kind.COPY_END, ReplyQueue.Disposition.SKIP);
        server.wire().write(message);
    }

    /** Behind a COPY that may or may not swallow the client's Syncs nothing is certain before its outcome. */
    private void endGroup() {
        if (server.replies().hasSyncsInCopy()) {
            Prompts.flushGroup(server);
        } else if (server.replies().needsSync()) {
            sync();
        }
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

    /** The server owes nothing, or a cancel connection has ended: the next step, if it is time for one. */
    void onQuiet() {
        if (!isRunning || !server.replies().isEmpty() || cancels.isInFlight() || isAtWork()) {
            return;
        }
        if (isHopeless()) {
            server.close("its next reply is not certain");
        } else if (server.replies().needsSync()) {
            sync();
        } else if (server.isInTransaction()) {
            run("ROLLBACK");
        } else if (cancels.mayHit()) {
            run("");
        } else if (server.session().mustClean()) {
            clean();
        } else if (!lastQuery.isEmpty()) {
            runLast();
        } else if (endLastMeans()) {
            server.close("its process was told to end");
        } else {
            isRunning = false;
            isCancelDue = false;
            server.giveBack();
        }
    }

    /** A cancel may hit our statement instead of the client's: whatever its outcome, the server has had it by then. */
    private void run(String sql) {
        statementRuns = true;
        server.inject(sql, (error, status) -> {
            statementRuns = false;
            cancels.noteRoundTrip();
        });
    }

    private void clean() {
        Snapshot settings = kept;
        statementRuns = true;
        if (server.session().endsStatements()) {
            server.statements().onForgetSent();
        }
        server.inject(server.session().cleanSql(settings), (error, status) -> {
            statementRuns = false;
            onCleaned(settings, error, status);
        });
    }

    /** What cannot be put into force again does not stop the cleaning; what cannot be cleaned is closed. */
    private void onCleaned(Snapshot settings, @Nullable ErrorFields error, byte status) {
        kept = Snapshot.NEUTRAL;
        if (error == null && status == 'I') {
            server.session().onCleaned(settings);
        } else if (settings.equals(Snapshot.NEUTRAL)) {
            server.close("could not be cleaned: " + (error == null ? "it did not end" : error.message()));
        }
    }

    private void runLast() {
        statementRuns = true;
        if (Forgetting.isPossible(lastQuery)) {
            server.statements().onForgetSent();
        }
        server.inject(lastQuery, (error, status) -> {
            statementRuns = false;
            if (error != null) {
                server.close(lastQuery + " failed: " + error.message());
            } else {
                server.session().onLastQuery(lastQuery);
                lastQuery = "";
            }
        });
    }
}
