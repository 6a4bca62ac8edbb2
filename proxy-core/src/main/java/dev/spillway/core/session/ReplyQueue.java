package dev.spillway.core.session;

import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.BackendType;
import java.util.Arrays;

/**
 * What one server owes, in order: the only place that decides where a reply goes.
 *
 * <p>{@link ServerSession} adds an entry for every message it sends and asks for a {@link Verdict} on every message it
 * receives. An entry is <em>forwarded</em> (the client asked), <em>skipped</em> (we injected the message) or
 * <em>faked</em> (we never sent it; the {@link Fakes} port answers when its turn comes).
 *
 * <p>Rules, from {@code PostgresMain()} and {@code SocketBackend()} in {@code src/backend/tcop/postgres.c} and {@code
 * CopyGetData()} in {@code src/backend/commands/copyfromparse.c}:
 *
 * <ul>
 *   <li>After an ErrorResponse to an extended-protocol message the server discards everything up to the next Sync, a
 *       Query or FunctionCall too. An error at Sync itself (a deferred constraint), in a Query or in a FunctionCall
 *       discards nothing.
 *   <li>A server that reads COPY data swallows Flush and Sync, so Syncs sent between the COPY and its CopyDone or
 *       CopyFail get no ReadyForQuery. They leave the queue when the COPY is announced; later ones are not sent at all.
 *   <li>CopyData, CopyDone and CopyFail outside a COPY are ignored. They are kept as marks, without a reply, because a
 *       client may send them before the server has announced the COPY.
 *   <li>A fake whose turn comes in a failed transaction becomes 25P02 and, like any error, discards up to Sync, what is
 *       added later too. Close and Sync work in a failed transaction, so their fakes are answered.
 *   <li>An Execute that completes ends the failed state: only a COMMIT or ROLLBACK can ({@code
 *       exec_execute_message()}).
 * </ul>
 *
 * <p>hot: one byte per entry in a ring that grows by doubling and is bounded by the session ({@link
 * #MAX_PIPELINED}).
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
        COPY_DATA_MARK,
        COPY_END_MARK;

        static final Kind[] ALL = values();

        boolean isMark() {
            return this == COPY_DATA_MARK || this == COPY_END_MARK;
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

    private static final int DISPOSITION_SHIFT = 4;
    private static final int KIND_MASK = 0xf;
    private static final int INITIAL_CAPACITY = 16;

    private final Fakes fakes;
    private byte[] ring = new byte[INITIAL_CAPACITY];
    private int head;
    private int size;
    private boolean discardingToSync;
    private boolean refusingToSync;
    private boolean readingCopyData;
    private boolean streaming;
    private boolean groupOpen;
    private boolean failedTransaction;
    private boolean doubtful;

    ReplyQueue(Fakes fakes) {
        this.fakes = fakes;
    }

    // ---- what was sent -------------------------------------------------------------------------------------------

    /**
     * Adds what a message asks for.
     *
     * @return false if the message must not be sent: a Sync that the COPY in progress would swallow, or what follows a
     *     refused fake, which the client is to find discarded though the server has seen no error
     */
    boolean add(Kind kind, Disposition disposition) {
        if (discardingToSync) {
            return addWhileDiscarding(kind, disposition);
        }
        if (refusingToSync) {
            if (kind != Kind.SYNC && disposition != Disposition.SKIP) {
                return false;
            }
            refusingToSync = kind != Kind.SYNC;
        }
        if (readingCopyData) {
            if (kind == Kind.SYNC) {
                return false;
            }
            if (kind.isMark()) {
                readingCopyData = kind != Kind.COPY_END_MARK;
                return true;
            }
        }
        if (kind.isMark() && (size == 0 || (kind == Kind.COPY_DATA_MARK && kindAt(size - 1) == kind))) {
            return true;
        }
        groupOpen = kind.isMark() ? groupOpen : !kind.endsWithReady();
        push(kind, disposition);
        pump();
        return true;
    }

    private boolean addWhileDiscarding(Kind kind, Disposition disposition) {
        if (kind == Kind.SYNC) {
            discardingToSync = false;
            groupOpen = false;
            push(kind, disposition);
        }
        return true;
    }

    // ---- what came back ------------------------------------------------------------------------------------------

    /** Decides about any message but ErrorResponse, ReadyForQuery and the asynchronous ones. */
    Verdict onReply(byte type) {
        if (size == 0) {
            return Verdict.VIOLATION;
        }
        Kind kind = kindAt(0);
        if (!isExpected(kind, type)) {
            return Verdict.VIOLATION;
        }
        Verdict verdict = verdictOfHead();
        if (type == BackendType.COPY_IN_RESPONSE || type == BackendType.COPY_BOTH_RESPONSE) {
            copyBegins();
            streaming = type == BackendType.COPY_BOTH_RESPONSE;
        } else if (completes(kind, type)) {
            failedTransaction &= type != BackendType.COMMAND_COMPLETE;
            pop();
        }
        return verdict;
    }

    private static boolean isExpected(Kind kind, byte type) {
        return switch (kind) {
            case QUERY ->
                switch (type) {
                    case BackendType.PARSE_COMPLETE,
                            BackendType.BIND_COMPLETE,
                            BackendType.CLOSE_COMPLETE,
                            BackendType.NO_DATA,
                            BackendType.PARAMETER_DESCRIPTION,
                            BackendType.PORTAL_SUSPENDED,
                            BackendType.FUNCTION_CALL_RESPONSE -> false;
                    default -> true;
                };
            case FUNCTION_CALL -> type == BackendType.FUNCTION_CALL_RESPONSE;
            case PARSE -> type == BackendType.PARSE_COMPLETE;
            case BIND -> type == BackendType.BIND_COMPLETE;
            case CLOSE -> type == BackendType.CLOSE_COMPLETE;
            case DESCRIBE_STATEMENT ->
                type == BackendType.PARAMETER_DESCRIPTION
                        || type == BackendType.ROW_DESCRIPTION
                        || type == BackendType.NO_DATA;
            case DESCRIBE_PORTAL -> type == BackendType.ROW_DESCRIPTION || type == BackendType.NO_DATA;
            case EXECUTE ->
                switch (type) {
                    case BackendType.DATA_ROW,
                            BackendType.COMMAND_COMPLETE,
                            BackendType.PORTAL_SUSPENDED,
                            BackendType.EMPTY_QUERY_RESPONSE,
                            BackendType.COPY_IN_RESPONSE,
                            BackendType.COPY_OUT_RESPONSE,
                            BackendType.COPY_BOTH_RESPONSE,
                            BackendType.COPY_DATA,
                            BackendType.COPY_DONE -> true;
                    default -> false;
                };
            case SYNC, COPY_DATA_MARK, COPY_END_MARK -> false;
        };
    }

    private static boolean completes(Kind kind, byte type) {
        return switch (kind) {
            case PARSE, BIND, CLOSE, DESCRIBE_PORTAL -> true;
            case DESCRIBE_STATEMENT -> type != BackendType.PARAMETER_DESCRIPTION;
            case EXECUTE ->
                type == BackendType.COMMAND_COMPLETE
                        || type == BackendType.PORTAL_SUSPENDED
                        || type == BackendType.EMPTY_QUERY_RESPONSE;
            case QUERY, FUNCTION_CALL, SYNC, COPY_DATA_MARK, COPY_END_MARK -> false;
        };
    }

    /**
     * The server reads COPY data now: what was sent behind the COPY's message up to its end belongs to the COPY, and
     * Syncs among it are swallowed. Only where one was sent between rows can an error decide whether the server ever
     * read it, so such a server is {@linkplain #isDoubtful() doubtful}.
     */
    private void copyBegins() {
        int behind = 1;
        boolean dataSeen = false;
        while (behind < size) {
            Kind kind = kindAt(behind);
            if (kind == Kind.COPY_END_MARK) {
                removeAt(behind);
                reopenGroup();
                return;
            }
            if (kind == Kind.COPY_DATA_MARK) {
                dataSeen = true;
                removeAt(behind);
            } else if (kind == Kind.SYNC) {
                doubtful |= dataSeen;
                removeAt(behind);
            } else {
                behind++;
            }
        }
        readingCopyData = true;
        reopenGroup();
    }

    /** The Sync that would have closed the COPY's group may be gone. */
    private void reopenGroup() {
        if (kindAt(0) != Kind.EXECUTE) {
            return;
        }
        for (int i = 1; i < size; i++) {
            if (kindAt(i).endsWithReady()) {
                return;
            }
        }
        groupOpen = true;
    }

    /** Decides about an ErrorResponse and forgets what the server will now discard. */
    Verdict onError() {
        readingCopyData = false;
        streaming = false;
        if (size == 0) {
            return Verdict.FORWARD;
        }
        Verdict verdict = verdictOfHead();
        if (!kindAt(0).endsWithReady()) {
            discardToSync();
        }
        return verdict;
    }

    private void discardToSync() {
        while (size > 0 && kindAt(0) != Kind.SYNC) {
            pop();
        }
        discardingToSync = size == 0;
    }

    /** Decides about a ReadyForQuery; {@code status} is its transaction status byte. */
    Verdict onReadyForQuery(byte status) {
        if (size == 0 || !kindAt(0).endsWithReady()) {
            return Verdict.VIOLATION;
        }
        failedTransaction = status == 'E';
        readingCopyData = false;
        streaming = false;
        Verdict verdict = verdictOfHead();
        pop();
        return verdict;
    }

    private Verdict verdictOfHead() {
        return dispositionAt(0) == Disposition.FORWARD ? Verdict.FORWARD : Verdict.DROP;
    }

    /** Would a notice that comes now be the client's? One that an injected statement raised is not. */
    boolean isHeadForwarded() {
        return size == 0 || dispositionAt(0) != Disposition.SKIP;
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

    // ---- fakes and marks at the head ------------------------------------------------------------------------------

    /**
     * Answers fakes and drops marks whose turn has come. Must follow every message from the server, once that has been
     * passed on or dropped: not before, or an answer would overtake the reply in front of it.
     */
    void pump() {
        while (size > 0) {
            Kind kind = kindAt(0);
            if (kind.isMark()) {
                pop();
            } else if (dispositionAt(0) == Disposition.FAKE) {
                pop();
                answerFake(kind);
            } else {
                return;
            }
        }
    }

    private void answerFake(Kind kind) {
        if (!failedTransaction || kind == Kind.CLOSE || kind == Kind.SYNC) {
            fakes.answer(kind);
            return;
        }
        if (!kind.endsWithReady()) {
            skipToSync();
        }
        fakes.refuse();
    }

    private void skipToSync() {
        // The server has not seen an error: it will answer what was sent, and nobody may see those answers.
        int i = 0;
        while (i < size && kindAt(i) != Kind.SYNC) {
            if (dispositionAt(i) == Disposition.FAKE) {
                removeAt(i);
            } else {
                set(i, kindAt(i), Disposition.SKIP);
                i++;
            }
        }
        refusingToSync = i == size;
    }

    // ---- the client has gone --------------------------------------------------------------------------------------

    /** Nobody waits for the replies any more: what was to be forwarded is skipped, what was to be faked forgotten. */
    void abandon() {
        int i = 0;
        while (i < size) {
            if (dispositionAt(i) == Disposition.FAKE) {
                removeAt(i);
            } else {
                set(i, kindAt(i), Disposition.SKIP);
                i++;
            }
        }
        pump();
    }

    // ---- questions ------------------------------------------------------------------------------------------------

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
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

    /** Could the server still send a ReadyForQuery that no entry stands for? It must not serve another client then. */
    boolean isDoubtful() {
        return doubtful;
    }

    // ---- the ring -------------------------------------------------------------------------------------------------

    private void push(Kind kind, Disposition disposition) {
        if (size == ring.length) {
            byte[] larger = new byte[size * 2];
            for (int i = 0; i < size; i++) {
                larger[i] = ring[index(i)];
            }
            ring = larger;
            head = 0;
        }
        size++;
        set(size - 1, kind, disposition);
    }

    private void pop() {
        head = (head + 1) & (ring.length - 1);
        size--;
        if (size == 0 && ring.length > INITIAL_CAPACITY * 16) {
            ring = new byte[INITIAL_CAPACITY];
            head = 0;
        }
    }

    private void removeAt(int position) {
        for (int i = position; i < size - 1; i++) {
            ring[index(i)] = ring[index(i + 1)];
        }
        size--;
    }

    @SuppressWarnings("EnumOrdinal") // the ordinals never leave this object
    private void set(int position, Kind kind, Disposition disposition) {
        ring[index(position)] = (byte) (disposition.ordinal() << DISPOSITION_SHIFT | kind.ordinal());
    }

    private Kind kindAt(int position) {
        return Kind.ALL[ring[index(position)] & KIND_MASK];
    }

    private Disposition dispositionAt(int position) {
        return Disposition.ALL[ring[index(position)] >> DISPOSITION_SHIFT];
    }

    private int index(int position) {
        return (head + position) & (ring.length - 1);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("ReplyQueue");
        for (int i = 0; i < size; i++) {
            text.append(' ').append(dispositionAt(i)).append(':').append(kindAt(i));
        }
        return Arrays.asList(discardingToSync, readingCopyData, groupOpen) + text.toString();
    }
}
