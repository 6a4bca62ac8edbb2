package dev.spillway.core.session;

import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Waiter;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.Sqlstate;
import dev.spillway.core.protocol.backend.BackendMessages;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendType;
import dev.spillway.core.session.ConnectionLog.ClientEnd;
import dev.spillway.core.session.state.Snapshot;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An authenticated client until it has been told what PostgreSQL reports to a session with its settings.
 *
 * <p>Where that is known already, it passes at once. Otherwise it waits for a server like any client, has its settings put
 * into force there, and so learns both what is reported and whether they are valid: a bad value fails the login, as it
 * does on a direct connection. A replication client waits for the server of its own, which has logged in with its settings,
 * and keeps it.
 */
public final class WelcomeProbe implements Phase, LeaseHolder, Waiter<ServerSession> {
    private final Wire wire;
    private final SessionPorts ports;
    private ServerPool pool;
    private final ClientIdentity identity;
    private final FrameReader frames;
    private final long sinceNanos;
    private final long cameNanos;
    private @Nullable ServerSession server;
    private boolean isOver;

    private WelcomeProbe(Wire wire, SessionPorts ports, ServerPool pool, ClientIdentity identity, long cameNanos) {
        this.wire = wire;
        this.ports = ports;
        this.pool = pool;
        this.identity = identity;
        this.sinceNanos = ports.nowNanos();
        this.cameNanos = cameNanos;
        this.frames = new FrameReader(wire.allocator(), FrontendType.WELCOME_RULES);
    }

    /** Takes over an authenticated client, who has been told AuthenticationOk. It came at {@code cameNanos}. */
    public static void receive(
            Wire wire, SessionPorts ports, ServerPool pool, ClientIdentity identity, long cameNanos) {
        WelcomeProbe probe = new WelcomeProbe(wire, ports, pool, identity, cameNanos);
        pool.entered();
        wire.become(probe);
        probe.seekWelcome();
    }

    private void seekWelcome() {
        Map<String, String> known = pool.welcome(identity.snapshot());
        if (known != null) {
            welcome(known);
            return;
        }
        ServerSession free = pool.pool().acquire(identity.snapshot(), ports.nowNanos());
        if (free == null) {
            pool.pool().enqueue(this, ports.nowNanos());
        } else {
            onServed(free);
        }
    }

    private void welcome(Map<String, String> parameters) {
        ClientSession session = becomeSession(parameters);
        if (session != null && pool.isReservedAtLogin()) {
            session.proceed();
        }
    }

    /** The session, which may read at once; null if there is none. */
    private @Nullable ClientSession becomeSession(Map<String, String> parameters) {
        if (frames.heldBytes() > 0) { // the session would read on in the middle of a message
            end(ProxyError.PROTOCOL.fields("the client began a message before its login was complete"));
            return null;
        }
        isOver = true;
        ClientSession session = new ClientSession(wire, ports, pool, identity, parameters);
        if (!ports.register(identity.key(), session)) {
            return null;
        }
        pool.pool().counters().loggedIn(ports.nowNanos() - cameNanos);
        ports.log().clientLoggedIn(identity.describe(wire));
        wire.write(greeting(pool.reportOf(parameters)));
        wire.become(session);
        wire.flush();
        return session;
    }

    /** What a client is told that has logged in, {@code report} first. Returns a buffer that the caller owns. */
    private ByteBuf greeting(byte[] report) {
        String notice = pool.loginNotice();
        ByteBuf message = wire.allocator().buffer(report.length + 64).writeBytes(report);
        BackendMessages.backendKeyData(message, identity.key());
        if (!notice.isEmpty()) {
            ErrorFields.of("NOTICE", Sqlstate.SUCCESSFUL_COMPLETION, notice).writeNotice(message);
        }
        BackendMessages.readyForQuery(message, 'I');
        return message;
    }

