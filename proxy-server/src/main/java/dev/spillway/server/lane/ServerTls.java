package dev.spillway.server.lane;

import dev.spillway.core.config.SslMode;
import dev.spillway.core.session.Phase;
import dev.spillway.core.session.Protection;
import dev.spillway.core.session.TlsRequest;
import dev.spillway.core.session.Wire;
import dev.spillway.server.pipeline.ConnectionHandler;
import dev.spillway.server.pipeline.TlsListener;
import dev.spillway.server.transport.CertificateNames;
import dev.spillway.server.transport.TlsContexts;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.X509Certificate;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a server from the moment it stands until it is protected, as far as {@link Target} asks for it. Confined to
 * the lane of the connection. However that ends, {@link Next} is told once.
 */
final class ServerTls implements TlsRequest.Outcome, TlsListener {
    /**
     * Whom the connection is to, and what proves it.
     *
     * @param host as configured, a name or an address
     */
    record Target(String host, int port, SslMode mode) {}

    /** What the connection is for. */
    interface Next {
        /** It is as safe as it is to be: what it begins with now. */
        Phase begin(Wire wire);

        /** It is of no use; it is being closed. */
        void onUseless(String why);
    }

    private final TlsContexts contexts;
    private final Target target;
    private final ConnectionHandler wire;
    private final Next next;
    private final TlsRequest request;
    /** What the handshake is made with; null: not known yet. */
    private @Nullable SslContext context;

    private ServerTls(
            TlsContexts contexts, @Nullable SslContext context, Target target, ConnectionHandler wire, Next next) {
        this.contexts = contexts;
        this.context = context;
        this.target = target;
        this.wire = wire;
        this.next = next;
        this.request = new TlsRequest(wire, target.mode(), this);
    }

    /** The phase that a new connection begins with. */
    static Phase begin(TlsContexts contexts, Target target, Wire wire, Next next) {
        return new ServerTls(contexts, null, target, (ConnectionHandler) wire, next).request;
    }

    /** The same with what another connection uses; the caller keeps {@code context} until this one has ended. */
    static Phase begin(TlsContexts contexts, @Nullable SslContext context, Target target, Wire wire, Next next) {
        return new ServerTls(contexts, context, target, (ConnectionHandler) wire, next).request;
    }

    /** What the handshake of {@code connection} was made with; null: there was none. */
    static @Nullable SslContext contextOf(ConnectionHandler connection) {
        return connection.tls() instanceof ServerTls tls ? tls.context : null;
    }

    /** How the connection is protected; null: not at all. */
    static @Nullable Target targetOf(ConnectionHandler connection) {
        return connection.tls() instanceof ServerTls tls ? tls.target : null;
    }

    @Override
    public void plain() {
        wire.become(next.begin(wire));
    }

    @Override
    public void failed(String why) {
        next.onUseless(why);
        wire.close();
    }

    @Override
    public void secure() {
        SslContext given = context;
        if (given != null) {
            shakeHands(given, null);
            return;
        }
        CompletableFuture<SslContext> found = contexts.forServers(target.mode());
        if (found.isDone()) {
            var _ = found.whenComplete(this::shakeHands);
        } else {
            var _ = found.whenCompleteAsync(this::shakeHands, wire::execute);
        }
    }

    /** Whatever fails here must be told: nobody hears of what is thrown. */
    private void shakeHands(@Nullable SslContext found, @Nullable Throwable failure) {
        if (found == null) {
            request.fail("TLS cannot be set up: " + failure);
        } else if (wire.isOpen()) {
            try {
                wire.secure(contexts.toServer(found, wire.allocator(), target.host(), target.port()), this);
                context = found;
            } catch (RuntimeException e) {
                request.fail("TLS cannot be set up: " + e);
            }
        }
    }

    @Override
    public Protection protection(SslHandler handler) {
        return TlsContexts.protection(handler, target.mode().isVerifying());
    }

    @Override
    public void onSecured(SslHandler handler) {
        String problem = target.mode() == SslMode.VERIFY_FULL ? problem(handler) : null;
        if (problem == null) {
            request.succeed();
            wire.become(next.begin(wire));
        } else {
            request.fail(problem);
        }
    }

    private @Nullable String problem(SslHandler handler) {
        X509Certificate certificate = TlsContexts.certificate(handler);
        return certificate == null
                ? "the server has no certificate"
                : CertificateNames.problem(certificate, target.host());
    }

    @Override
    public void onFailed(String why) {
        request.fail(why);
    }
}
