package dev.spillway.core.session;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.PooledServer;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.FrameRules;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import dev.spillway.core.session.prepared.ServerStatements;
import dev.spillway.core.session.prepared.Step;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A logged-in server connection.
 *
 * <p>The transport calls its {@link Phase} verbs, its holder the others, all on the lane's event loop. It is idle in its
 * pool, linked to a {@link LeaseHolder}, or abandoned: without a holder but not clean yet, in the hands of its {@link
 * Recovery}. Replies are forwarded as slices of what was read; nothing of a reply is kept. It never decides where a reply goes
 * (its {@link ReplyQueue} does) and never goes back to its pool while it owes anything, is inside a transaction, or may still be
 * hit by a cancel.
 */
public final class ServerSession implements Phase, PooledServer {
    private static final byte IDLE = 'I';

    private final Wire wire;
    private SessionPorts ports;
    private ServerPool home;
    private final ServerGreeting greeting;
    private final FrameReader frames;
    private final ReplyQueue replies;
    private final Run run = new Run(this::deliver);
    private final long openedAtNanos;
    private long idleSinceNanos;
    private byte status = IDLE;
    private final ServerState state;
    private final ServerStatements statements;
    private @Nullable LeaseHolder holder;
    private final Recovery recovery = new Recovery(this);
    private final Injections injections = new Injections();
    private final LastWords lastWords = new LastWords();
    private boolean forwardsFrame;
    private boolean isMoving;
    private boolean closed;

    /** A server whose login is complete; it reports nothing to its pool yet. */
    ServerSession(Wire wire, SessionPorts ports, ServerPool home, ServerGreeting greeting) {
        this.wire = wire;
        this.ports = ports;
        this.home = home;
        this.greeting = greeting;
        this.state = new ServerState(this, greeting, home);
        this.statements = new ServerStatements(ports.statements());
        this.frames = new FrameReader(wire.allocator(), BackendType.READY_RULES);
        this.replies = new ReplyQueue(new FakeReplies(wire.allocator(), this::deliverOwn));
        this.openedAtNanos = ports.nowNanos();
        this.idleSinceNanos = openedAtNanos;
    }

    // ---- what the holder does ------------------------------------------------------------------------------------

    /** Gives the server to {@code next}; its settings are in force or being put into force when this returns. */
    void link(LeaseHolder next, Snapshot wanted) {
        holder = next;
        wire.setReading(true);
        state.link(next, wanted);
    }

    /** Sends a statement of ours whose replies nobody else sees. */
    void inject(String sql, Injections.End end) {
        statements.onUnnamedLost(); // as by any Query
        injections.send(this, sql, end);
    }

    /** Passes on the client's bytes, which it borrows. */
    void send(ByteBuf source, int from, int to) {
        wire.write(Run.slice(source, from, to));
    }

    /** Is there nothing it owes, no transaction, no half of an extended-protocol group, no half of a notice passed on? */
    boolean isReleasable() {
        return status == IDLE && replies.isEmpty() && isBetweenGroups() && !hasHalfSent();
    }

    /** Does it nothing that its end would spoil? */
    boolean isEndable() {
        return isReleasable() || replies.isStreaming();
    }

    /** Could what is sent next begin a new statement or group? */
    boolean isBetweenGroups() {
        return !replies.needsSync() && !replies.isReadingCopyData();
    }

    /** By the last ReadyForQuery. */
    boolean isInTransaction() {
        return status != IDLE;
    }

    int pipelined() {
        return replies.size();
    }

    /**
     * Takes the server from its holder, who needs no more of it, in whatever state it is. {@code isCutOff}: the last frame was sent
     * in part only, after which nothing but closing helps. If it has to be cleaned, {@code kept} is in force afterwards.
     */
    void unlink(boolean isCutOff, boolean sessionEnds, Snapshot kept) {
        holder = null;
        wire.setReading(true);
        if (closed) {
            return;
        }
        if (isCutOff) {
            ports.log().serverEnded(describe(), false, "client left in the middle of a message");
            leavePool();
            wire.close(); // without Terminate, whose bytes could complete the message
            return;
        }
        if (recovery.closesInstead(home.isOfOneClient())) {
            return;
        }
        boolean needsReset =
                (sessionEnds || home.resetsAlways()) && !home.resetQuery().isEmpty();
        if (isReleasable() && !needsReset && !recovery.isNeeded() && !state.mustClean()) {
            giveBack();
            return;
        }
        replies.abandon();
        recovery.begin(needsReset ? home.resetQuery() : "", kept, ports.nowNanos());
        wire.flush();
    }

    /** It leaves its lane, idle: from now on until it has {@linkplain #settle settled} it belongs to no pool. */
    public void depart() {
        home.servers().remove(this);
        isMoving = true;
    }

    /** It has come to another lane, and belongs to its {@code pool} now; false if it has died under way. Called there. */
    public boolean settle(SessionPorts lane, ServerPool pool) {
        ports = lane;
        home = pool;
        isMoving = false;
        if (!closed) {
            pool.servers().add(this);
            state.settle(pool);
            wire.setReading(true);
        }
        return !closed;
    }

