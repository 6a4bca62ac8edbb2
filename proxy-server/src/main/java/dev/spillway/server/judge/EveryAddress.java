package dev.spillway.server.judge;

import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPConnectionPoolHealthCheck;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.PostConnectProcessor;
import com.unboundid.ldap.sdk.ResultCode;
import com.unboundid.ldap.sdk.ServerSet;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * A directory at all addresses of its name, which are tried in their order. The library's own set for that lets one ask at a time.
 * Usable from any thread.
 */
final class EveryAddress extends ServerSet {
    private final String host;
    private final int port;
    private final @Nullable SocketFactory sockets;
    private final LDAPConnectionOptions how;
    private final @Nullable PostConnectProcessor first;

    /**
     * @param sockets null: plain ones
     * @param first what happens on a new connection before anything else; null: nothing
     */
    EveryAddress(
            String host,
            int port,
            @Nullable SocketFactory sockets,
            LDAPConnectionOptions how,
            @Nullable PostConnectProcessor first) {
        this.host = host;
        this.port = port;
        this.sockets = sockets;
        this.how = how;
        this.first = first;
    }

    @Override
    public LDAPConnection getConnection() throws LDAPException {
        return getConnection(null);
    }

    @Override
    public LDAPConnection getConnection(@Nullable LDAPConnectionPoolHealthCheck check) throws LDAPException {
        LDAPException failed = null;
        for (InetAddress address : addresses()) {
            LDAPConnection connection = new LDAPConnection(sockets, how);
            try {
                connection.connect(host, address, port, how.getConnectTimeoutMillis());
                doBindPostConnectAndHealthCheckProcessing(connection, null, first, check);
                return connection;
            } catch (LDAPException e) {
                connection.close();
                if (failed == null) {
                    failed = e;
                } else {
                    failed.addSuppressed(e);
                }
            }
        }
        throw failed == null ? unknown(null) : failed;
    }

    private List<InetAddress> addresses() throws LDAPException {
        try {
            return Arrays.asList(how.getNameResolver().getAllByName(host));
        } catch (UnknownHostException e) {
            throw unknown(e);
        }
    }

    private LDAPException unknown(@Nullable UnknownHostException cause) {
        return new LDAPException(ResultCode.CONNECT_ERROR, "unknown host '" + host + '\'', cause);
    }

    @Override
    public void toString(StringBuilder text) {
        text.append("EveryAddress(").append(host).append(':').append(port).append(')');
    }
}
