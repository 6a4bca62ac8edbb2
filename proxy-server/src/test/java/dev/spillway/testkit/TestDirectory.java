package dev.spillway.testkit;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import com.unboundid.ldap.listener.interceptor.InMemoryInterceptedSimpleBindRequest;
import com.unboundid.ldap.listener.interceptor.InMemoryOperationInterceptor;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldif.LDIFException;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A directory with two users, {@code alice} and {@code bob}, whose password is {@value #PASSWORD}; two entries that share the
 * mail address {@code all@example.net}; and {@code looker}, who may search.
 */
public final class TestDirectory implements AutoCloseable {
    public static final String PASSWORD = "wonder land\"\u00e9";
    public static final String BASE = "dc=example,dc=net";
    public static final String LOOKER = "cn=looker," + BASE;

    private static final InetAddress HERE = InetAddress.getLoopbackAddress();

    private final InMemoryDirectoryServer server;
    private final List<String> binds = new CopyOnWriteArrayList<>();
    private volatile CountDownLatch open = new CountDownLatch(0);

    private TestDirectory(InMemoryListenerConfig... listeners) throws LDAPException, LDIFException {
        InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig(BASE);
        config.setListenerConfigs(listeners);
        config.addInMemoryOperationInterceptor(new Watch());
        config.setSchema(null);
        server = new InMemoryDirectoryServer(config);
        server.add("dn: " + BASE, "objectClass: domain", "dc: example");
        add("uid=alice", PASSWORD, "mail: alice@example.net");
        add("uid=bob", PASSWORD, "mail: all@example.net");
        add("uid=carol", PASSWORD, "mail: all@example.net");
        add("cn=looker", PASSWORD);
        server.startListening();
    }

    /** One more, below the base. */
    public void add(String name, String password, String... more) throws LDAPException, LDIFException {
        String[] lines = new String[more.length + 4];
        System.arraycopy(more, 0, lines, 4, more.length);
        lines[0] = "dn: " + name + ',' + BASE;
        lines[1] = "objectClass: person";
        lines[2] = name.replace("=", ": ");
        lines[3] = "userPassword: " + password;
        server.add(lines);
    }

    /** One that speaks in the clear, and begins TLS if it is asked to and there is a {@code tls}. */
    public static TestDirectory plain(@Nullable SSLContext tls) throws LDAPException, LDIFException {
        return new TestDirectory(
                InMemoryListenerConfig.createLDAPConfig("ldap", HERE, 0, tls == null ? null : tls.getSocketFactory()));
    }

    /** One that speaks TLS from the start. */
    public static TestDirectory secure(SSLContext tls) throws LDAPException, LDIFException, GeneralSecurityException {
        return new TestDirectory(
                InMemoryListenerConfig.createLDAPSConfig("ldaps", HERE, 0, tls.getServerSocketFactory(), null));
    }

    public int port() {
        return server.getListenPort();
    }

    /** By whom it was asked to log somebody in, so far. */
    public List<String> binds() {
        return List.copyOf(binds);
    }

    /** Answers nobody from now on until {@link #release}. */
    public void hold() {
        open = new CountDownLatch(1);
    }

    public void release() {
        open.countDown();
    }

    @Override
    public void close() {
        release();
        server.close();
    }

    private final class Watch extends InMemoryOperationInterceptor {
        @Override
        public void processSimpleBindRequest(InMemoryInterceptedSimpleBindRequest request) {
            binds.add(request.getRequest().getBindDN());
            try {
                open.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
