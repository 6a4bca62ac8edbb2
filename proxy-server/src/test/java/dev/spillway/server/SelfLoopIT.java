package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.LogTap;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A configuration that points at its own proxy is refused, by whatever name. */
class SelfLoopIT {
    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @TempDir
    private Path directory;

    @Test
    void startIsRefusedAndLeavesThePortFree() throws IOException {
        int port = freePort();
        ProxyConfig config = config().with(Settings.LISTEN_PORT, port).with(database("localhost", port));

        assertThatThrownBy(() -> Proxy.start(config))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("database 'app' is Spillway itself: localhost port " + port);

        try (ServerSocket again = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            assertThat(again.isBound()).isTrue();
        }
    }

    @Test
    void reloadIsRefusedByEveryNameAndTheOldStaysInForce() throws Exception {
        Path link =
                Files.createSymbolicLink(directory.resolve("link"), Files.createDirectory(directory.resolve("real")));
        int admin = freePort();
        ProxyConfig config = config().with(Settings.LISTEN_ADDR, Set.of("*"))
                .with(Settings.UNIX_SOCKET_DIR, directory.resolve("real").toString())
                .with(AdminSettings.ADMIN_LISTEN_PORT, admin);
        AtomicReference<ProxyConfig> written = new AtomicReference<>(config);
        try (RunningProxy proxy = new RunningProxy(Proxy.start(config, written::get), new LogTap())) {
            int port = proxy.proxy().port();
            for (String host : Stream.concat(
                            Stream.of("localhost", "127.0.0.1", "0.0.0.0", "db.invalid,127.0.0.3", link.toString()),
                            ofThisMachine())
                    .toList()) {
                written.set(config.with(database(host, port)));
                assertThat(reload(proxy)).as(host).contains("RELOAD failed");
            }
            written.set(config.with(database("127.0.0.1", admin)));
            assertThat(reload(proxy)).contains("RELOAD failed");
            await().until(() -> proxy.log().lines().stream()
                    .anyMatch(line ->
                            line.contains("not reloaded: database 'app' is Spillway itself: 127.0.0.1 port " + admin)));

            written.set(config.with(database("127.0.0.1", direct.port())));
            assertThat(reload(proxy)).doesNotContain("failed");
            try (WireClient client = WireClient.connect(direct.withPort(port).withDatabase("app"))) {
                assertThat(client.query("select 1")).hasSize(4);
            }
        }
    }

    private static Stream<String> ofThisMachine() throws IOException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
                .map(InetAddress::getHostAddress)
                .limit(1);
    }

    private String reload(RunningProxy proxy) throws IOException {
        try (WireClient console =
                WireClient.connect(direct.withPort(proxy.proxy().port()).withDatabase("spillway"))) {
            List<BackendMessage> answer = console.query("reload");
            return answer.getFirst().trace();
        }
    }

    private ProxyConfig config() {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2);
    }

    private DatabaseConfig database(String host, int port) {
        return DatabaseConfig.named("app")
                .with(DatabaseSettings.HOST, host)
                .with(DatabaseSettings.PORT, port)
                .with(DatabaseSettings.DBNAME, direct.database());
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