    /** It has been idle for long: whether it still answers is to be seen before a client gets it. */
    @Override
    public void check() {
        recovery.check(home.checkQuery(), ports.nowNanos());
        wire.flush();
    }

    void giveBack() {
        if (state.mustClean()) { // a fault of ours, which must do nobody harm
            close("not clean though it was to be given back");
            return;
        }
        idleSinceNanos = ports.nowNanos();
        home.pool().release(this, idleSinceNanos);
    }

    /** Sends a CancelRequest for what the server does now; {@code ended} runs when it can hit nothing later. */
    void cancel(Runnable ended) {
        recovery.cancel(ended);
    }

    // ---- what the recovery does ----------------------------------------------------------------------------------

    void sendCancel(SessionPorts.CancelEnd ended) {
        ports.sendCancel(wire, greeting.key(), ended);
    }

    Termination beginTermination() {
        return Termination.begin(this, home, ports.nowNanos());
    }

    ReplyQueue replies() {
        return replies;
    }

    ServerState session() {
        return state;
    }

    void changeRules(FrameRules rules) {
        frames.changeRules(rules);
    }

    /** What it has prepared under our names. */
    ServerStatements statements() {
        return statements;
    }

    // ---- what the socket does ------------------------------------------------------------------------------------

    @Override
    public void onRead(ByteBuf bytes) {
        home.pool().counters().bytesSent += bytes.readableBytes();
        frames.feed(bytes);
        try {
            while (!closed && frames.next()) {
                onPiece();
            }
            run.flush();
            if (!closed && replies.isEmpty()) {
                onQuiet(); // not before all is read: what nobody asked for must not meet the next client
            }
        } catch (ProtocolViolation e) {
            run.flush();
            breakOff(e.text());
        } finally {
            frames.finish();
        }
    }

    // hot: rows take the first two branches
    private void onPiece() {
        if (frames.isContinuation()) {
            statements.onContinuation(frames);
            addToRun(forwardsFrame);
            return;
        }
        byte type = frames.type();
        switch (type) {
            case BackendType.READY_FOR_QUERY -> onReadyForQuery();
            case BackendType.ERROR_RESPONSE -> onError();
            case BackendType.PARAMETER_STATUS -> onParameterStatus();
            case BackendType.NOTICE_RESPONSE -> addToRun(holder != null && replies.isHeadForwarded());
            case BackendType.NOTIFICATION_RESPONSE ->
                addToRun(holder != null
                        && state.isForHolder(frames, greeting.key().processId()));
            case BackendType.ROW_DESCRIPTION, BackendType.PARAMETER_DESCRIPTION, BackendType.NO_DATA -> {
                statements.onDescription(frames, replies.headStep());
                onReply(type);
            }
            default -> onReply(type);
        }
    }

    private void onReply(byte type) {
        if (type == BackendType.COMMAND_COMPLETE) {
            state.onTag(frames, injections.isAny(), replies.entries().isHeadMarked());
            StatementReplies.onTag(frames, this, injections.isAny());
        }
        boolean isForwarded = replies.isForwarded(replies.onReply(type), type);
        if (!isForwarded && type == BackendType.DATA_ROW) {
            state.onOwnRow(frames);
        }
        addToRun(isForwarded && holder != null);
        replies.pump();
        if (type == BackendType.COPY_IN_RESPONSE || type == BackendType.COPY_BOTH_RESPONSE) {
            recovery.onCopyAnnounced(holder);
        }
    }

    private void addToRun(boolean isForwarded) {
        forwardsFrame = isForwarded;
        if (isForwarded) {
            run.add(frames);
        }
    }

    private void onReadyForQuery() {
        byte newStatus = frames.buffer().getByte(frames.end() - 1);
        if (newStatus != 'I' && newStatus != 'T' && newStatus != 'E') {
            throw new ProtocolViolation("unknown transaction status " + newStatus);
        }
        boolean isForwarded = replies.isForwarded(replies.onReadyForQuery(newStatus), BackendType.READY_FOR_QUERY);
        status = newStatus;
        state.onReady();
        statements.onReady(newStatus == IDLE);
        LeaseHolder linked = holder;
        if (isForwarded && linked != null) {
            if (linked.onReady(newStatus, ports.nowNanos())) {
                addToRun(newStatus != IDLE || !state.isReadyWatched() || !isReadyHeld(linked));
            } else {
                run.flush();
                linked.onForbidden();
            }
        } else {
            run.flush(); // whoever hears of the end has had all before it
            injections.onReady(newStatus);
        }
        replies.pump();
        recovery.onReady();
    }

    private boolean isReadyHeld(LeaseHolder linked) {
        run.flush();
        return linked.holdsReady(replies.isEmpty());
    }

    private void onQuiet() {
        LeaseHolder linked = holder;
        if (linked != null) {
            linked.onQuiet();
        } else {
            recovery.onQuiet();
            wire.flush();
        }
    }

