package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.LoadBalanceHosts;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Transport;
import dev.spillway.server.lane.NameSources;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.LogTap;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.ScriptedNameServer;
import dev.spillway.testkit.ScriptedNameServer.Trouble;
import dev.spillway.testkit.ScriptedServer;
import dev.spillway.testkit.WireClient;
import io.netty.resolver.dns.SingletonDnsServerAddressStreamProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Server hosts that are names or lists, with name servers and servers that do what they should not. */
class HostsIT {
    private static final String NAME = "db.example";
    private static final String HERE = "127.0.0.1";
    /** Nobody listens there, so connections are refused. */
    private static final String NOBODY = "127.0.0.9";

    @TempDir
    private Path directory = Path.of("");

    private ScriptedServer server;
    private ScriptedNameServer names;

    HostsIT() throws IOException {
        server = new ScriptedServer();
        names = new ScriptedNameServer();
    }

    @BeforeEach
    void tellTheName() {
        names.set(NAME, HERE);
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        names.close();
    }

    /** Each server is used once, so that each query needs a new connection. */
    private ProxyConfig config(String host) {
        return RunningProxy.config(server.port(), PoolMode.TRANSACTION, 1)
                .with(DatabaseConfig.named(ProxyConfig.FALLBACK)
                        .with(DatabaseSettings.HOST, host)
                        .with(DatabaseSettings.PORT, server.port()))
                .with(Settings.LANES, 1)
                .with(Settings.SERVER_LIFETIME, Duration.ZERO)
                .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofSeconds(3))
                .with(Settings.SERVER_CONNECT_TIMEOUT, Duration.ofSeconds(2));
    }

    private RunningProxy start(ProxyConfig config) throws IOException {
        var sources = new NameSources(
                new SingletonDnsServerAddressStreamProvider(names.address()), directory.resolve("hosts"));
        return new RunningProxy(Proxy.start(config, () -> config, sources), new LogTap());
    }

    private static Endpoint through(RunningProxy proxy) {
        return new Endpoint(HERE, proxy.proxy().port(), "u", "d");
    }

    private static void assertServed(RunningProxy proxy, int times) throws IOException {
        try (WireClient client = WireClient.connect(through(proxy))) {
            for (int i = 0; i < times; i++) {
                assertThat(client.queryOne("select 1")).isEqualTo("select 1");
            }
        }
    }

    /** The first row. */
    private static List<@Nullable String> show(RunningProxy proxy, String what) throws IOException {
        try (WireClient console = WireClient.connect(through(proxy).withDatabase("spillway"))) {
            return console.query("show " + what).get(1).columns();
        }
    }

    private static void assertToldThat(RunningProxy proxy, String... reasons) {
        assertThatThrownBy(() -> assertServed(proxy, 1))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll(reasons);
        assertThat(proxy.log().defects()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void nameIsLookedUpOnceInItsTime(Transport transport) throws IOException {
        try (RunningProxy proxy = start(config(NAME).with(Settings.TRANSPORT, transport))) {
            assertServed(proxy, 5);
            assertThat(server.accepted()).isGreaterThanOrEqualTo(5);
            assertThat(names.asked(NAME)).isEqualTo(1);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void changedAddressIsUsedWhenItsTimeIsOver() throws IOException {
        try (ScriptedServer other = new ScriptedServer("127.0.0.2", server.port());
                RunningProxy proxy = start(config(NAME).with(Settings.DNS_MAX_TTL, Duration.ofMillis(200)))) {
            assertServed(proxy, 1);
            assertThat(other.accepted()).isZero();
            names.set(NAME, "127.0.0.2");
            await().until(() -> {
                assertServed(proxy, 1);
                return other.accepted() > 0;
            });
        }
    }

    @Test
    void refusedAddressIsFollowedByTheNext() throws IOException {
        names.set(NAME, NOBODY, HERE);
        try (RunningProxy proxy = start(config(NAME))) {
            assertServed(proxy, 4);
            assertThat(proxy.log().lines())
                    .anySatisfy(line ->
                            assertThat(line).contains("server not reached", NOBODY + ":" + server.port(), "refused"));
        }
    }

    @Test
    void silentAddressLeavesTimeForTheNext() throws IOException {
        names.set(NAME, "127.0.0.3", HERE);
        try (Silence silence = new Silence("127.0.0.3", server.port());
                RunningProxy proxy = start(config(NAME).with(Settings.SERVER_CONNECT_TIMEOUT, Duration.ofSeconds(4)))) {
            assertServed(proxy, 3);
            assertThat(silence.isFull()).isTrue();
            assertThat(proxy.log().lines())
                    .anySatisfy(line -> assertThat(line)
                            .contains("server not reached", "127.0.0.3")
                            // a system whose queue has just become full may have answered before
                            .containsAnyOf("timed out", "no answer in time"));
        }
    }

    /** The system accepts for a process that hangs; it is asked for TLS first, and does not answer that either. */
    @Test
    void addressThatAcceptsAndSaysNothingIsFollowedByTheNext() throws IOException {
        names.set(NAME, "127.0.0.3", HERE);
        try (ServerSocket hanging = new ServerSocket(server.port(), 50, InetAddress.getByName("127.0.0.3"));
                RunningProxy proxy = start(config(NAME).with(Settings.SERVER_CONNECT_TIMEOUT, Duration.ofSeconds(3)))) {
            assertServed(proxy, 3);
            assertThat(hanging.isBound()).isTrue();
            assertThat(proxy.log().lines())
                    .anySatisfy(
                            line -> assertThat(line).contains("server not reached", "127.0.0.3", "no answer in time"));
        }
    }

    @Test
    void nameThatDoesNotExistIsToldToTheClient() throws IOException {
        names.remove(NAME);
        try (RunningProxy proxy = start(config(NAME))) {
            assertToldThat(proxy, "host \"db.example\" cannot be resolved: there is no such name (NXDOMAIN)");
            assertThat(names.asked(NAME)).as("within dns_nxdomain_ttl").isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(Trouble.class)
    void nameServerThatIsNoneHoldsNothingUp(Trouble trouble) throws IOException {
        names.set(NAME, trouble);
        ProxyConfig config = config(NAME)
                .with(DatabaseConfig.named("other").with(DatabaseSettings.PORT, server.port()))
                .with(Settings.SERVER_CONNECT_TIMEOUT, Duration.ofSeconds(1));
        try (RunningProxy proxy = start(config);
                WireClient waiting = WireClient.open(through(proxy), Duration.ofSeconds(10))) {
            waiting.send(Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", "u", "database", "d")));
            await().until(() -> names.asked(NAME) > 0);
            try (WireClient other =
                    WireClient.connect(through(proxy).withDatabase("other"), Map.of(), Duration.ofMillis(900))) {
                assertThat(other.queryOne("select 1")).isEqualTo("select 1");
            }
            assertThat(waiting.readUntilClosed().getLast().errorText())
                    .contains("host \"db.example\" cannot be resolved");
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void lastKnownAddressServesWhileNoNameServerAnswers() throws IOException {
        try (RunningProxy proxy = start(config(NAME)
                .with(Settings.DNS_MAX_TTL, Duration.ofMillis(1))
                .with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofSeconds(20))
                .with(Settings.SERVER_CONNECT_TIMEOUT, Duration.ofSeconds(15)))) {
            assertServed(proxy, 1);
            names.set(NAME, Trouble.SILENCE);
            assertServed(proxy, 2);
        }
    }

    @Test
    void nameThatIsGoneIsNotRemembered() throws IOException {
        try (RunningProxy proxy = start(config(NAME).with(Settings.DNS_MAX_TTL, Duration.ofMillis(1)))) {
            assertServed(proxy, 1);
            names.remove(NAME);
            assertToldThat(proxy, "NXDOMAIN");
        }
    }

    @Test
    void hostsFileComesBeforeTheNameServers() throws IOException {
        Files.writeString(directory.resolve("hosts"), "127.0.0.1 listed.example other.example # ours\n");
        try (RunningProxy proxy = start(config("listed.example"))) {
            assertServed(proxy, 1);
            assertThat(names.asked("listed.example")).isZero();
            assertThat(show(proxy, "pools").getLast())
                    .as("balancing of one host")
                    .isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theConsoleShowsWhichNamesAreKnown(int lanes) throws IOException {
        names.set(NAME, HERE, "127.0.0.2");
        names.set("mute.example", Trouble.SILENCE);
        ProxyConfig config = config("nowhere.example," + NAME)
                .with(Settings.LANES, lanes)
                .with(DatabaseConfig.named("mute").with(DatabaseSettings.HOST, "mute.example"));
        try (RunningProxy proxy = start(config);
                WireClient waiting = WireClient.open(through(proxy), Duration.ofSeconds(10));
                WireClient console = WireClient.connect(through(proxy).withDatabase("pgbouncer"))) {
            assertThat(console.query("SHOW DNS_HOSTS")).noneMatch(message -> message.is('D'));
            for (int i = 0; i < 2 * lanes; i++) {
                assertServed(proxy, 1);
            }
            waiting.send(Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", "u", "database", "mute")));
            await().until(() -> names.asked("mute.example") > 0);

            List<BackendMessage> hosts = console.query("SHOW DNS_HOSTS");
            assertThat(hosts.getFirst().trace()).contains("\"hostname\" 0 0 25", "\"ttl\" 0 0 20", "\"addrs\" 0 0 25");
            assertThat(hosts.stream().filter(row -> row.is('D')).map(BackendMessage::columns))
                    .satisfiesExactly(
                            row -> assertThat(row).containsExactly(NAME, row.get(1), HERE + ",127.0.0.2"),
                            row -> assertThat(row).containsExactly("mute.example", "0", ""),
                            row -> assertThat(row).containsExactly("nowhere.example", row.get(1), ""))
                    .filteredOn(row -> !"mute.example".equals(row.getFirst()))
                    .extracting(row -> Integer.valueOf(String.valueOf(row.get(1))))
                    .allMatch(ttl -> ttl > 0 && ttl <= 15);
        }
    }

    @Test
    void theConsoleKnowsOfNoZones() throws IOException {
        try (RunningProxy proxy = start(config(NAME));
                WireClient console = WireClient.connect(through(proxy).withDatabase("pgbouncer"))) {
            List<BackendMessage> zones = console.query("show dns_zones");
            assertThat(zones.getFirst().trace())
                    .contains("\"zonename\" 0 0 25", "\"serial\" 0 0 20", "\"count\" 0 0 23");
            assertThat(zones.get(1).trace()).contains("SHOW");
        }
    }

    @Test
    void hostsOfAListTakeTurns() throws IOException {
        try (ScriptedServer other = new ScriptedServer("127.0.0.2", server.port());
                RunningProxy proxy = start(config("127.0.0.1,127.0.0.2"))) {
            assertServed(proxy, 6);
            assertThat(server.accepted()).isBetween(3, 4);
            assertThat(other.accepted()).isBetween(3, 4);
            assertThat(show(proxy, "pools").getLast()).isEqualTo("round-robin");
        }
    }

    @Test
    void withoutBalancingTheFirstHostIsUsedUntilItFails() throws IOException {
        ProxyConfig config = config("127.0.0.2," + NAME);
        DatabaseConfig database = Objects.requireNonNull(config.database("d"))
                .with(DatabaseSettings.LOAD_BALANCE_HOSTS, LoadBalanceHosts.DISABLE);
        try (RunningProxy proxy = start(config.with(new DatabaseConfig(ProxyConfig.FALLBACK, database.values())))) {
            try (ScriptedServer first = new ScriptedServer("127.0.0.2", server.port())) {
                assertServed(proxy, 4);
                assertThat(server.accepted()).isZero();
                assertThat(first.accepted()).isGreaterThanOrEqualTo(4);
                assertThat(show(proxy, "pools").getLast()).isEqualTo("disable");
                assertThat(show(proxy, "databases")).contains("disable");
            }
            await().ignoreExceptions().untilAsserted(() -> assertServed(proxy, 1));
            try (ScriptedServer first = new ScriptedServer("127.0.0.2", server.port())) {
                assertServed(proxy, 4);
                assertThat(first.accepted()).isZero();
            }
        }
    }

    @Test
    void unknownHostOfAListDoesNotStopTheOthers() throws IOException {
        try (RunningProxy proxy = start(config("nowhere.example," + NOBODY + "," + NAME))) {
            assertServed(proxy, 4);
        }
    }

    @Test
    void everyPlaceThatFailedIsToldOf() throws IOException {
        try (RunningProxy proxy = start(config("nowhere.example," + NOBODY))) {
            assertToldThat(proxy, "nowhere.example", "NXDOMAIN", NOBODY + ":" + server.port() + ": Connection refused");
        }
    }

    /** An address on which connections are neither accepted nor refused: the queue of its listener is full. */
    private static final class Silence implements AutoCloseable {
        private final ServerSocket listener;
        private final List<SocketChannel> queued = new ArrayList<>();

        Silence(String address, int port) throws IOException {
            listener = new ServerSocket(port, 1, InetAddress.getByName(address));
            for (int i = 0; i < 4; i++) {
                SocketChannel channel = SocketChannel.open();
                channel.configureBlocking(false);
                channel.connect(new InetSocketAddress(address, port));
                queued.add(channel);
            }
        }

        boolean isFull() throws IOException {
            return !queued.getLast().finishConnect();
        }

        @Override
        public void close() throws IOException {
            for (SocketChannel channel : queued) {
                channel.close();
            }
            listener.close();
        }
    }
}
