package dev.spillway.core.session;

import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.session.prepared.Step;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What one server owes, in order: the only place that decides where a reply goes.
 *
 * <p>{@link ServerSession} adds an entry for every message it sends and asks for a {@link Verdict} on every message it
 * receives. An entry is <em>forwarded</em> (the client asked), <em>skipped</em> (we injected the message), <em>ahead</em> of what the
 * client asked (we injected it, and its error is the client's) or <em>faked</em> (we never sent it; the {@link Fakes} port answers
 * when its turn comes). An entry may have a {@link Step}, which hears whether the message was answered or dropped.
 *
 * <p>Rules, from {@code PostgresMain()} and {@code SocketBackend()} in {@code src/backend/tcop/postgres.c} and {@code
 * CopyGetData()} in {@code src/backend/commands/copyfromparse.c}:
 *
 * <ul>
 *   <li>After an ErrorResponse to an extended-protocol message the server discards everything up to the next Sync, a
 *       Query or FunctionCall too. An error at Sync itself (a deferred constraint), in a Query or in a FunctionCall
 *       discards nothing.
 *   <li>A server that reads COPY data swallows Flush and Sync, but a COPY may fail before it has read all that was sent:
 *       then the Syncs behind are answered. So Syncs sent into a COPY have no entry but are counted. If the COPY completes,
 *       all were swallowed; if it fails, a {@linkplain #addProbe() probe} tells how many were not. Each of
 *       those is answered by a ReadyForQuery alone: what it would commit has failed with the COPY, and one that PostgreSQL
 *       refuses, because it has a body, does not get here.
 *   <li>CopyData, CopyDone and CopyFail outside a COPY are ignored. Nobody knows where they will be read as long as a COPY
 *       may still be announced, so until then they {@linkplain #mustWait must wait}.
 *   <li>A fake whose turn comes in a failed transaction becomes 25P02 and, like any error, discards up to Sync, what is
 *       added later too. Close and Sync work in a failed transaction, so their fakes are answered.
 *   <li>An Execute that completes ends the failed state: only a COMMIT or ROLLBACK can ({@code
 *       exec_execute_message()}).
 * </ul>
 *
 * <p>hot: see {@link ReplyRing}, which the session bounds ({@link #MAX_PIPELINED}).
 */
final class ReplyQueue {
    /** What a message asks the server for. */
    enum Kind {
        QUERY,
        FUNCTION_CALL,
        SYNC,
        PARSE,
        BIND,
        DESCRIBE_STATEMENT,
        DESCRIBE_PORTAL,
        EXECUTE,
        CLOSE,
        COPY_DATA,
        COPY_END;

        static final Kind[] ALL = values();

        /** Is it a part of the data of a COPY, or its end? It has no reply, and no entry. */
        boolean belongsToCopy() {
            return this == COPY_DATA || this == COPY_END;
        }

        /** Is it answered by ReadyForQuery, so that an error in it discards nothing? */
        boolean endsWithReady() {
            return this == QUERY || this == FUNCTION_CALL || this == SYNC;
        }
    }

    /** Who gets the reply. */
    enum Disposition {
        FORWARD,
        SKIP,
        AHEAD,
        FAKE;

        static final Disposition[] ALL = values();
    }

    /** What to do with a message from the server. */
    enum Verdict {
        FORWARD,
        DROP,
        VIOLATION
    }

    /** Answers in the place of the server. Called in the order of the queue. */
    interface Fakes {
        /** The reply of a message that was never sent. */
        void answer(Kind kind);

        /** 25P02, since the transaction has failed. */
        void refuse();
    }

    /** Replies a server may owe one client before the client is no longer read. */
    static final int MAX_PIPELINED = 8192;

    private final Fakes fakes;
    private final ReplyRing ring = new ReplyRing();
    private boolean discardingToSync;
    private boolean refusingToSync;
    private boolean readingCopyData;
    private boolean streaming;
    private boolean groupOpen;
    private boolean failedTransaction;
    private boolean hasSettingsToCome;
    /** Syncs that the COPY in progress swallows, if it gets so far. */
    private int copySyncs;

    private boolean mustProbe;
    private boolean isProbing;
    private boolean refusesAfterProbe;

    ReplyQueue(Fakes fakes) {
        this.fakes = fakes;
    }

    // ---- what was sent -------------------------------------------------------------------------------------------

    /**
     * Must the client keep its next message back, which asks for {@code kind}, until what is owed is answered or a COPY is
     * announced? What it sends into or behind a COPY would otherwise be read nobody knows where.
     */
    boolean mustWait(@Nullable Kind kind) {
        if (isProbing) {
            return true;
        }
        if (kind == null || ring.size() == 0 || readingCopyData) {
            return false;
        }
        return kind.belongsToCopy() || (copySyncs > 0 && kind != Kind.SYNC);
    }

    /**
     * Adds what a message asks for.
     *
     * @return false if the message must not be sent: what follows a refused fake or a failed COPY, which the client is to
     *     find discarded though the server does not discard it
     */
    boolean add(Kind kind, Disposition disposition) {
        return add(kind, disposition, null);
    }

    /** The same for a message that has a step, which is not added {@linkplain #isDiscarding while messages are discarded}. */
    boolean add(Kind kind, Disposition disposition, @Nullable Step step) {
        if (discardingToSync) {
            return addWhileDiscarding(kind, disposition);
        }
        if (refusingToSync) {
            if (kind != Kind.SYNC && disposition != Disposition.SKIP) {
                return false;
            }
            refusingToSync = kind != Kind.SYNC;
        }
        if (kind.belongsToCopy()) {
            readingCopyData &= kind != Kind.COPY_END;
            return true;
        }
        if (readingCopyData && kind == Kind.SYNC) {
            copySyncs++;
            return true;
        }
        groupOpen = !kind.endsWithReady();
        ring.push(kind, disposition, step);
        pump();
        return true;
    }

    private boolean addWhileDiscarding(Kind kind, Disposition disposition) {
        if (kind == Kind.SYNC) {
            discardingToSync = false;
            refusingToSync = false;
            groupOpen = false;
            ring.push(kind, disposition, null);
        }
        return true;
    }

    // ---- what came back ------------------------------------------------------------------------------------------

    /** Decides about any message but ErrorResponse, ReadyForQuery and the asynchronous ones. */
    Verdict onReply(byte type) {
        if (ring.size() == 0) {
            return Verdict.VIOLATION;
        }
        Kind kind = ring.kindAt(0);
        if (!ReplyTypes.isExpected(kind, type)) {
            return Verdict.VIOLATION;
        }
        Verdict verdict = verdictOfHead();
        if (type == BackendType.COPY_IN_RESPONSE || type == BackendType.COPY_BOTH_RESPONSE) {
            copyBegins();
            streaming = type == BackendType.COPY_BOTH_RESPONSE;
            return verdict;
        }
        if (isProbeAtHead()) {
            endProbe();
        } else if (type == BackendType.COMMAND_COMPLETE) {
            copySyncs = 0;
        }
        if (ReplyTypes.completes(kind, type)) {
            failedTransaction &= type != BackendType.COMMAND_COMPLETE;
            popAnswered();
        }
        return verdict;
    }

    /** The server reads COPY data now, into which the Syncs behind the COPY's message were sent. */
    private void copyBegins() {
        copySyncs = 0;
        while (ring.size() > 1 && ring.kindAt(1) == Kind.SYNC) {
            ring.removeAt(1);
            copySyncs++;
        }
        readingCopyData = true;
        groupOpen |= ring.size() == 1 && ring.kindAt(0) == Kind.EXECUTE;
    }

    /** Decides about an ErrorResponse and forgets what the server will now discard. */
    Verdict onError() {
        readingCopyData = false;
        streaming = false;
        if (ring.size() == 0) {
            return Verdict.FORWARD;
        }
        Verdict verdict = isErrorForwarded() ? Verdict.FORWARD : Verdict.DROP;
        if (isProbeAtHead()) {
            endProbe();
        } else {
            mustProbe = copySyncs > 0 && !isProbing;
            refusesAfterProbe = mustProbe && verdict == Verdict.FORWARD;
        }
        if (!ring.kindAt(0).endsWithReady()) {
            discardToSync();
        }
        return verdict;
    }

    private void discardToSync() {
        int dropped = ring.beforeSync();
        ring.dropSteps(1, dropped);
        Step failed = ring.takeStep(0);
        if (failed != null) {
            failed.failed();
        }
        for (int i = 0; i < dropped; i++) {
            ring.pop();
        }
        discardingToSync = ring.size() == 0;
    }

    /** No answer will come. */
    void dropSteps() {
        ring.dropSteps(0, ring.size());
    }

    private static void drop(@Nullable Step step) {
        if (step != null) {
            step.dropped();
        }
    }

    private void popAnswered() {
        Step step = ring.pop();
        if (step != null) {
            step.answered();
        }
    }

    /** Decides about a ReadyForQuery; {@code status} is its transaction status byte. */
    Verdict onReadyForQuery(byte status) {
        if (ring.size() == 0 || !ring.kindAt(0).endsWithReady()) {
            return Verdict.VIOLATION;
        }
        failedTransaction = status == 'E';
        hasSettingsToCome = false;
        readingCopyData = false;
        streaming = false;
        if (isProbeAtHead()) {
            return onUnreadSync();
        }
        Verdict verdict = verdictOfHead();
        popAnswered();
        return verdict;
    }

    // ---- Syncs in a COPY that has failed --------------------------------------------------------------------------

    /** Has a COPY failed that may or may not have read the Syncs in it, so that the server has to be sent a probe? */
    boolean mustProbe() {
        return mustProbe;
    }

    /**
     * Adds the entries of a probe, an empty Query. The Syncs that the COPY has not read are those answered before it. If the
     * server may be discarding up to one of them, a Sync of our own goes before the Query; if that was the only one, it is for
     * us to discard what the client sends up to its next.
     *
     * @return whether the probe begins with a Sync
     */
    boolean addProbe() {
        mustProbe = false;
        isProbing = true;
        boolean needsSync = discardingToSync;
        refusesAfterProbe &= needsSync;
        if (needsSync) {
            discardingToSync = false;
            groupOpen = false;
            ring.push(Kind.SYNC, Disposition.SKIP, null);
        }
        ring.push(Kind.QUERY, Disposition.SKIP, null);
        return needsSync;
    }

    /** Is the next to be answered the probe's Query? Behind it is nothing: the client waits for it. */
    private boolean isProbeAtHead() {
        return isProbing && ring.size() == 1;
    }

    private Verdict onUnreadSync() {
        if (copySyncs == 0) {
            return Verdict.VIOLATION;
        }
        copySyncs--;
        refusesAfterProbe = false;
        return Verdict.FORWARD;
    }

    private void endProbe() {
        isProbing = false;
        copySyncs = 0;
        refusingToSync = refusesAfterProbe;
        refusesAfterProbe = false;
    }

    // ---- verdicts -------------------------------------------------------------------------------------------------

    private Verdict verdictOfHead() {
        return ring.dispositionAt(0) == Disposition.FORWARD ? Verdict.FORWARD : Verdict.DROP;
    }

    private boolean isErrorForwarded() {
        Disposition disposition = ring.dispositionAt(0);
        return disposition == Disposition.FORWARD || disposition == Disposition.AHEAD;
    }

    /** Would a notice that comes now be the client's? One that an injected statement raised is not. */
    boolean isHeadForwarded() {
        return ring.size() == 0 || isProbing || ring.dispositionAt(0) != Disposition.SKIP;
    }

    /**
     * Is a message of that verdict for the holder?
     *
     * @throws ProtocolViolation if it is for nobody
     */
    boolean isForwarded(Verdict verdict, byte type) {
        return switch (verdict) {
            case FORWARD -> true;
            case DROP -> false;
            case VIOLATION ->
                throw new ProtocolViolation("unexpected message type '" + (char) type + "' while " + this);
        };
    }

    // ---- fakes at the head ----------------------------------------------------------------------------------------

    /**
     * Answers fakes whose turn has come. Must follow every message from the server, once that has been
     * passed on or dropped: not before, or an answer would overtake the reply in front of it.
     */
    void pump() {
        while (ring.size() > 0 && ring.dispositionAt(0) == Disposition.FAKE) {
            answerFake(ring.kindAt(0));
        }
    }

    private void answerFake(Kind kind) {
        if (!failedTransaction || kind == Kind.CLOSE || kind == Kind.SYNC) {
            popAnswered();
            fakes.answer(kind);
            return;
        }
        drop(ring.pop());
        if (!kind.endsWithReady()) {
            skipToSync();
        }
        fakes.refuse();
    }

    private void skipToSync() {
        // The server has not seen an error: it will answer what was sent, and nobody may see those answers.
        int i = 0;
        while (i < ring.size() && ring.kindAt(i) != Kind.SYNC) {
            i += skipAt(i);
        }
        refusingToSync = i == ring.size();
    }

    /** Nobody is to see that reply; returns how many entries are left of it, one or none. */
    private int skipAt(int position) {
        if (ring.dispositionAt(position) == Disposition.FAKE) {
            drop(ring.removeAt(position));
            return 0;
        }
        ring.skip(position);
        return 1;
    }

    // ---- the client has gone --------------------------------------------------------------------------------------

    /** Nobody waits for the replies any more: what was to be forwarded is skipped, what was to be faked forgotten. */
    void abandon() {
        refusesAfterProbe = false;
        int i = 0;
        while (i < ring.size()) {
            i += skipAt(i);
        }
        pump();
    }

    // ---- questions ------------------------------------------------------------------------------------------------

    boolean isEmpty() {
        return ring.size() == 0;
    }

    int size() {
        return ring.size();
    }

    /** What is not answered yet, to be asked about. */
    ReplyRing entries() {
        return ring;
    }

    /** The step of what is answered next; null if it has none. */
    @Nullable
    Step headStep() {
        return ring.size() == 0 ? null : ring.stepAt(0);
    }

    /** Will what is sent now be discarded, up to a Sync? */
    boolean isDiscarding() {
        return discardingToSync || refusingToSync;
    }

    /** Can the transaction be in a failed state when a message that is sent now is read, not being discarded? */
    boolean mayBeFailed() {
        return failedTransaction || ring.groupsIn(ring.size()) > 0;
    }

    /** A statement has ended that may have changed settings; what it has changed is reported with ReadyForQuery. */
    void noteSettings() {
        hasSettingsToCome = true;
    }

    /** May settings have changed that are not reported yet? */
    boolean hasSettingsToCome() {
        return hasSettingsToCome;
    }

    /** Is all that is owed answered by one ReadyForQuery, so that an error now leaves nothing that is run after it? */
    boolean isLastGroup() {
        return ring.groupsIn(ring.size() - 1) == 0;
    }

    /** Must a Sync be sent before the server says ReadyForQuery again? */
    boolean needsSync() {
        return groupOpen || discardingToSync || refusingToSync;
    }

    boolean isReadingCopyData() {
        return readingCopyData;
    }

    /** Does replication run, which ends when one of both sides wants it to and loses nothing by that? */
    boolean isStreaming() {
        return streaming;
    }

    /** Were Syncs sent into a COPY that has neither completed nor failed? */
    boolean hasSyncsInCopy() {
        return copySyncs > 0;
    }

    @Override
    public String toString() {
        return Arrays.asList(discardingToSync, readingCopyData, groupOpen) + ring.toString();
    }
}
