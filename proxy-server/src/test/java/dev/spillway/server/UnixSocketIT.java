package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Transport;
import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.IsolationOracle;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Unix sockets on both sides. */
class UnixSocketIT {
    private static final String SERVER_SOCKET =
            PostgresFixture.embeddedSocketDirectory().toString();

    private final PostgresFixture postgres = PostgresFixture.embedded();
    private final Endpoint direct = postgres.endpoint();

    @TempDir
    private Path directory = Path.of("");

    private ProxyConfig listening(Transport transport) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2)
                .with(Settings.TRANSPORT, transport)
                .with(Settings.UNIX_SOCKET_DIR, directory.toString());
    }

    private ProxyConfig connecting(Transport transport, String host) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2)
                .with(DatabaseConfig.named(ProxyConfig.FALLBACK)
                        .with(DatabaseSettings.HOST, host)
                        .with(DatabaseSettings.PORT, direct.port()))
                .with(Settings.LANES, 2)
                .with(Settings.TRANSPORT, transport);
    }

    private Path file(int port) {
        return directory.resolve(".s.PGSQL." + port);
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    /** A client on the socket, logged in. */
    private SocketChannel logIn(UnixDomainSocketAddress address) throws IOException {
        SocketChannel socket = SocketChannel.open(address);
        socket.write(ByteBuffer.wrap(
                Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", direct.user(), "database", direct.database()))));
        DataInputStream in = new DataInputStream(Channels.newInputStream(socket));
        char type;
        do {
            type = (char) in.readUnsignedByte();
            in.readNBytes(in.readInt() - 4);
        } while (type != 'Z' && type != 'E');
        assertThat(type).isEqualTo('Z');
        return socket;
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void clientsOfTheSocketAreShownAsUnixAndItsFileGoesWithTheProxy(Transport transport) throws IOException {
        Path file;
        try (RunningProxy proxy = new RunningProxy(listening(transport))) {
            int port = proxy.proxy().port();
            file = file(port);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rwxrwxrwx");
            try (SocketChannel client = logIn(UnixDomainSocketAddress.of(file));
                    WireClient console = WireClient.connect(through(proxy).withDatabase("spillway"))) {
                assertThat(client.isConnected()).isTrue();
                var row = console.query("show clients").get(1).columns();
                assertThat(row.subList(5, 9)).containsExactly("unix", "" + port, "unix", "" + port);
            }
            assertThat(proxy.log().lines()).noneMatch(line -> line.contains("client login failed"));
            assertThat(proxy.log().defects()).isEmpty();
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void psqlFindsTheSocketByItsDirectory() throws IOException {
        ClientProgram psql = ClientProgram.find("psql", directory, List.of("psql"), "--version");
        try (RunningProxy proxy = new RunningProxy(listening(Transport.AUTO))) {
            String port = String.valueOf(proxy.proxy().port());
            var outcome = psql.run(
                    "-XAt", "-h", directory.toString(), "-p", port, "-U", "bench", "-c", "select 41 + 1", "bench");
            assertThat(outcome.assertQuiet().out()).isEqualTo("42\n");
        }
    }

    @Test
    void abstractSocketNeedsNoFile() throws IOException {
        ClientProgram psql = ClientProgram.find("psql", directory, List.of("psql"), "--version");
        ProxyConfig config = listening(Transport.AUTO).with(Settings.UNIX_SOCKET_DIR, "@spillway-" + direct.port());
        try (RunningProxy first = new RunningProxy(config);
                RunningProxy second = new RunningProxy(connecting(Transport.EPOLL, "@spillway-" + direct.port())
                        .with(DatabaseConfig.named(ProxyConfig.FALLBACK)
                                .with(DatabaseSettings.HOST, "@spillway-" + direct.port())
                                .with(DatabaseSettings.PORT, first.proxy().port())));
                WireClient client = WireClient.connect(through(second))) {
            assertThat(client.queryOne("select 1")).isEqualTo("1");
            String port = String.valueOf(first.proxy().port());
            var outcome = psql.run(
                    "-XAt", "-h", "@spillway-" + direct.port(), "-p", port, "-U", "bench", "-c", "select 1", "bench");
            assertThat(outcome.assertQuiet().out()).isEqualTo("1\n");
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void proxyMayListenOnTheSocketAlone() throws IOException {
        ProxyConfig config = listening(Transport.AUTO)
                .with(Settings.LISTEN_ADDR, Set.of())
                .with(Settings.LISTEN_PORT, 6432)
                .with(Settings.UNIX_SOCKET_MODE, 0700);
        try (RunningProxy proxy = new RunningProxy(config)) {
            assertThat(proxy.proxy().port()).isEqualTo(6432);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file(6432))))
                    .isEqualTo("rwx------");
            logIn(UnixDomainSocketAddress.of(file(6432))).close();
        }
    }

    @Test
    void socketOfADeadProcessIsReplacedAndOfALiveOneIsNot() throws IOException {
        ProxyConfig config =
                listening(Transport.AUTO).with(Settings.LISTEN_ADDR, Set.of()).with(Settings.LISTEN_PORT, 6432);
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(file(6432)));
            assertThatThrownBy(() -> Proxy.start(config))
                    .isInstanceOf(IOException.class)
                    .hasMessage("cannot listen on " + file(6432) + ": another process listens on it");
        }
        assertThat(file(6432)).exists();
        try (RunningProxy proxy = new RunningProxy(config)) {
            logIn(UnixDomainSocketAddress.of(file(6432))).close();
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void whatIsInTheWayIsNamed() throws IOException {
        ProxyConfig config =
                listening(Transport.AUTO).with(Settings.LISTEN_ADDR, Set.of()).with(Settings.LISTEN_PORT, 6432);
        assertThatThrownBy(() -> Proxy.start(config.with(Settings.UNIX_SOCKET_DIR, directory + "/none")))
                .hasMessage("cannot listen on " + directory + "/none/.s.PGSQL.6432: there is no directory " + directory
                        + "/none");
        assertThatThrownBy(() -> Proxy.start(config.with(Settings.UNIX_SOCKET_GROUP, "no such group")))
                .hasMessage("cannot listen on " + file(6432) + ": there is no group no such group (unix_socket_group)");
        assertThat(file(6432)).doesNotExist();
        Files.writeString(file(6432), "precious");
        assertThatThrownBy(() -> Proxy.start(config))
                .hasMessage("cannot listen on " + file(6432) + ": the file is there and is no socket");
        assertThat(file(6432)).hasContent("precious");
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void serversOnASocketServeAllLanesAndAreCancelled(Transport transport) throws Exception {
        try (RunningProxy proxy = new RunningProxy(connecting(transport, SERVER_SOCKET))) {
            IsolationOracle.run(IsolationOracle.Settings.of(through(proxy), direct, 7)
                            .clients(8, 40)
                            .diagnosis(proxy::state))
                    .assertIsolated();
            try (WireClient client = WireClient.connect(through(proxy))) {
                client.send(Messages.query("select pg_sleep(60) /* over a socket */"));
                await().until(() -> postgres.queryOne(
                                "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
                                        + " and query like '%over a socket%'")
                        .equals("1"));
                client.cancel();
                assertThat(client.readUntilReady())
                        .filteredOn(message -> message.is('E'))
                        .singleElement()
                        .satisfies(error -> assertThat(error.sqlState()).isEqualTo("57014"));
            }
            assertThat(postgres.queryOne("select count(*) from pg_stat_activity where client_port = -1"))
                    .as("servers on the socket")
                    .isNotEqualTo("0");
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void oneServerOnASocketChangesLanes(Transport transport) throws IOException {
        ProxyConfig config = connecting(transport, SERVER_SOCKET).with(Settings.DEFAULT_POOL_SIZE, 1);
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) { // accepted by the other lane
            for (int i = 0; i < 200; i++) {
                assertThat(one.queryOne("select " + i)).isEqualTo("" + i);
                assertThat(two.queryOne("select -" + i)).isEqualTo(i == 0 ? "0" : "-" + i);
            }
            assertThat(proxy.log().lines().stream().filter(line -> line.startsWith("server opened")))
                    .hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void socketThatIsNotThereIsNamedWithItsPath(Transport transport) throws IOException {
        ProxyConfig config =
                connecting(transport, directory.toString()).with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofSeconds(1));
        try (RunningProxy proxy = new RunningProxy(config)) {
            assertThatThrownBy(() -> WireClient.connect(through(proxy)).close())
                    .hasMessageContaining(file(direct.port()) + ": ")
                    .hasMessageContaining("No such file or directory");
        }
    }
}
