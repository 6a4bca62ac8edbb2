package dev.spillway.core.session;

import dev.spillway.core.auth.ServerAuth;
import dev.spillway.core.auth.ServerAuthStep;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.CancelKey;
import dev.spillway.core.protocol.FrameReader;
import dev.spillway.core.protocol.MessageCursor;
import dev.spillway.core.protocol.ProtocolViolation;
import dev.spillway.core.protocol.backend.BackendType;
import dev.spillway.core.protocol.backend.ErrorFields;
import dev.spillway.core.protocol.frontend.FrontendMessages;
import io.netty.buffer.ByteBuf;
import java.util.Map;

/**
 * A server connection from its first byte to its first ReadyForQuery.
 *
 * <p>Created by the lane when the connection stands; it logs in with nothing but user and database, so that the session
 * is neutral, unless it is for one client only. It becomes a {@link ServerSession} in its pool. However it ends, the pool
 * is told once.
 */
public final class ServerLogin implements Phase {
    private final Wire wire;
    private final SessionPorts ports;
    private final ServerPool home;
    private final ServerAuth auth;
    private final FrameReader frames;
    private final ReportedParameters parameters = new ReportedParameters(Map.of());
    private CancelKey key = new CancelKey(0, new byte[4]);
    private boolean isAuthenticated;
    private boolean isOver;

    /** {@code startup} is what the StartupMessage carries. */
    public ServerLogin(Wire wire, SessionPorts ports, ServerPool home, ServerAuth auth, Map<String, String> startup) {
        this.wire = wire;
        this.ports = ports;
        this.home = home;
        this.auth = auth;
        this.frames = new FrameReader(wire.allocator(), BackendType.LOGIN_RULES);
        ByteBuf message = wire.allocator().buffer(128);
        FrontendMessages.startup(message, startup);
        wire.write(message);
        wire.flush();
    }

    @Override
    public void onRead(ByteBuf bytes) {
        frames.feed(bytes);
        try {
            while (!isOver && frames.next()) {
                onMessage();
            }
        } catch (ProtocolViolation e) {
            fail(ProxyError.SERVER_UNREACHABLE.fields(home.pool().name(), e.text()), false);
        } finally {
            frames.finish();
        }
    }

    private void onMessage() {
        MessageCursor body = frames.body();
        requireTurn(frames.type());
        switch (frames.type()) {
            case BackendType.AUTHENTICATION -> onStep(auth.onRequest(body.readInt(), body.readBytes(body.remaining())));
            case BackendType.PARAMETER_STATUS -> parameters.read(body);
            case BackendType.BACKEND_KEY_DATA -> key = new CancelKey(body.readInt(), body.readBytes(body.remaining()));
            case BackendType.ERROR_RESPONSE -> onError(ErrorFields.read(body));
            case BackendType.READY_FOR_QUERY -> succeed();
            default -> {
                // a notice, which nobody is there to read
            }
        }
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
            case ServerAuthStep.Failed(String text) ->
                fail(ProxyError.SERVER_UNREACHABLE.fields(home.pool().name(), text), true);
        }
    }

    /**
     * Trying again is of no use for some classes of SQLSTATE: refused, no such database, no right to it. Where it is for one
     * client, whether to try again is that client's to decide.
     */
    private void onError(ErrorFields error) {
        String sqlstate = error.sqlstate();
        boolean isFinal = sqlstate.startsWith("28") || sqlstate.equals("3D000") || sqlstate.equals("42501");
        fail(error, isFinal || home.isOfOneClient());
    }

    private void succeed() {
        if (frames.hasMore()) {
            throw new ProtocolViolation("the server sent more than its first ReadyForQuery");
        }
        if (frames.body().readByte() != 'I') {
            throw new ProtocolViolation("the server begins inside a transaction");
        }
        isOver = true;
        ServerSession session = new ServerSession(wire, ports, home, key, parameters.now());
        wire.become(session);
        home.servers().add(session);
        home.learnWelcome(home.settingsAtLogin(), session.parameters());
        ports.log("server opened", home.pool().name() + " pid " + key.processId(), null);
        home.pool().onOpened(session, ports.nowNanos());
        wire.flush();
    }

    /** Gives up, for instance because server_connect_timeout is over. */
    public void fail(ErrorFields error, boolean isFinal) {
        if (!isOver) {
            isOver = true;
            ports.log("server login failed", home.pool().name(), error.sqlstate() + " " + error.message());
            home.pool().onOpenFailed(error, isFinal, ports.nowNanos());
            wire.close();
        }
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
        fail(ProxyError.SERVER_UNREACHABLE.fields(home.pool().name(), "the server closed the connection"), false);
    }
}
