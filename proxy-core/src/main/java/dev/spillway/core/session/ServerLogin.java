package dev.spillway.core.session;

import dev.spillway.core.auth.ServerAuth;
import dev.spillway.core.auth.ServerAuthStep;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.HostBudget;
import dev.spillway.core.pool.Obstacle;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import io.netty.buffer.ByteBuf;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A server connection from its first byte until a client may have it.
 *
 * <p>Created by the lane when the connection stands; it logs in with nothing but user and database, so that the session
 * is neutral, unless it is for one client only, runs its {@link ConnectQuery} and becomes a {@link ServerSession} in its
 * pool. However it ends, the pool is told once.
 */
public final class ServerLogin implements Phase {
    private final Wire wire;
    private final SessionPorts ports;
    private final ServerPool home;
    private final ServerAuth auth;
    private final FrameReader frames;
    private final ConnectQuery connectQuery;
    private final ReportedParameters parameters = new ReportedParameters(Map.of());
    /** What the host has, if nobody knows yet; null: it is not asked, or has answered. */
    private @Nullable HostQuestion hostQuestion;

    private CancelKey key = new CancelKey(0, new byte[4]);
    private boolean isAuthenticated;
    private boolean isOver;
    private boolean isAbandoned;
    private final long sinceMillis;
    private long sinceNanos;

    /**
     * @param startup what the StartupMessage carries
     * @param connectQuery runs when the login is complete; empty: nothing does
     */
    public ServerLogin(
            Wire wire,
            SessionPorts ports,
            ServerPool home,
            ServerAuth auth,
            Map<String, String> startup,
            String connectQuery) {
        this.wire = wire;
        this.ports = ports;
        this.home = home;
        this.auth = auth;
        this.connectQuery = new ConnectQuery(connectQuery);
        this.frames = new FrameReader(wire.allocator(), BackendType.LOGIN_RULES);
        ByteBuf message = wire.allocator().buffer(128);
        FrontendMessages.startup(message, startup);
        wire.write(message);
        wire.flush();
        this.sinceMillis = ports.nowMillis();
        this.sinceNanos = ports.nowNanos();
        ports.log().serverConnected(subject());
    }

    @Override
    public void onRead(ByteBuf bytes) {
        frames.feed(bytes);
        try {
            while (!isOver && frames.next()) {
                onMessage();
            }
        } catch (ProtocolViolation e) {
            end(unreachable(e.text()), false);
        } finally {
            frames.finish();
        }
    }

    private void onMessage() {
        if (frames.isContinuation()) {
            return; // of a row that nobody reads
        }
        requireTurn(frames.type());
        switch (frames.type()) {
            case BackendType.PARAMETER_STATUS -> parameters.read(frames.body());
            case BackendType.READY_FOR_QUERY -> onReady();
            default -> {
                HostQuestion asked = hostQuestion;
                if (asked != null) {
                    asked.onMessage(frames);
                } else if (connectQuery.isRunning()) {
                    connectQuery.onMessage(frames);
                    failIfUseless();
                } else {
                    onLoginMessage(frames.body());
                }
            }
        }
    }

    private void onLoginMessage(MessageCursor body) {
        switch (frames.type()) {
            case BackendType.AUTHENTICATION -> onStep(auth.onRequest(body.readInt(), body.readBytes(body.remaining())));
            case BackendType.BACKEND_KEY_DATA -> onKey(new CancelKey(body.readInt(), body.readBytes(body.remaining())));
            case BackendType.ERROR_RESPONSE -> onError(ErrorFields.read(body));
            default -> {
                // a notice, which nobody is there to read
            }
        }
    }

    private void onKey(CancelKey own) {
        key = own;
        host().owns(own.processId(), ports.nowNanos());
    }

    private HostBudget host() {
        return home.pool().share().host();
    }

    /** Without AuthenticationOk a server has not proved itself, whatever else it says. */
    private void requireTurn(byte type) {
        boolean isForAuthenticated = type == BackendType.PARAMETER_STATUS
                || type == BackendType.BACKEND_KEY_DATA
                || type == BackendType.READY_FOR_QUERY;
        if (isForAuthenticated && !isAuthenticated) {
            throw new ProtocolViolation("the server sent message type '" + (char) type + "' before AuthenticationOk");
        }
    }

    private void onStep(ServerAuthStep step) {
        switch (step) {
            case ServerAuthStep.Send(byte[] body) -> {
                ByteBuf message = wire.allocator().buffer(body.length + 5);
                FrontendMessages.password(message, body);
                wire.write(message);
                wire.flush();
            }
            case ServerAuthStep.NeedsDerivation(var derivation) ->
                ports.derive(derivation, salted -> {
                    if (!isOver) {
                        onStep(auth.resume(salted));
                    }
                });
            case ServerAuthStep.Proceed() -> {}
            case ServerAuthStep.Ok() -> isAuthenticated = true;
            case ServerAuthStep.Failed(String text) -> end(unreachable(text), true);
        }
    }

