package dev.spillway.server.transport;

import dev.spillway.core.config.SslMode;
import dev.spillway.core.session.Protection;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Keys, certificates and rules of TLS on both sides, as one configuration has them. Made on any thread that may block; usable
 * from all lanes. A reload makes new ones, and {@link #release} ends these: connections that were made with them go on.
 */
public final class TlsContexts {
    private final @Nullable SslContext clients;
    private final List<String> clientGroups;
    private final SslMode clientMode;
    private final TlsRules servers;
    private final Executor work;
    private @Nullable CompletableFuture<SslContext> trustingContext;
    private @Nullable CompletableFuture<SslContext> verifyingContext;
    private boolean isReleased;

    /**
     * @param clients for connections of clients; null: they get no TLS
     * @param clientGroups for their key exchange; empty: the library's
     * @param clientMode what is asked of clients
     * @param servers for connections to servers, if not for whether their certificates are looked at
     * @param work runs what takes milliseconds
     */
    public TlsContexts(
            @Nullable SslContext clients,
            List<String> clientGroups,
            SslMode clientMode,
            TlsRules servers,
            Executor work) {
        this.clients = clients;
        this.clientGroups = clientGroups;
        this.clientMode = clientMode;
        this.servers = servers;
        this.work = work;
    }

    /** May clients ask for TLS? */
    public boolean isOfferedToClients() {
        return clients != null;
    }

    /** Must clients ask for TLS? */
    public boolean isRequiredOfClients() {
        return clientMode.isRequired();
    }

    /** Is a client's certificate known to be genuine? */
    public boolean areClientsVerified() {
        return clientMode.isVerifying();
    }

    /** For one connection of a client. */
    public SslHandler forClient(ByteBufAllocator allocator) {
        if (clients == null) {
            throw new IllegalStateException("no TLS is offered to clients");
        }
        SslHandler handler = bare(clients.newHandler(allocator, work));
        if (!clientGroups.isEmpty() && clients instanceof JdkSslContext) {
            SSLParameters parameters = handler.engine().getSSLParameters();
            parameters.setNamedGroups(clientGroups.toArray(String[]::new));
            handler.engine().setSSLParameters(parameters);
        }
        return handler;
    }

    /** For connections to servers; done at once, but for the first time. */
    public synchronized CompletableFuture<SslContext> forServers(SslMode mode) {
        if (isReleased) {
            return CompletableFuture.failedFuture(new SSLException("the configuration has changed meanwhile"));
        }
        if (mode.isVerifying()) {
            verifyingContext = verifyingContext == null ? build(servers.verifying(true)) : verifyingContext;
            return verifyingContext;
        }
        trustingContext = trustingContext == null ? build(servers.verifying(false)) : trustingContext;
        return trustingContext;
    }

    private CompletableFuture<SslContext> build(TlsRules rules) {
        CompletableFuture<SslContext> built = new CompletableFuture<>();
        work.execute(() -> {
            try {
                built.complete(rules.forServers());
            } catch (SSLException | RuntimeException e) {
                built.completeExceptionally(e);
            }
        });
        return built;
    }

    /** For one connection to {@code host}, whose name is told to the server, as libpq does. */
    public SslHandler toServer(SslContext context, ByteBufAllocator allocator, String host, int port) {
        boolean isName = !NetUtil.isValidIpV4Address(host) && !NetUtil.isValidIpV6Address(host);
        return bare(isName ? context.newHandler(allocator, host, port, work) : context.newHandler(allocator, work));
    }

    /** How long a handshake may take is the lane's to say. */
    private static SslHandler bare(SslHandler handler) {
        handler.setHandshakeTimeoutMillis(0);
        return handler;
    }

    /** What a connection is protected by after its handshake. */
    public static Protection protection(SslHandler handler, boolean isPeerVerified) {
        SSLSession session = handler.engine().getSession();
        X509Certificate certificate = isPeerVerified ? certificate(handler) : null;
        return new Protection(
                session.getProtocol(),
                TlsCiphers.openSslName(session.getCipherSuite()),
                certificate == null ? null : CertificateNames.commonName(certificate));
    }

    /** What the peer has proved to hold; null if it has shown none. */
    public static @Nullable X509Certificate certificate(SslHandler handler) {
        try {
            return handler.engine().getSession().getPeerCertificates()[0] instanceof X509Certificate own ? own : null;
        } catch (SSLPeerUnverifiedException e) {
            return null;
        }
    }

    /** No new connection is made with them. */
    public synchronized void release() {
        if (isReleased) {
            return;
        }
        isReleased = true;
        ReferenceCountUtil.release(clients);
        releaseWhenBuilt(trustingContext);
        releaseWhenBuilt(verifyingContext);
    }

    private static void releaseWhenBuilt(@Nullable CompletableFuture<SslContext> context) {
        if (context != null) {
            var _ = context.thenAccept(ReferenceCountUtil::release);
        }
    }
}
