package dev.spillway.core.session;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.PoolCounters;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.session.ConnectionLog.ClientEnd;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A logged-in client.
 *
 * <p>The transport calls its {@link Phase} verbs, its server the {@link LeaseHolder} ones, its pool the {@link ServerWait}
 * ones, all on the lane's event loop. It is idle, waiting for a server, or linked to one. What it sends goes through its
 * {@link ClientInput}. While it has no server it may {@linkplain #depart leave} for another lane.
 */
public final class ClientSession implements Phase, LeaseHolder {
    private final Wire wire;
    private SessionPorts ports;
    private ServerPool pool;
    private final PoolMode mode;
    private final ClientIdentity identity;
    private PoolCounters counters;
    private final ClientInput input;
    private final LocalAnswers answers;
    private final ClientState state;
    private @Nullable ServerSession server;
    private boolean isClosed;
    private boolean isTravelling;
    /** How it is to end as soon as it may; null: it need not. */
    private @Nullable Ending ending;

    private final ServerWait place;
    private final LeaseClock clock;
    private final ClientChannels channels;

    /** A client that has been told {@code told} at login and is owed its first ReadyForQuery by nobody any more. */
    ClientSession(Wire wire, SessionPorts ports, ServerPool pool, ClientIdentity identity, Map<String, String> told) {
        this.wire = wire;
        this.ports = ports;
        this.pool = pool;
        this.mode = pool.mode();
        this.identity = identity;
        this.answers = new LocalAnswers(wire);
        this.state = new ClientState(wire, pool.shared(identity.snapshot()), pool.shared(told));
        this.counters = pool.pool().counters();
        this.place = new ServerWait(this, ports, pool.pool());
        this.clock = new LeaseClock(counters, ports.nowNanos());
        this.input = new ClientInput(this, wire, answers, state);
        this.channels = new ClientChannels(this, wire, state.guard());
    }

    // ---- the socket ----------------------------------------------------------------------------------------------

    @Override
    public void onRead(ByteBuf bytes) {
        counters.bytesReceived += bytes.readableBytes();
        input.take(bytes);
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
        input.updateReading();
    }

    @Override
    public void onClosed() {
        leave(ClientEnd.LEFT, ClientEnd.GONE, null);
        input.close();
    }

    // ---- without a server ----------------------------------------------------------------------------------------

    boolean acquire() {
        ServerSession free = place.isWaiting() ? null : pool.pool().acquire(state.now(), ports.nowNanos());
        if (free == null) {
            return false;
        }
        link(free);
        return true;
    }

    private void link(ServerSession free) {
        server = free;
        long now = ports.nowNanos();
        clock.linked(now, place.takeWaited(now));
        state.link(free, this);
        if (!wire.isWritable()) {
            free.wire().setReading(false);
        }
    }

    void onServed(ServerSession free) {
        link(free);
        input.processHeld();
        endIfItMay();
    }

    void onWaitFailed(ErrorFields error, boolean isFinal) {
        if (isFinal) {
            close(ClientEnd.NOT_SERVED, ErrorFields.of("FATAL", error.sqlstate(), error.message()));
            return;
        }
        ports.log().clientNotServed(identity.describe(wire), error);
        if (input.isHolding()) {
            refuse(error);
        } else {
            endIfItMay();
        }
    }

    LocalAnswers answers() {
        return answers;
    }

    /** The statement that waited gets an error in the place of PostgreSQL's answer, and the client goes on. */
    private void refuse(ErrorFields error) {
        answers.refuse(error);
        input.processHeld();
        endIfItMay();
        wire.flush();
    }

    @Override
    public void onRestored() {
        state.onRestored(server);
        input.goOn();
    }

    @Override
    public void onRestoreFailed(ErrorFields error) {
        close(ProxyError.SETTING_NOT_RESTORED.fields(error.message()));
    }

    @Override
    public @Nullable RestoreRefusal refuseRestore() {
        return server == null ? null : RestoreRefusal.begin(this, state, answers, server);
    }

    @Override
    public void onStateKnown(Snapshot now, boolean isInForce) {
        state.onAnswer(pool.shared(now));
        channels.onAnswer(now.channels());
        ServerSession linked = server;
        boolean isNeeded = input.pinsServer();
        ErrorFields refusal = linked == null ? null : state.keepIfItMust(linked, this, isNeeded, isInForce);
        if (refusal != null) {
            close(refusal);
            return;
        }
        boolean wantsMore = isInForce && input.isHolding() && !channels.isBusy();
        if (linked != null
                && !isNeeded
                && !linked.session().isKept(wantsMore && !pool.pool().isAnyoneWaiting())) {
            letGo(linked);
        }
        channels.settle();
        goOn();
    }

    /** What it waited for may have come. */
    void goOn() {
        input.goOn();
        wire.flush(); // what was held may need no server
        endIfItMay();
    }

    @Override
    public void onStateUnknown(ErrorFields error) {
        state.onAnswer(null);
        close(ProxyError.STATE_UNKNOWN.fields(error.message()));
    }

    @Override
    public void onParameterStatus(ServerSession from) {
        state.onOwnReport(from, keepsServer() ? Set.of() : pool.state().followed());
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
    public boolean holdsReady(boolean isLast) {
        ServerSession linked = server;
        return linked != null && channels.holdsReady(linked, isLast);
    }

    @Override
    public boolean onReady(byte status, long nowNanos) {
        clock.ready(status, nowNanos, this);
        return mode != PoolMode.STATEMENT || status == 'I';
    }

    @Override
    public void onForbidden() {
        close(ProxyError.TRANSACTION_FORBIDDEN.fields(pool.pool().name()));
    }

    @Override
    public void onQuiet() {
        clock.quiet(ports.nowNanos());
        ServerSession linked = server;
        if (linked != null && keepsServer()) {
            state.reapplyIfLost(linked);
        }
        releaseIfDone();
        channels.settle();
        input.goOn();
        input.updateReading();
    }

    void releaseIfDone() {
        ServerSession linked = server;
        if (linked != null) {
            releaseIfDone(linked);
        }
        endIfItMay();
    }

    private void releaseIfDone(ServerSession linked) {
        if (state.guard().isBusy() || keepsServer() || !linked.isReleasable() || input.hasForwardedHalf()) {
            return;
        }
        if (!state.asks(linked, ports.nowNanos()) && !linked.session().isPinned() && !input.pinsServer()) {
            letGo(linked);
        }
    }

    private void letGo(ServerSession linked) {
        server = null;
        wire.flush();
        linked.unlink(false, false, state.now());
    }

    /** Takes its first server before it has asked for anything: now if one is free, else when its turn comes. */
    void proceed() {
        place.seek(ports.nowNanos());
        endIfItMay();
    }

    /** It waits for data that may be among what is held. */
    @Override
    public void onCopyAnnounced() {
        goOn();
    }

    @Override
    public void onServerReadComplete() {
        input.onAnswers();
        wire.flush();
    }

    @Override
    public void onServerWritability() {
        input.updateReading();
    }

    @Override
    public void onServerClosed(ErrorFields error, boolean isTold) {
        server = null;
        if (isTold) {
            wire.flush();
            leave(ClientEnd.CUT_OFF, error.message(), null);
            wire.close();
        } else {
            close(error);
        }
    }

    // ---- the end -------------------------------------------------------------------------------------------------

    /** A CancelRequest with this client's key has come; {@code ended} runs once when it can hit nothing any more. */
    public void cancel(Runnable ended) {
        ServerSession linked = server;
        if (linked == null || !state.guard().cancels(linked, ended)) {
            boolean waits = place.isWaiting() || state.guard().isAsking();
            if (waits && input.isHolding()) { // else it waits without having asked for anything
                place.end();
                refuse(ProxyError.CANCELED_WHILE_WAITING.fields());
            }
            ended.run();
        }
    }

    /** Ends the session from our side, with an error that the client can read. */
    public void close(ErrorFields error) {
        close(ClientEnd.CUT_OFF, error);
    }

    void close(ClientEnd how, ErrorFields error) {
        if (isClosed) {
            return;
        }
        boolean isTold = server == null || !server.hasHalfSent();
        if (isTold) {
            answers.error(error);
        }
        leave(how, error.message(), isTold ? error : null);
    }

    /** The proxy ends: so does this client, at once or as soon as {@code how} lets it. */
    public void end(Ending how) {
        ending = how;
        endIfItMay();
    }

    private void endIfItMay() {
        Ending how = ending;
        if (how != null && (isIdle() || (how != Ending.WAIT_FOR_CLIENTS && place.isWaiting()))) {
            close(ProxyError.SHUTTING_DOWN.fields());
        }
    }

    /** Its next server comes from {@code next}; one that it has now goes back to where it came from. */
    public void moveTo(ServerPool next) {
        leavePool();
        place.resume(enter(next));
    }

    /**
     * Leaves its lane, unless it has a server there or has sent half a message; false if it stays. From then on until it has
     * {@linkplain #settle settled} it belongs to no pool, and what it sends is held.
     */
    public boolean depart() {
        if (isClosed || server != null || answers.isRefusing() || !channels.mayDepart() || !input.isBetweenMessages()) {
            return false;
        }
        isTravelling = true;
        leavePool();
        return true;
    }

    /** It has come to {@code lane}, where it {@linkplain #settle settles} or is closed. Called there, as all that comes after it. */
    public void arrive(SessionPorts lane) {
        ports = lane;
    }

    /** It takes its servers from {@code next} now; false if it has left under way. */
    public boolean settle(ServerPool next) {
        isTravelling = false;
        if (isClosed) {
            return false;
        }
        boolean wasWaiting = enter(next);
        if (!ports.register(identity.key(), this)) {
            return false;
        }
        place.resume(wasWaiting);
        input.goOn();
        input.updateReading();
        wire.flush();
        return true;
    }

    private void leavePool() {
        place.suspend();
        pool.left();
    }

    private boolean enter(ServerPool next) {
        pool = next;
        state.share(next);
        counters = next.pool().counters();
        clock.countIn(counters);
        next.entered();
        return place.moveTo(ports, next.pool());
    }

    @Override
    public boolean keepsServer() {
        return mode == PoolMode.SESSION;
    }

    /** Is it neither waiting nor in a transaction, or is it in replication? Then closing it loses nothing but its session. */
    public boolean isIdle() {
        ServerSession linked = server;
        boolean isQuiet =
                linked == null || (linked.isEndable() && !state.guard().isBusy() && !input.isInsideFrame());
        return isQuiet && !place.isWaiting() && !input.isHolding() && !channels.isBusy();
    }

    public boolean isWaiting() {
        return place.isWaiting();
    }

    /** Ends a client that has taken longer than it may; what its server still does is cancelled. */
    @Override
    public void onTick(long nowNanos) {
        ErrorFields overdue = state.overdue(server, this, ports.limitsOf(identity), nowNanos);
        if (overdue != null && !place.isWaiting()) { // that time the pool limits
            close(ClientEnd.TOO_SLOW, overdue);
        }
    }

    /** It is gone, and need not be told; {@code told} is what it was told. */
    void leave(ClientEnd how, String why, @Nullable ErrorFields told) {
        if (isClosed) {
            return;
        }
        isClosed = true;
        ports.log().clientEnded(identity.describe(wire), how, why, told);
        if (!isTravelling) {
            ports.unregister(identity.key());
            place.end();
            pool.left();
        }
        input.release();
        channels.leave();
        state.guard().end(null);
        ServerSession linked = server;
        server = null;
        if (linked != null) {
            linked.unlink(input.hasForwardedHalf(), keepsServer(), Snapshot.NEUTRAL);
        }
        wire.close();
    }

    public ClientIdentity identity() {
        return identity;
    }

    SessionPorts ports() {
        return ports;
    }

    ServerWait place() {
        return place;
    }

    ClientInput input() {
        return input;
    }

    LeaseClock clock() {
        return clock;
    }

    public ClientChannels channels() {
        return channels;
    }

    boolean isClosed() {
        return isClosed;
    }

    boolean isTravelling() {
        return isTravelling;
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

    public ClientFacts facts(long nowNanos) {
        return state.facts(this, nowNanos);
    }

    public @Nullable ServerSession server() {
        return server;
    }
}
