package dev.spillway.server.lane;

import dev.spillway.core.auth.AccessMethod;
import dev.spillway.core.auth.ClientAuth;
import dev.spillway.core.auth.RandomBytes;
import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.pool.Orders;
import dev.spillway.core.protocol.startup.ProxyHeader;
import dev.spillway.core.protocol.startup.StartupPacket;
import dev.spillway.core.session.ClientIdentity;
import dev.spillway.core.session.ClientLogin;
import dev.spillway.core.session.FoundUser;
import dev.spillway.core.session.IgnoredParameters;
import dev.spillway.core.session.Proof;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.StartupRequest;
import dev.spillway.core.session.UserLookup;
import dev.spillway.core.session.WelcomeProbe;
import dev.spillway.core.session.Wire;
import dev.spillway.server.pipeline.ConnectionHandler;
import dev.spillway.server.pipeline.ProxyHeaderHandler;
import dev.spillway.server.transport.TlsContexts;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
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
    private final Lane lane;
    private final Lanes lanes;
    private final LanePools pools;
    private final ConsoleDoor door;
    private final LimitedLines limited;
    private final RandomBytes random = RandomBytes.secure();
    private final UserLookups lookups;
    private ProxyConfig config;
    private IgnoredParameters ignored;
    private Credentials credentials;
    private TlsContexts tls;
    private Orders orders = Orders.NONE;
    private boolean isClosed;
    private long cancelRequests;
    /** Was the last user who was found one that MD5 is asked of? So whoever is not found is asked the same. */
    private boolean isMd5Usual;

    Admission(
            Lane lane,
            Lanes lanes,
            LanePools pools,
            ConsoleDoor door,
            LimitedLines limited,
            ProxyConfig config,
            Credentials credentials,
            TlsContexts tls) {
        this.lane = lane;
        this.lanes = lanes;
        this.pools = pools;
        this.door = door;
        this.limited = limited;
        this.config = config;
        this.ignored = IgnoredParameters.of(config);
        this.credentials = credentials;
        this.tls = tls;
        this.lookups = new UserLookups(lane, pools, config);
    }

    /** For those who come from now on. */
    void apply(ProxyConfig next, Credentials nextCredentials, TlsContexts nextTls) {
        config = next;
        ignored = IgnoredParameters.of(next);
        credentials = nextCredentials;
        tls = nextTls;
        lookups.apply(next);
    }

    /** For those who come from now on. */
    void apply(Orders next) {
        orders = next;
        lookups.apply(next);
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
                if (config.log().logPoolerErrors() && limited.ofPeer("client refused", peer)) {
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

    /** As for clients; null: they get none. */
    @Nullable
    SslHandler tls(ByteBufAllocator allocator) {
        return tls.isOfferedToClients() ? tls.forClient(allocator) : null;
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
    public Proof authentication(Wire wire, StartupRequest request) {
        if (wire.protection() == null && ClientTls.isRequired(tls, (ConnectionHandler) wire)) {
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
            return Proof.by(ClientAuth.trust(), request);
        }
        Access access = Access.of(config, credentials, (ConnectionHandler) wire, request);
        StoredSecret known = credentials.of(request.user());
        boolean isUnknown = known == null
                && config.authType() != AuthType.ANY
                && !access.method().isJudgedByOthers();
        UserLookup lookup = isUnknown ? lookups.of(request) : null;
        if (isUnknown && lookup == null && access.method() == AccessMethod.TRUST && config.authFile() != null) {
            throw noSuchUser(request);
        }
        return lookup == null
                ? Proof.by(access.machine(request.user(), known, lanes.issuer()), request)
                : new Proof.After(lookup, found -> found(wire, request, access, found));
    }

    /** Whoever is believed without a proof has to be one of those who are listed, if there is a list. */
    private static Refused noSuchUser(StartupRequest request) {
        return new Refused(ProxyError.TRUST_REFUSED.fields(request.user()), "no such user");
    }

    /** A user was looked up. One who is not there has to prove as much, and in the same way, as those who are. */
    private Proof.By found(Wire wire, StartupRequest request, Access access, @Nullable FoundUser found) {
        if (found == null) {
            if (access.method() == AccessMethod.TRUST) {
                throw noSuchUser(request);
            }
            Access usual = access.orScram(!isMd5Usual);
            return new Proof.By(usual.machine(request.user(), null, lanes.issuer()), request, null);
        }
        StartupRequest as = request.as(found.name());
        Access own = found.name().equals(request.user())
                ? access
                : Access.of(config, credentials, (ConnectionHandler) wire, as);
        StoredSecret secret = found.secret();
        if (secret.isEmpty()) {
            return new Proof.By(own.orScram(!isMd5Usual).machine(as.user(), secret, lanes.issuer()), as, null);
        }
        isMd5Usual = secret instanceof StoredSecret.Md5 || secret instanceof StoredSecret.Plain;
        return new Proof.By(own.machine(as.user(), secret, lanes.issuer()), as, secret);
    }

    @Override
    public void admit(Wire wire, StartupRequest request, ClientLogin login) {
        if (ConsoleDoor.isFor(request)) {
            door.admit(config, wire, request, login, lanes.limits());
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
        ((ConnectionHandler) wire).whenClosed(() -> lanes.limits().leave(database.name(), request.user()));
        credentials.learn(request.database(), request.user(), login.secret(), login.isJudgedByOthers());
        login.writeOk();
        int keyBytes = request.minorVersion() >= 2 ? 32 : 4;
        StartupRequest named = config.applicationNameAddHost() ? request.withHost(wire.peer()) : request;
        ClientIdentity client = named.identity(Lanes.newKey(random, keyBytes), ignored, lane.nowMillis());
        WelcomeProbe.receive(wire, lane, pools.of(database, client, lane.nowNanos()), client, login.sinceNanos());
    }

    /** How many cancel requests have come. */
    long cancelRequests() {
        return cancelRequests;
    }

    @Override
    public void cancel(StartupPacket.CancelRequest request, Runnable ended) {
        cancelRequests++;
        lane.cancel(request.key(), ended);
    }
}
