package dev.spillway.core.session;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendType;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A logged-in client.
 *
 * <p>The transport calls its {@link Phase} verbs, its server the {@link LeaseHolder} ones, its pool the {@link ServerWait}
 * ones, all on the lane's event loop. It is idle, waiting for a server, or linked to one. What it sends while it waits is
 * held, up to {@link HeldBytes#LIMIT_BYTES}, and read on, so that its leaving is noticed. An idle client holds no buffer.
 *
 * <p>It forwards frames by type and length; it looks into a statement's text only while its settings are not yet known to
 * be in force, and then only at its first word.
 */
public final class ClientSession implements Phase, LeaseHolder {
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
    private final HeldBytes held = new HeldBytes();
    private boolean forwardsFrame;
    private boolean isClosed;
    private final ServerWait place;
    private final LeaseClock clock;

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
        this.place = new ServerWait(this, ports, pool.pool());
        this.clock = new LeaseClock(counters, ports.nowNanos());
        this.frames = new FrameReader(wire.allocator(), FrontendType.READY_RULES);
    }

    // ---- the socket ----------------------------------------------------------------------------------------------

    @Override
    public void onRead(ByteBuf bytes) {
        counters.bytesReceived += bytes.readableBytes();
        if (!held.isEmpty()) {
            held.add(bytes, wire.allocator());
            updateReading();
            return;
        }
        process(bytes);
    }

    private void process(ByteBuf bytes) {
        frames.feed(bytes);
        try {
            while (!isClosed && held.isEmpty() && frames.next()) {
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
            place.begin(ports.nowNanos());
        } else if (restoreGuard.mustWait(frames) || mustYield(type)) {
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
        ReplyQueue.Kind kind = Requests.kindOf(frames);
        if (linked.replies().mustWait(kind)) {
            holdFromHere();
            Prompts.flushGroup(linked);
            return;
        }
        if (linked.pipelined() == 0) {
            clock.asked(ports.nowNanos());
        }
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
        ServerSession free = place.isWaiting() ? null : pool.pool().acquire(identity.snapshot(), ports.nowNanos());
        if (free == null) {
            return false;
        }
        link(free);
        return true;
    }

    private void link(ServerSession free) {
        server = free;
        clock.linked(ports.nowNanos());
        restoreGuard.begin();
        free.link(this, identity.snapshot());
        if (!wire.isWritable()) {
            free.wire().setReading(false);
        }
    }

    private void holdFromHere() {
        run.flush();
        held.add(frames.takeBack(), wire.allocator());
        updateReading();
    }

    private void processHeld() {
        ByteBuf bytes = held.take();
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
        // Without a server, what we answer ourselves must not pile up.
        boolean isTaken = linked == null
                ? wire.isWritable()
                : linked.wire().isWritable() && linked.pipelined() < ReplyQueue.MAX_PIPELINED;
        wire.setReading(held.hasRoom() && isTaken);
    }

    /** More is known: looks anew at what was kept back from a server, which it may still be. */
    private void goOn() {
        if (!held.isEmpty()) {
            processHeld();
        }
    }

    void onServed(ServerSession free) {
        link(free);
        processHeld();
    }

    void onWaitFailed(ErrorFields error, boolean isFinal) {
        ports.log("client not served", identity.describe(wire), error.message());
        if (isFinal) {
            close(ErrorFields.of("FATAL", error.sqlstate(), error.message()));
        } else if (!held.isEmpty()) {
            refuse(error);
        }
    }

    void onLongWait(ErrorFields notice) {
        answers.notice(notice);
        wire.flush();
    }

    /** The statement that waited gets an error in the place of PostgreSQL's answer, and the client goes on. */
    private void refuse(ErrorFields error) {
        answers.refuse(error);
        processHeld();
        wire.flush();
    }

    @Override
    public void onRestored() {
        ServerSession linked = server;
        restoreGuard.end(linked);
        if (linked == null) {
            return;
        }
        told.update(linked.parameters());
        goOn();
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
        clock.ready(status, nowNanos);
    }

    @Override
    public void onQuiet() {
        clock.quiet(ports.nowNanos());
        ServerSession linked = server;
        if (linked != null && mode == PoolMode.STATEMENT && linked.isInTransaction()) {
            close(ProxyError.TRANSACTION_FORBIDDEN.fields(pool.pool().name()));
            return;
        }
        reapplyIfLost();
        releaseIfDone();
        goOn();
        updateReading();
    }

    /** In transaction mode the next link restores; a session keeps its server. */
    private void reapplyIfLost() {
        ServerSession linked = server;
        if (linked != null && mode == PoolMode.SESSION && linked.hasLost(identity.snapshot())) {
            restoreGuard.begin();
            linked.reapply(identity.snapshot());
        }
    }

    private void releaseIfDone() {
        ServerSession linked = server;
        if (linked == null
                || restoreGuard.isRestoring()
                || mode == PoolMode.SESSION
                || !linked.isReleasable()
                || (frames.isInsideFrame() && forwardsFrame)) {
            return;
        }
        server = null;
        wire.flush();
        linked.unlink(false, false);
    }

    /**
     * A client that always sends the next statement before the last is answered would keep its server for ever. Where others
     * wait and it has had its time, the next statement stays here until everything before it is answered.
     */
    private boolean mustYield(byte type) {
        ServerSession linked = server;
        return linked != null
                && linked.pipelined() > 0
                && mode != PoolMode.SESSION
                && Requests.needsServer(type)
                && linked.isBetweenGroups()
                && !linked.isInTransaction()
                && pool.isTurnOver(clock, ports.nowNanos());
    }

    /** Takes its first server before it has asked for anything: now if one is free, else when its turn comes. */
    void proceed() {
        if (acquire()) {
            processHeld();
        } else {
            place.begin(ports.nowNanos());
        }
    }

    /** It waits for data that may be among what is held. */
    @Override
    public void onCopyAnnounced() {
        goOn();
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

    /** A CancelRequest with this client's key has come; {@code ended} runs once when it can hit nothing any more. */
    public void cancel(Runnable ended) {
        ServerSession linked = server;
        if (linked != null && restoreGuard.isRestoring()) {
            restoreGuard.cancelLater(ended);
        } else if (linked != null && linked.pipelined() > 0) {
            linked.cancel(ended);
        } else {
            if (place.isWaiting() && !held.isEmpty()) { // else it waits without having asked for anything
                place.end();
                refuse(ProxyError.CANCELED_WHILE_WAITING.fields());
            }
            ended.run();
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
        clock.countIn(counters);
        next.entered();
        before.left();
        boolean wasWaiting = place.moveTo(next.pool());
        if (wasWaiting && acquire()) {
            processHeld();
        } else if (wasWaiting) {
            place.rejoin();
        }
    }

    /** Is it neither waiting nor in a transaction, or is it in replication? Then closing it loses nothing but its session. */
    public boolean isIdle() {
        ServerSession linked = server;
        boolean isQuiet =
                linked == null || (linked.isEndable() && !restoreGuard.isRestoring() && !frames.isInsideFrame());
        return isQuiet && !place.isWaiting() && held.isEmpty();
    }

    /** Is it in the queue of its pool? */
    public boolean isWaiting() {
        return place.isWaiting();
    }

    /** Ends a client that has taken longer than it may; what its server still does is cancelled. */
    @Override
    public void onTick(long nowNanos) {
        ErrorFields overdue = place.isWaiting()
                ? null // that time the pool limits
                : clock.overdue(LeaseClock.Doing.with(server), ports.limitsOf(identity), nowNanos);
        if (overdue != null) {
            ports.log("client closed", identity.describe(wire), overdue.message());
            close(overdue);
        }
    }

    private void leave() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        ports.unregister(identity.key());
        place.end();
        pool.left();
        held.release();
        restoreGuard.end(null);
        ServerSession linked = server;
        server = null;
        if (linked != null) {
            linked.unlink(frames.isInsideFrame() && forwardsFrame, mode == PoolMode.SESSION);
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
        return place.isWaiting() ? "waiting" : server == null ? "idle" : "active";
    }

    /** How long it has waited for a server, 0 if it does not wait. */
    public long waitNanos(long nowNanos) {
        return place.waitedNanos(nowNanos);
    }

    /** The server it is linked to; null if none. */
    public @Nullable ServerSession server() {
        return server;
    }
}