    @Override
    public void onServed(ServerSession free) {
        if (pool.isOfOneClient()) {
            ClientSession session = becomeSession(free.session().parameters());
            if (session == null) {
                free.unlink(false, true, Snapshot.NEUTRAL);
            } else {
                session.onServed(free);
            }
            return;
        }
        server = free;
        free.link(this, identity.snapshot());
        free.wire().flush();
    }

    @Override
    public void onRestored() {
        ServerSession linked = server;
        if (linked != null && !isOver) {
            Map<String, String> parameters = linked.session().parameters();
            pool.learnWelcome(identity.snapshot(), parameters);
            welcome(parameters);
            onQuiet();
        }
    }

    @Override
    public void onQuiet() {
        ServerSession linked = server;
        if (linked != null) {
            giveBackIfQuiet(linked);
        }
    }

    private void giveBackIfQuiet(ServerSession linked) {
        if (linked.isReleasable()) {
            server = null;
            linked.unlink(false, false, Snapshot.NEUTRAL);
        }
    }

    @Override
    public void onRestoreFailed(ErrorFields error) {
        end(ErrorFields.of("FATAL", error.sqlstate(), error.message()));
    }

    @Override
    public boolean keepsServer() {
        return false;
    }

    @Override
    public void onWaitFailed(ErrorFields error, boolean isFinal) {
        end(error.isFatal() ? error : ErrorFields.of("FATAL", error.sqlstate(), error.message()));
    }

    @Override
    public Duration waitTimeout(Duration usual) {
        return ports.waitTimeout(identity.user(), usual);
    }

    @Override
    public void onServerClosed(ErrorFields error, boolean isTold) {
        server = null;
        end(error);
    }

    /** Ends the login with an error. */
    public void end(ErrorFields error) {
        if (!isOver) {
            ByteBuf message = wire.allocator().buffer(128);
            error.writeError(message);
            wire.write(message);
            leave(ClientEnd.LOGIN_FAILED, error.message(), error);
        }
    }

    /** Waits in {@code next} from now on, unless it has a server already. */
    public void moveTo(ServerPool next) {
        if (isOver || server != null) {
            return;
        }
        pool.pool().leave(this);
        pool.left();
        pool = next;
        next.entered();
        seekWelcome();
    }

    public Wire wire() {
        return wire;
    }

    public ClientIdentity identity() {
        return identity;
    }

    /** Where it waits, or has got its server from. */
    public ServerPool pool() {
        return pool;
    }

    /** Since when it has waited for a server, or for what that reports. */
    public long sinceNanos() {
        return sinceNanos;
    }

    /** What it has got a server from, and waits for what it reports; null if it still waits for one. */
    public @Nullable ServerSession server() {
        return server;
    }

    private void leave(ClientEnd how, String why, @Nullable ErrorFields told) {
        if (isOver) {
            return;
        }
        isOver = true;
        ports.log().clientEnded(identity.describe(wire), how, why, told);
        pool.left();
        pool.pool().leave(this);
        ServerSession linked = server;
        server = null;
        if (linked != null) {
            linked.unlink(false, false, Snapshot.NEUTRAL);
        }
        wire.close();
    }

    /** Has the login ended, well or badly? */
    public boolean isOver() {
        return isOver;
    }

    @Override
    public void onRead(ByteBuf bytes) {
        frames.feed(bytes);
        try {
            if (frames.next()) {
                leave(ClientEnd.LEFT, ClientEnd.SAID_GOODBYE, null);
            }
        } catch (ProtocolViolation e) {
            end(ProxyError.PROTOCOL.fields(e.text()));
        } finally {
            frames.finish();
        }
    }

    @Override
    public void onClosed() {
        leave(ClientEnd.LEFT, ClientEnd.GONE, null);
        frames.close();
    }

    @Override
    public void deliver(ByteBuf source, int from, int to) {
        // nothing of ours is forwarded
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onWritabilityChanged() {}
}
