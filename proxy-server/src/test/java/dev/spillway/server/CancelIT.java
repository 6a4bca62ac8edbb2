package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.ChaosPlan;
import dev.spillway.testkit.ChaosRelay;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cancel requests whose client keeps its server: what it sends when the request has ended must not be hit. */
class CancelIT {
    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void aRequestEndsWhenPostgresHasHadIt(int lanes) throws Exception {
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.calm());
                RunningProxy proxy = new RunningProxy(
                        RunningProxy.config(relay.port(), PoolMode.SESSION, 1).with(Settings.LANES, lanes))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient client = WireClient.connect(through, Map.of(), Duration.ofSeconds(1))) {
                client.query("begin");
                client.send(Messages.query("do $$ begin raise notice 'runs'; perform pg_sleep(60); end $$"));
                assertThat(client.readMessage().errorText()).isEqualTo("runs");

                relay.pause();
                assertThatThrownBy(client::cancel).isInstanceOf(SocketTimeoutException.class);
                long before = relay.accepted();
                relay.resume();

                assertThat(client.readUntilReady().toString()).contains("57014");
                await().until(() -> relay.openNow() == 1);
                assertThat(before).as("connections for one request").isEqualTo(2);
            }
        }
    }

    @Test
    void withoutALimitAServerIsKeptUntilItsCancelHasEnded() throws Exception {
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.calm());
                RunningProxy proxy = new RunningProxy(RunningProxy.config(relay.port(), PoolMode.TRANSACTION, 1)
                        .with(Settings.CANCEL_WAIT_TIMEOUT, Duration.ZERO))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient next = WireClient.connect(through, Map.of(), Duration.ofSeconds(1))) {
                String server = next.queryOne("select pg_backend_pid()");
                try (WireClient leaver = WireClient.connect(through)) {
                    leaver.query("begin");
                    leaver.send(Messages.query("do $$ begin raise notice 'runs'; perform pg_sleep(60); end $$"));
                    assertThat(leaver.readMessage().errorText()).isEqualTo("runs");
                    relay.pause();
                }
                next.send(Messages.query("select pg_backend_pid()"));
                assertThatThrownBy(next::readMessage)
                        .as("a second, in which the lane's clock ticks")
                        .isInstanceOf(SocketTimeoutException.class);
                relay.resume();
                next.timeout(Duration.ofSeconds(10));
                assertThat(next.readUntilReady().get(1).column()).isEqualTo(server);
            }
        }
    }

    @Test
    void aRequestWithoutAnAimEndsAtOnce() throws Exception {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1));
                WireClient client =
                        WireClient.connect(direct.withPort(proxy.proxy().port()))) {
            client.cancel();
            assertThat(client.queryOne("select 1")).isEqualTo("1");
        }
    }
}