    private void onError() {
        boolean isUnasked = replies.isEmpty() && !replies.needsSync();
        Step step = replies.headStep();
        boolean isForwarded = replies.onError() == ReplyQueue.Verdict.FORWARD && holder != null;
        ErrorFields error = ErrorFields.read(frames);
        boolean isAsIfFree = holder == null || (home.mode() != PoolMode.SESSION && isReleasable());
        if (isUnasked && (isAsIfFree || !error.isFatal())) {
            endUnasked(error);
            return;
        }
        lastWords.hear(error, isForwarded);
        if (isForwarded) {
            home.pool().counters().errors.add(error.sqlstate());
        } else {
            injections.onError(error);
        }
        addToRun(isForwarded && !StatementReplies.rename(frames, error, step, this));
        replies.pump();
        Prompts.afterError(this);
    }

    private void endUnasked(ErrorFields error) {
        run.flush();
        close("it said, unasked, " + error.message());
        LeaseHolder linked = holder;
        if (linked != null) {
            linked.onQuiet(); // lets go of it if it can; else it hears of the end of the connection
        }
    }

    private void onParameterStatus() {
        LeaseHolder linked = holder;
        boolean isHolders = linked != null && replies.isHeadForwarded();
        if (state.onReport(frames, isHolders) && linked != null && isHolders) {
            run.flush();
            linked.onParameterStatus(this);
        }
    }

    private void deliver(ByteBuf source, int from, int to) {
        LeaseHolder linked = holder;
        if (linked != null) {
            linked.deliver(source, from, to);
        }
    }

    @Override
    public void onReadComplete() {
        LeaseHolder linked = holder;
        if (linked != null) {
            linked.onServerReadComplete();
        }
        wire.flush();
    }

    @Override
    public void onWritabilityChanged() {
        LeaseHolder linked = holder;
        if (linked != null) {
            linked.onServerWritability();
        }
    }

    @Override
    public void onClosed() {
        if (!closed) {
            ports.log().serverEnded(describe(), false, lastWords.or("connection lost"));
        }
        leavePool();
        String why = lastWords.or("the server closed the connection unexpectedly");
        tellHolder(ProxyError.SERVER_LOST, why, lastWords.wereTold() || hasHalfSent());
        frames.close();
    }

    private void tellHolder(ProxyError error, String why, boolean isTold) {
        LeaseHolder linked = holder;
        holder = null;
        if (linked != null) {
            linked.onServerClosed(error.fields(home.pool().name(), why), isTold);
        }
    }

    /** Has the holder been given a part of a message? Then it can be told nothing more. */
    boolean hasHalfSent() {
        return frames.isInsideFrame() && forwardsFrame;
    }

    /** How much of a message its holder has yet to be given whose beginning it was. */
    int halfToCome() {
        return hasHalfSent() ? frames.missing() : 0;
    }

    void breakOff(String why) {
        ports.log().serverEnded(describe(), true, why);
        leavePool();
        tellHolder(ProxyError.SERVER_MISBEHAVED, why, false);
        wire.close();
    }

    @Override
    public void close(String reason) {
        if (!closed) {
            ports.log().serverEnded(describe(), false, reason);
            ByteBuf message = wire.allocator().buffer(8);
            FrontendMessages.terminate(message);
            wire.write(message);
            leavePool();
            wire.close();
        }
    }

    private void leavePool() {
        if (!closed) {
            closed = true;
            recovery.stop();
            StatementReplies.end(this);
            if (!isMoving) {
                home.servers().remove(this);
                home.pool().onClosed(this, ports.nowNanos());
            }
        }
    }

    /** Time passes for its holder; a server whose recovery or check has taken longer than {@code limitNanos} is closed. */
    public void tick(long nowNanos, long limitNanos) {
        LeaseHolder linked = holder;
        if (linked != null) {
            linked.onTick(nowNanos);
            state.ask().tick(nowNanos, limitNanos);
        }
        recovery.tick(nowNanos, limitNanos);
    }

    void deliverOwn(ByteBuf message) {
        run.flush();
        LeaseHolder linked = holder;
        if (linked == null) {
            message.release();
        } else {
            linked.deliverOwn(message);
        }
    }

    // ---- figures -------------------------------------------------------------------------------------------------

    @Override
    public long openedAtNanos() {
        return openedAtNanos;
    }

    @Override
    public long idleSinceNanos() {
        return idleSinceNanos;
    }

    @Override
    public @Nullable Snapshot affinity() {
        return state.settings().known();
    }

    /** PgBouncer's name of its state: active, idle, being_canceled or tested. */
    public String state() {
        return holder == null ? recovery.state() : state.ask().isRunning() ? "tested" : "active";
    }

    @Nullable
    LeaseHolder holder() {
        return holder;
    }

    /** The client that holds it; null if none does. */
    public @Nullable ClientSession client() {
        return holder instanceof ClientSession client ? client : null;
    }

    public ServerFacts facts() {
        return ServerFacts.of(greeting, recovery, state, frames.heldBytes(), statements.size(), holder);
    }

    public Wire wire() {
        return wire;
    }

    private LogSubject describe() {
        return LogSubject.server(wire, home, " pid " + greeting.key().processId(), greeting.atMillis());
    }
}
