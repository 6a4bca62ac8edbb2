package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Transport;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** max_client_conn, where a connection is accepted and where it says what it wants. */
class ClientLimitIT {
    private static final int MOST = 3;
    private static final int ROOM_ABOVE = 100;
    private static final int TURNED_AWAY = 20;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    private ProxyConfig config(Transport transport) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2)
                .with(Settings.LANES, 2)
                .with(Settings.TRANSPORT, transport)
                .with(Settings.MAX_CLIENT_CONN, MOST)
                .with(Settings.TCP_DEFER_ACCEPT, false);
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "EPOLL", "NIO"})
    void silentConnectionsAreBoundedAndACancelStillGetsThrough(Transport transport) throws IOException {
        List<WireClient> silent = new ArrayList<>();
        try (RunningProxy proxy = new RunningProxy(config(transport))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient client = WireClient.connect(through)) {
                client.send(Messages.query("select pg_sleep(60)"));
                for (int i = 0; i < MOST - 1; i++) {
                    silent.add(WireClient.open(through, LIMIT));
                }
                await().untilAsserted(() -> assertThatThrownBy(
                                () -> WireClient.connect(through).close())
                        .hasMessageContaining("53300")
                        .hasMessageContaining("(max_client_conn): there may be 3"));

                client.cancel();
                assertThat(client.readUntilReady().toString()).contains("57014");
                try (WireClient console = WireClient.connect(through.withDatabase("spillway"))) {
                    assertThat(console.query("show version").toString()).contains("Spillway");
                }

                for (int i = 0; i < ROOM_ABOVE + TURNED_AWAY; i++) {
                    silent.add(WireClient.open(through, LIMIT));
                }
                await().untilAsserted(() ->
                        assertThat(proxy.log().lines()).anyMatch(line -> line.contains("refused at the door")));
                // those above the limit that were let in have little time, so that there is room for a cancel again
                List<String> ends = new ArrayList<>();
                for (WireClient each : silent.subList(MOST - 1, silent.size())) {
                    ends.add(each.readUntilClosed().getFirst().trace());
                }
                assertThat(ends).allMatch(end -> end.contains("53300") || end.contains("client_login_timeout"));
                assertThat(ends).filteredOn(end -> end.contains("53300")).hasSizeBetween(TURNED_AWAY, TURNED_AWAY + 5);
                await().ignoreExceptions()
                        .untilAsserted(() -> WireClient.connect(through.withDatabase("spillway"))
                                .close());
                assertThat(client.queryOne("select 1")).isEqualTo("1");
                silent.get(0).close();
                silent.get(1).close();
                await().ignoreExceptions()
                        .untilAsserted(() -> WireClient.connect(through).close());
            }
            assertThat(proxy.log().defects()).isEmpty();
        } finally {
            for (WireClient each : silent) {
                each.close();
            }
        }
    }
}
