package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Transport;
import dev.spillway.core.stats.History;
import dev.spillway.server.http.Pages;
import dev.spillway.server.lane.Lanes;
import dev.spillway.server.transport.NettyTransport;
import dev.spillway.testkit.BadInput;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.HttpProbe;
import dev.spillway.testkit.LogTap;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One port that knows who calls. */
class AdminPortIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    private ProxyConfig config(int adminPort) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2)
                .with(Settings.LANES, 2)
                .with(AdminSettings.ADMIN_LISTEN_PORT, adminPort);
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "EPOLL", "NIO"})
    void consoleAndPagesAreAtTheSamePort(Transport transport) throws IOException {
        int port = HttpProbe.freePort();
        try (RunningProxy proxy = new RunningProxy(config(port).with(Settings.TRANSPORT, transport));
                WireClient console = WireClient.connect(direct.withPort(port).withDatabase("pgbouncer"));
                HttpProbe browser = new HttpProbe(port)) {
            assertThat(browser.ask("GET /healthz").body()).isEqualTo("ok\n");
            assertThat(console.query("show version").toString()).contains("Spillway");
            assertThat(browser.ask("GET /readyz?verbose").body()).isEqualTo("ready\n");
            HttpProbe.Answer dashboard = browser.ask("GET /");
            assertThat(dashboard.headers().get("content-type")).isEqualTo("text/html; charset=utf-8");
            assertThat(dashboard.headers().get("content-security-policy")).contains("script-src 'sha256-");
            assertThat(dashboard.body()).startsWith("<!DOCTYPE html>").endsWith("</html>\n");
            assertThat(browser.ask("HEAD /readyz", "Connection: close").status())
                    .isEqualTo(200);
            assertThat(browser.isEnded()).isTrue();
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void databasesAreNotAtTheAdminPort() throws IOException {
        int port = HttpProbe.freePort();
        try (RunningProxy proxy = new RunningProxy(config(port))) {
            assertThatThrownBy(() -> WireClient.connect(direct.withPort(port)).close())
                    .hasMessageContaining("3D000")
                    .hasMessageContaining("connect to \"pgbouncer\"");
            assertThat(proxy.servers(direct.withPort(proxy.proxy().port()), "idle"))
                    .isZero();
        }
    }

    @Test
    void whatIsNeitherIsRefusedAndThePortGoesOn() throws IOException {
        int port = HttpProbe.freePort();
        try (RunningProxy proxy = new RunningProxy(config(port))) {
            for (Map.Entry<String, byte[]> bad : BadInput.insteadOfStartup().entrySet()) {
                if (!bad.getKey().equals("http")) {
                    try (WireClient client = WireClient.open(direct.withPort(port), LIMIT)) {
                        client.send(bad.getValue());
                        assertThat(client.readAll()).as(bad.getKey()).isNotNull();
                    }
                }
            }
            try (HttpProbe stranger = new HttpProbe(port)) {
                stranger.send("\u0001\u0002\u0003\r\n\r\n");
                assertThat(stranger.read(false).status()).isEqualTo(400);
                assertThat(stranger.isEnded()).isTrue();
            }
            assertThat(HttpProbe.get(port, "/healthz").status()).isEqualTo(200);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void aThousandConnectionsAreAnsweredAndClientsServedMeanwhile() throws IOException {
        int port = HttpProbe.freePort();
        List<HttpProbe> probes = new ArrayList<>();
        try (RunningProxy proxy = new RunningProxy(config(port));
                WireClient client =
                        WireClient.connect(direct.withPort(proxy.proxy().port()))) {
            for (int i = 0; i < 1000; i++) {
                HttpProbe probe = new HttpProbe(port);
                probe.send("GET " + (i < 500 ? "/readyz" : "/healthz") + " HTTP/1.1\r\nHost: x\r\n\r\n");
                probes.add(probe);
            }
            assertThat(client.queryOne("select 1")).isEqualTo("1");
            int ready = 0;
            for (HttpProbe probe : probes.subList(0, 500)) {
                int status = probe.read(false).status();
                assertThat(status).isIn(200, 503);
                ready += status == 200 ? 1 : 0;
            }
            for (HttpProbe probe : probes.subList(500, 1000)) {
                assertThat(probe.read(false).status()).isEqualTo(200);
            }
            assertThat(ready).isEqualTo(AdminPort.MOST);
            assertThatThrownBy(() -> WireClient.connect(direct.withPort(port).withDatabase("pgbouncer"))
                            .close())
                    .hasMessageContaining("53300")
                    .hasMessageContaining("admin port");
            for (HttpProbe probe : probes) {
                probe.close();
            }
            assertThat(client.queryOne("select 1")).isEqualTo("1");
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void aThousandThatSayNothingGoAndWhoIsLoggedInStays() throws IOException {
        int port = HttpProbe.freePort();
        List<WireClient> silent = new ArrayList<>();
        try (RunningProxy proxy = new RunningProxy(config(port));
                WireClient console = WireClient.connect(direct.withPort(port).withDatabase("pgbouncer"))) {
            for (int i = 0; i < 1000; i++) {
                silent.add(WireClient.open(direct.withPort(port), LIMIT));
            }
            assertThat(HttpProbe.get(port, "/healthz").status()).isEqualTo(200);
            for (WireClient late : silent.subList(AdminPort.MOST, 1000)) {
                assertThat(late.readAll()).isEmpty();
            }
            assertThat(console.queryOne("show version")).startsWith("Spillway");
            for (WireClient client : silent) {
                client.close();
            }
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void portThatSomebodyChoseMustBeFree() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> Proxy.start(config(taken.getLocalPort())))
                    .hasMessageStartingWith("cannot open the admin port, 127.0.0.1 port " + taken.getLocalPort());
        }
    }

    @Test
    void usualPortThatIsTakenIsDoneWithout() throws IOException {
        int usual = ProxyConfig.defaults().adminListenPort();
        try (LogTap log = new LogTap();
                RunningProxy first = new RunningProxy(config(usual));
                RunningProxy second = new RunningProxy(config(usual));
                WireClient client =
                        WireClient.connect(direct.withPort(second.proxy().port()))) {
            assertThat(client.queryOne("select 1")).isEqualTo("1");
            assertThat(first.log().defects()).isEmpty();
            assertThat(log.lines()).anyMatch(line -> line.contains("admin_listen_port chooses another, 0 means none"));
        }
    }

    @Test
    void pagesThatCouldNotBeMadeAreTriedAgain() throws IOException {
        int port = HttpProbe.freePort();
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        AtomicInteger attempts = new AtomicInteger();
        try (RunningProxy proxy = new RunningProxy(config(0))) {
            Lanes lanes = proxy.proxy().lanes();
            AdminPort admin =
                    new AdminPort(NettyTransport.choose(Transport.NIO), config(port), loops.next(), lanes, () -> {
                        if (attempts.incrementAndGet() == 1) {
                            throw new IllegalStateException("no room for pages");
                        }
                        return new Pages(new PageSource(
                                lanes,
                                RestingThreads.executor("looks", 1),
                                new History(),
                                ProxyConfig::defaults,
                                () -> false));
                    });
            admin.open();
            assertThat(HttpProbe.get(port, "/readyz").status()).isEqualTo(500);
            assertThat(HttpProbe.get(port, "/readyz").status()).isEqualTo(200);
            assertThat(HttpProbe.get(port, "/healthz").status()).isEqualTo(200);
            assertThat(attempts).hasValue(2);
            assertThat(proxy.log().lines()).anyMatch(line -> line.contains("the next request has it tried again"));
            admin.close();
            admin.closeAll().awaitUninterruptibly();
        } finally {
            loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    @Test
    void noAddressIsNoPort() throws IOException {
        int port = HttpProbe.freePort();
        try (RunningProxy proxy = new RunningProxy(config(port).with(AdminSettings.ADMIN_LISTEN_ADDR, Set.of()))) {
            assertThatThrownBy(() -> HttpProbe.get(port, "/healthz")).isInstanceOf(IOException.class);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void whileClientsEndItIsAliveAndNotReady() throws IOException {
        int port = HttpProbe.freePort();
        try (RunningProxy proxy =
                        new RunningProxy(config(port).with(Settings.SHUTDOWN_TIMEOUT, Duration.ofSeconds(30)));
                WireClient client =
                        WireClient.connect(direct.withPort(proxy.proxy().port()))) {
            client.query("begin");
            CompletableFuture<Void> stopped = CompletableFuture.runAsync(proxy.proxy()::stop);
            await().until(() -> HttpProbe.get(port, "/readyz").status() == 503);
            assertThat(HttpProbe.get(port, "/healthz").status()).isEqualTo(200);
            client.send(Messages.query("commit"));
            stopped.join();
            assertThatThrownBy(() -> HttpProbe.get(port, "/healthz")).isInstanceOf(IOException.class);
        }
    }
}