    /** Where it is for one client, whether to try again is that client's to decide. */
    private void onError(ErrorFields error) {
        end(error, Obstacle.of(error) == Obstacle.FORBIDDEN || home.isOfOneClient());
    }

    private void onReady() {
        if (frames.hasMore()) {
            throw new ProtocolViolation("the server sent more than its first ReadyForQuery");
        }
        byte status = frames.body().readByte();
        if (status != 'I' && !connectQuery.isRunning()) {
            throw new ProtocolViolation("the server begins inside a transaction");
        }
        if (asksHost()) {
            return;
        }
        String sql = connectQuery.next(status);
        if (sql != null) {
            run(sql);
        } else if (connectQuery.problem() == null) {
            succeed();
        } else {
            failIfUseless();
        }
    }

    /** Has the host something to be asked before all else? */
    private boolean asksHost() {
        HostQuestion asked = hostQuestion;
        if (asked == null && !connectQuery.isRunning() && host().claimFirstReading(ports.nowNanos())) {
            asked = new HostQuestion(host());
            hostQuestion = asked;
        }
        String sql = asked == null ? null : asked.next(ports.nowNanos());
        if (sql == null) {
            hostQuestion = null;
            return false;
        }
        run(sql);
        return true;
    }

    private void run(String sql) {
        frames.changeRules(ConnectQuery.RULES);
        ByteBuf message = wire.allocator().buffer(sql.length() + 16);
        FrontendMessages.query(message, sql);
        wire.write(message);
        wire.flush();
    }

    private void failIfUseless() {
        String problem = connectQuery.problem();
        if (problem != null) {
            end(unreachable("connect_query failed: " + problem), !connectQuery.mayPass());
        }
    }

    /** Since when the server has been wanted, if not since now. */
    public void wantedSince(long nanos) {
        sinceNanos = nanos;
    }

    private LogSubject subject() {
        return LogSubject.server(wire, home, "", sinceMillis);
    }

    private ErrorFields unreachable(String why) {
        return ProxyError.SERVER_UNREACHABLE.fields(home.pool().name(), why);
    }

    private void succeed() {
        isOver = true;
        ServerGreeting greeting = new ServerGreeting(key, parameters.now(), connectQuery.base(), ports.nowMillis());
        ServerSession session = new ServerSession(wire, ports, home, greeting);
        wire.become(session);
        home.servers().add(session);
        home.learnWelcome(home.settingsAtLogin(), session.session().parameters());
        ports.log().serverOpened(LogSubject.server(wire, home, " pid " + key.processId(), sinceMillis));
        home.pool().counters().connected(ports.nowNanos() - sinceNanos);
        home.pool().onOpened(session, ports.nowNanos());
        wire.flush();
    }

    /** Gives up, for instance because server_connect_timeout is over. */
    public void fail(ErrorFields error, boolean isFinal) {
        if (!isOver && connectQuery.isRunning()) {
            ports.sendCancel(wire, key, isCertain -> {}); // it would run on, unseen
        }
        end(error, isFinal);
    }

    /** Ends it for no fault of the server's: its pool wants none any more. */
    public void abandon() {
        if (!isOver) {
            isOver = true;
            isAbandoned = true;
            leaveHostQuestion();
            ports.log().serverEnded(subject(), false, "not wanted any more");
            if (connectQuery.isRunning()) {
                ports.sendCancel(wire, key, isCertain -> {});
            }
            home.pool().onOpenAbandoned();
            wire.close();
        }
    }

    private void end(ErrorFields error, boolean isFinal) {
        if (!isOver) {
            isOver = true;
            leaveHostQuestion();
            ports.log().serverRefused(subject(), error);
            home.pool().onOpenFailed(error, isFinal, ports.nowNanos());
            wire.close();
        }
    }

    private void leaveHostQuestion() {
        HostQuestion asked = hostQuestion;
        hostQuestion = null;
        if (asked != null) {
            asked.leave();
        }
    }

    /** Was it ended for no fault of the server's? */
    public boolean isAbandoned() {
        return isAbandoned;
    }

    /** Has it ended, well or badly? */
    public boolean isOver() {
        return isOver;
    }

    @Override
    public void onReadComplete() {}

    @Override
    public void onWritabilityChanged() {}

    @Override
    public void onClosed() {
        frames.close();
        end(unreachable("the server closed the connection"), false);
    }
}
