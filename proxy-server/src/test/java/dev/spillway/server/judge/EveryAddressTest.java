package dev.spillway.server.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.unboundid.ldap.sdk.LDAPConnection;
import com.unboundid.ldap.sdk.LDAPConnectionOptions;
import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldap.sdk.NameResolver;
import dev.spillway.testkit.TestDirectory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class EveryAddressTest {
    private static final String HOST = "directory.example.net";

    /** The names of addresses that {@link #HOST} has. */
    private final List<String> known = new ArrayList<>();

    private final LDAPConnectionOptions how = new LDAPConnectionOptions();

    EveryAddressTest() {
        how.setNameResolver(new NameResolver() {
            @Override
            public InetAddress getByName(@Nullable String host) throws UnknownHostException {
                return getAllByName(host)[0];
            }

            @Override
            public InetAddress[] getAllByName(@Nullable String host) throws UnknownHostException {
                if (!HOST.equals(host)) {
                    throw new UnknownHostException(host);
                }
                InetAddress[] found = new InetAddress[known.size()];
                for (int i = 0; i < found.length; i++) {
                    found[i] = InetAddress.ofLiteral(known.get(i));
                }
                return found;
            }

            @Override
            public void toString(StringBuilder text) {
                text.append("test");
            }
        });
    }

    private EveryAddress of(String host, int port) {
        return new EveryAddress(host, port, null, how, null);
    }

    @Test
    void addressThatDoesNotAnswerIsPassedOver() throws Exception {
        known.addAll(List.of("127.0.0.9", "127.0.0.1"));
        try (TestDirectory directory = TestDirectory.plain(null);
                LDAPConnection connection = of(HOST, directory.port()).getConnection()) {
            assertThat(connection.isConnected()).isTrue();
            assertThat(connection.getConnectedAddress()).isEqualTo(HOST); // which is what a certificate has to name
        }
    }

    @Test
    void firstProblemIsSaidIfNoneAnswers() throws Exception {
        known.addAll(List.of("127.0.0.9", "127.0.0.8"));
        int port;
        try (TestDirectory directory = TestDirectory.plain(null)) {
            port = directory.port();
        }
        assertThatThrownBy(() -> of(HOST, port).getConnection())
                .isInstanceOf(LDAPException.class)
                .hasMessageContaining("127.0.0.9");
    }

    @Test
    void nameThatNobodyKnowsIsSaid() {
        assertThatThrownBy(() -> of("nowhere", 389).getConnection())
                .isInstanceOf(LDAPException.class)
                .hasMessage("unknown host 'nowhere'");
        assertThatThrownBy(() -> of(HOST, 389).getConnection()).hasMessage("unknown host '" + HOST + "'");
    }
}
