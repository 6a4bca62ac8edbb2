package dev.spillway.server.lane;

import dev.spillway.core.auth.AccessMethod;
import dev.spillway.core.auth.AccessRequest;
import dev.spillway.core.auth.AccessRule;
import dev.spillway.core.auth.ClientAuth;
import dev.spillway.core.auth.IdentMap;
import dev.spillway.core.auth.ScramIssuer;
import dev.spillway.core.auth.StoredSecret;
import dev.spillway.core.auth.Witness;
import dev.spillway.core.config.LdapOptions;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.error.ProxyError;
import dev.spillway.core.protocol.startup.Replication;
import dev.spillway.core.session.Protection;
import dev.spillway.core.session.Refused;
import dev.spillway.core.session.StartupRequest;
import dev.spillway.server.pipeline.ConnectionHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How one client has to prove who it is, by auth_type or by the rule of auth_hba_file that it fits. Immutable.
 *
 * @param map what others may call the user; null: as it calls itself
 * @param witness what they say
 */
record Access(AccessMethod method, @Nullable IdentMap map, Witness witness) {
    /**
     * For {@code client}, which wants what {@code request} says.
     *
     * @throws Refused if there is nothing it could do to get in
     */
    static Access of(ProxyConfig config, Credentials credentials, ConnectionHandler client, StartupRequest request) {
        AccessMethod ofAll = AccessMethod.of(config.authType());
        if (ofAll != null) {
            return new Access(ofAll, null, witness(ofAll, config.authLdapOptions(), credentials, client));
        }
        AccessRule rule = credentials.rules().find(asked(client, request));
        if (rule == null) {
            throw new Refused(ProxyError.NO_AUTHENTICATION_METHOD.fields());
        }
        if (rule.method() == AccessMethod.REJECT) {
            throw new Refused(
                    ProxyError.LOGIN_REJECTED.fields(), "login rejected by line " + rule.line() + " of auth_hba_file");
        }
        return new Access(rule.method(), rule.map(), witness(rule.method(), rule.ldap(), credentials, client));
    }

    private static AccessRequest asked(ConnectionHandler client, StartupRequest request) {
        return new AccessRequest(
                address(client),
                client.protection() != null,
                request.replication() == Replication.PHYSICAL,
                request.database(),
                request.user());
    }

    /** Null: it is at a Unix socket. */
    private static @Nullable InetAddress address(ConnectionHandler client) {
        return client.remoteAddress() instanceof InetSocketAddress tcp
                ? Objects.requireNonNull(tcp.getAddress()) // none would be taken for a Unix socket
                : null;
    }

    private static @Nullable String host(ConnectionHandler client) {
        InetAddress address = address(client);
        return address == null ? null : address.getHostAddress();
    }

    private static Witness witness(
            AccessMethod method, @Nullable LdapOptions ldap, Credentials credentials, ConnectionHandler client) {
        Protection protection = client.protection();
        return switch (method) {
            case CERT -> Witness.certificate(protection == null ? null : protection.peerName());
            case PEER -> Witness.peer(client.peerProcess().user(credentials.systemUsers()));
            case LDAP -> Witness.judge(credentials.judges().directory(Objects.requireNonNull(ldap)), host(client));
            case PAM -> Witness.judge(credentials.judges().system(), host(client));
            case TRUST, REJECT, PASSWORD, MD5, SCRAM_SHA_256 -> Witness.NONE;
        };
    }

    /** The same, but that SCRAM is asked for instead of MD5 if {@code isScramUsual}. */
    Access orScram(boolean isScramUsual) {
        return isScramUsual && method == AccessMethod.MD5 ? new Access(AccessMethod.SCRAM_SHA_256, map, witness) : this;
    }

    /** What proves that the client is {@code user}, of whom {@code secret} is known. */
    ClientAuth machine(String user, @Nullable StoredSecret secret, ScramIssuer issuer) {
        return ClientAuth.choose(method, map, secret, user, issuer, witness);
    }
}
