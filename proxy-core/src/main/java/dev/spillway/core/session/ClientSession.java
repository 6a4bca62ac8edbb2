package dev.spillway.core.session;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.pool.Waiter;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendType;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A logged-in client.
 *
 * <p>The transport calls its {@link Phase} verbs, its server the {@link LeaseHolder} ones, its pool the {@link Waiter}
 * ones, all on the lane's event loop. It is idle, waiting for a server, or linked to one. What it sends while it waits is
 * held, up to {@link #HELD_LIMIT_BYTES}, and read on, so that its leaving is noticed. An idle client holds no buffer.
 *
 * <p>It forwards frames by type and length; it looks into a statement's text only while its settings are not yet known to
 * be in force, and then only at its first word.
 */
public final class ClientSession implements Phase, LeaseHolder, Waiter<ServerSession> {
    /** Replies a server may owe one client before the client is no longer read. */
    static final int MAX_PIPELINED = 8192;

    /** What a client may send ahead while it waits; a socket buffer may come on top. */
    static final int HELD_LIMIT_BYTES = 128 * 1024;

    private final Wire wire;
    private final SessionPorts ports;
    private ServerPool pool;
    private final PoolMode mode;
    private final ClientIdentity identity;
    private PoolCounters counters;
    private final FrameReader frames;
    private final Run run = new Run(this::sendRun);
    private final LocalAnswers answers;
    private final ToldParameters told;
    private final RestoreGuard restoreGuard = new RestoreGuard();
    private @Nullable ServerSession server;
    private @Nullable ByteBuf held;
    private boolean isWaiting;
    private boolean isRestoring;
    private boolean forwardsFrame;
    private boolean cancelAfterRestore;
    private boolean isClosed;
    private long waitingSinceNanos;
    private long transactionSinceNanos;
    private long querySinceNanos;

    /** A client that has been told {@code told} at login and is owed its first ReadyForQuery by nobody any more. */
    ClientSession(Wire wire, SessionPorts ports, ServerPool pool, ClientIdentity identity, Map<String, String> told) {
        this.wire = wire;
        this.ports = ports;
        this.pool = pool;
        this.mode = pool.mode();
        this.identity = identity;
        this.answers = new LocalAnswers(wire);
        this.told = new ToldParameters(wire, told);
        this.counters = pool.pool().counters();
        this.frames = new FrameReader(wire.allocator(), FrontendType.READY_RULES);
    }

    // ---- the socket ----------------------------------------------------------------------------------------------

    @Override
    public void onRead(ByteBuf bytes) {
        counters.bytesReceived += bytes.readableBytes();
        if (held != null) {
            hold(bytes);
            return;
        }
        process(bytes);
    }

    private void process(ByteBuf bytes) {
        frames.feed(bytes);
        try {
            while (!isClosed && held == null && frames.next()) {
                onPiece();
            }
            run.flush();
        } catch (ProtocolViolation e) {
            run.flush();
            ports.log("client broke the protocol", identity.describe(wire), e.text());
            close(ProxyError.PROTOCOL.fields(e.text()));
        } finally {
            frames.finish();
        }
        releaseIfDone();
        updateReading();
    }

    // hot: a linked client whose settings are in force takes the last branch
    private void onPiece() {
        if (frames.isContinuation()) {
            if (forwardsFrame) {
                run.add(frames);
            }
            return;
        }
        forwardsFrame = false;
        byte type = frames.type();
        if (type == FrontendType.TERMINATE) {
            run.flush();
            leave();
        } else if (answers.isRefusing()) {
            answers.onRefused(type);
        } else if (server == null && !Requests.needsServer(type)) {
            answers.onNeedless(type);
        } else if (server == null && !acquire()) {
            holdFromHere();
        } else if (isRestoring && !restoreGuard.isSafe(frames)) {
            holdFromHere();
        } else {
            forward();
        }
    }

    private void forward() {
        ServerSession linked = server;
        if (linked == null) {
            return; // the link ended in the same moment: the connection is being closed
        }
        if (linked.pipelined() == 0) {
            querySinceNanos = ports.nowNanos();
        }
        ReplyQueue.Kind kind = Requests.kindOf(frames);
        if (kind == null || linked.expect(kind)) {
            forwardsFrame = true;
            run.add(frames);
        } else {
            run.flush();
        }
    }

    private void sendRun(ByteBuf source, int from, int to) {
        ServerSession linked = server;
        if (linked != null) {
            linked.send(source, from, to);
        }
    }

    @Override
    public void onReadComplete() {
        ServerSession linked = server;
        if (linked != null) {
            linked.wire().flush();
        }
        wire.flush();
    }

    @Override
    public void onWritabilityChanged() {
        ServerSession linked = server;
        if (linked != null) {
            linked.wire().setReading(wire.isWritable());
        }
        updateReading();
    }

    @Override
    public void onClosed() {
        leave();
        frames.close();
    }

    // ---- without a server ----------------------------------------------------------------------------------------

    private boolean acquire() {
        ServerSession free = pool.pool().acquire(identity.snapshot());
        if (free == null) {
            return false;
        }
        link(free);
        return true;
    }

    private void link(ServerSession free) {
        server = free;
        transactionSinceNanos = ports.nowNanos();
        querySinceNanos = transactionSinceNanos;
        isRestoring = true;
        restoreGuard.begin();
        free.link(this, identity.snapshot());
        if (!wire.isWritable()) {
            free.wire().setReading(false);
        }
    }

    private void holdFromHere() {
        run.flush();
        held = frames.takeBack();
        if (server == null) {
            isWaiting = true;
            waitingSinceNanos = ports.nowNanos();
            pool.pool().enqueue(this, waitingSinceNanos);
        }
        updateReading();
    }

    private void hold(ByteBuf bytes) {
        ByteBuf before = held;
        if (before == null) {
            held = bytes;
        } else {
            held = wire.allocator()
                    .buffer(before.readableBytes() + bytes.readableBytes())
                    .writeBytes(before)
                    .writeBytes(bytes);
            before.release();
            bytes.release();
        }
        updateReading();
    }

    private void processHeld() {
        ByteBuf bytes = held;
        held = null;
        if (bytes != null) {
            process(bytes);
        }
        ServerSession linked = server;
        if (linked != null) {
            linked.wire().flush();
        }
    }

    /** Reads the client only while what it sends has somewhere to go. */
    private void updateReading() {
        ServerSession linked = server;
        boolean hasRoom = held == null || held.readableBytes() < HELD_LIMIT_BYTES;
        boolean serverTakes = linked == null || (linked.wire().isWritable() && linked.pipelined() < MAX_PIPELINED);
        boolean ownTaken = linked != null || wire.isWritable(); // what we answer ourselves must not pile up
        wire.setReading(hasRoom && serverTakes && ownTaken);
    }

    @Override
    public void onServed(ServerSession free) {
        isWaiting = false;
        link(free);
        processHeld();
    }

    @Override
    public void onWaitFailed(ErrorFields error, boolean isFinal) {
        isWaiting = false;
        ports.log("client not served", identity.describe(wire), error.message());
        if (isFinal) {
            close(ErrorFields.of("FATAL", error.sqlstate(), error.message()));
            return;
        }
        refuse(error);
    }

    @Override
    public Duration waitTimeout(Duration usual) {
        return ports.waitTimeout(identity.user(), usual);
    }

    /** The statement that waited gets an error in the place of PostgreSQL's answer, and the client goes on. */
    private void refuse(ErrorFields error) {
        answers.refuse(error);
        processHeld();
        wire.flush();
    }

    // ---- settings ------------------------------------------------------------------------------------------------

    @Override
    public void onRestored() {
        isRestoring = false;
        ServerSession linked = server;
        if (linked == null) {
            return;
        }
        told.update(linked.parameters());
        if (cancelAfterRestore) {
            cancelAfterRestore = false;
            linked.cancel();
        }
        if (held != null) {
            processHeld();
        }
    }

    @Override
    public void onRestoreFailed(ErrorFields error) {
        close(ProxyError.SETTING_NOT_RESTORED.fields(error.message()));
    }

    @Override
    public void onParameterStatus(ServerSession from) {
        told.update(from.parameters());
    }

    // ---- what comes from the server --------------------------------------------------------------------------------

    @Override
    public void deliver(ByteBuf source, int from, int to) {
        wire.write(Run.slice(source, from, to));
        ServerSession linked = server;
        if (linked != null && !wire.isWritable()) {
            linked.wire().setReading(false);
        }
    }

    @Override
    public void deliverOwn(ByteBuf message) {
        wire.write(message);
    }

    @Override
    public void onReady(byte status, long nowNanos) {
        counters.queries++;
        counters.queryNanos += nowNanos - querySinceNanos;
        querySinceNanos = nowNanos;
        if (status == 'I') {
            counters.transactions++;
            counters.transactionNanos += nowNanos - transactionSinceNanos;
            transactionSinceNanos = nowNanos;
        }
    }

    @Override
    public void onQuiet() {
        reapplyIfLost();
        releaseIfDone();
        updateReading();
    }

    /** In transaction mode the next link restores; a session keeps its server. */
    private void reapplyIfLost() {
        ServerSession linked = server;
        if (linked != null
                && mode == PoolMode.SESSION
                && linked.hasLostSettings()
                && !identity.snapshot().settings().isEmpty()) {
            isRestoring = true;
            restoreGuard.begin();
            linked.reapply(identity.snapshot());
        }
    }

    private void releaseIfDone() {
        ServerSession linked = server;
        if (linked == null
                || isRestoring
                || mode != PoolMode.TRANSACTION
                || !linked.isReleasable()
                || (frames.isInsideFrame() && forwardsFrame)) {
            return;
        }
        server = null;
        wire.flush();
        linked.unlink(false, false);
    }

    @Override
    public void onServerReadComplete() {
        wire.flush();
    }

    @Override
    public void onServerWritability() {
        updateReading();
    }

    @Override
    public void onServerClosed(ErrorFields error, boolean isTold) {
        server = null;
        if (isTold) {
            wire.flush();
            leave();
            wire.close();
        } else {
            close(error);
        }
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    /** A CancelRequest with this client's key has come. */
    public void cancel() {
        ServerSession linked = server;
        if (isWaiting) {
            pool.pool().leave(this);
            isWaiting = false;
            refuse(ProxyError.CANCELED_WHILE_WAITING.fields());
        } else if (linked != null && isRestoring) {
            cancelAfterRestore = true;
        } else if (linked != null && linked.pipelined() > 0) {
            linked.cancel();
        }
    }

    /** Ends the session from our side, with an error that the client can read. */
    public void close(ErrorFields error) {
        if (!isClosed) {
            if (server == null || !server.hasHalfSent()) {
                answers.error(error);
            }
            leave();
        }
    }

    /** Its next server comes from {@code next}; one that it has now goes back to where it came from. */
    public void moveTo(ServerPool next) {
        ServerPool before = pool;
        pool = next;
        counters = next.pool().counters();
        next.entered();
        before.left();
        if (isWaiting) {
            before.pool().leave(this);
            ServerSession free = next.pool().acquire(identity.snapshot());
            if (free == null) {
                next.pool().enqueue(this, waitingSinceNanos);
            } else {
                onServed(free);
            }
        }
    }

    /** Is it neither waiting nor in a transaction? Then closing it loses nothing but its session. */
    public boolean isIdle() {
        ServerSession linked = server;
        boolean isQuiet = linked == null || (linked.isReleasable() && !isRestoring && !frames.isInsideFrame());
        return isQuiet && !isWaiting && held == null;
    }

    /** Is it in the queue of its pool? */
    public boolean isWaiting() {
        return isWaiting;
    }

    private void leave() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        ports.unregister(identity.key());
        if (isWaiting) {
            isWaiting = false;
            pool.pool().leave(this);
        }
        pool.left();
        ByteBuf kept = held;
        held = null;
        if (kept != null) {
            kept.release();
        }
        ServerSession linked = server;
        server = null;
        if (linked != null) {
            boolean isCutOff = frames.isInsideFrame() && forwardsFrame;
            linked.unlink(isCutOff, mode == PoolMode.SESSION);
        }
        wire.close();
    }

    // ---- figures -------------------------------------------------------------------------------------------------

    public ClientIdentity identity() {
        return identity;
    }

    public ServerPool pool() {
        return pool;
    }

    public Wire wire() {
        return wire;
    }

    /** PgBouncer's name of its state: waiting, active (linked) or idle. */
    public String state() {
        return isWaiting ? "waiting" : server == null ? "idle" : "active";
    }

    /** How long it has waited for a server, 0 if it does not wait. */
    public long waitNanos(long nowNanos) {
        return isWaiting ? nowNanos - waitingSinceNanos : 0;
    }

    /** The server it is linked to; null if none. */
    public @Nullable ServerSession server() {
        return server;
    }
}
