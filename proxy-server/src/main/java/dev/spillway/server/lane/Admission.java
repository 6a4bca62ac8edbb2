package dev.spillway.server.lane;

import dev.spillway.core.auth.ClientAuth;
import dev.spillway.core.auth.RandomBytes;
import dev.spillway.core.auth.ScramIssuer;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.protocol.startup.ProxyHeader;
import dev.spillway.core.protocol.startup.StartupPacket;
import dev.spillway.core.session.ClientIdentity;
import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.Protection;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.StartupRequest;
import dev.spillway.core.session.WelcomeProbe;
import dev.spillway.core.session.Wire;
import dev.spillway.server.pipeline.ConnectionHandler;
import dev.spillway.server.pipeline.ProxyHeaderHandler;
import dev.spillway.server.transport.TlsContexts;
import io.netty.channel.ChannelPipeline;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who may come in on one lane, and as what. Confined to it. */
final class Admission implements ClientLogin.Reception {
    private static final Logger LOG = LoggerFactory.getLogger(Admission.class);
    private static final int SCRAM_ITERATIONS = 4096;

    private final Lane lane;
    private final Lanes lanes;
    private final LanePools pools;
    private final ConsoleDoor door;
    private final RandomBytes random = RandomBytes.secure();
    private final ScramIssuer issuer = new ScramIssuer(random, SCRAM_ITERATIONS);
    private ProxyConfig config;
    private Credentials credentials;
    private TlsContexts tls;
    private Orders orders = Orders.NONE;
    private boolean isClosed;

    Admission(
            Lane lane,
            Lanes lanes,
            LanePools pools,
            ConsoleDoor door,
            ProxyConfig config,
            Credentials credentials,
            TlsContexts tls) {
        this.lane = lane;
        this.lanes = lanes;
        this.pools = pools;
        this.door = door;
        this.config = config;
        this.credentials = credentials;
        this.tls = tls;
    }

    /** For those who come from now on. */
    void apply(ProxyConfig next, Credentials nextCredentials, TlsContexts nextTls) {
        config = next;
        credentials = nextCredentials;
        tls = nextTls;
    }

    /** For those who come from now on. */
    void apply(Orders next) {
        orders = next;
    }

    /** Whose passwords are known. */
    Set<String> users() {
        return credentials.users();
    }

    /** From now on nobody gets in but to the console. */
    void close() {
        isClosed = true;
    }

    /** What becomes of a client that has said where it is; {@code begin} hears of it, of null if it has not. */
    ProxyHeaderHandler.Gate gate(Consumer<@Nullable SocketAddress> begin) {
        return new ProxyHeaderHandler.Gate() {
            @Override
            public void open(ProxyHeader header) {
                begin.accept(header.client());
            }

            @Override
            public void refused(String peer, String why) {
                if (config.logPoolerErrors()) {
                    LOG.info("client refused {}: {}", peer, why);
                }
            }
        };
    }

    /** Lets a new connection begin with TLS at once, if it may have it. */
    void openDoor(ConnectionHandler client, ChannelPipeline pipeline) {
        if (tls.isOfferedToClients() && pipeline.channel().remoteAddress() instanceof InetSocketAddress) {
            ClientTls.openDoor(() -> tls, client, pipeline);
        }
    }

    @Override
    public boolean offersTls(Wire wire) {
        return ClientTls.isOffered(tls, (ConnectionHandler) wire);
    }

    @Override
    public void secure(Wire wire) {
        ClientTls.secure(tls, (ConnectionHandler) wire);
    }

    @Override
    public ClientAuth authentication(Wire wire, StartupRequest request) {
        Protection protection = wire.protection();
        if (protection == null && ClientTls.isRequired(tls, (ConnectionHandler) wire)) {
            throw new Refused(ProxyError.TLS_REQUIRED.fields());
        }
        boolean isForConsole = ConsoleDoor.isFor(request);
        if (isClosed && !isForConsole) {
            throw new Refused(ProxyError.STARTING_DOWN.fields());
        }
        if (lanes.connected() > config.maxClientConn() && !isForConsole) {
            throw new Refused(ProxyError.TOO_MANY_CLIENTS.fields(config.maxClientConn()));
        }
        if (ConsoleDoor.isKnown(wire, request)) {
            return ClientAuth.trust();
        }
        String certified = protection == null ? null : protection.peerName();
        String user = request.user();
        return ClientAuth.choose(config.authType(), credentials.of(user), user, issuer, certified);
    }

    @Override
    public void admit(Wire wire, StartupRequest request, ClientLogin login) {
        if (ConsoleDoor.isFor(request)) {
            door.admit(config, wire, request, login);
            return;
        }
        if (isClosed) {
            throw new Refused(ProxyError.STARTING_DOWN.fields());
        }
        DatabaseConfig database = config.database(request.database());
        if (database == null) {
            throw new Refused(ProxyError.DATABASE_UNKNOWN.fields(request.database()));
        }
        if (orders.isDisabled(request.database())) {
            throw new Refused(ProxyError.DATABASE_DISABLED.fields(request.database()));
        }
        lanes.limits().enter(config, database, request.user());
        ((ConnectionHandler) wire).whenClosed(() -> lanes.limits().leave(database, request.user()));
        login.writeOk();
        int keyBytes = request.minorVersion() >= 2 ? 32 : 4;
        StartupRequest named = config.applicationNameAddHost() ? request.withHost(wire.peer()) : request;
        ClientIdentity client =
                named.identity(Lanes.newKey(random, keyBytes), config.ignoreStartupParameters(), lane.nowMillis());
        WelcomeProbe.receive(wire, lane, pools.of(database, client, lane.nowNanos()), client);
    }

    @Override
    public void cancel(StartupPacket.CancelRequest request, Runnable ended) {
        lane.cancel(request.key(), ended);
    }
}
