package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.session.Ending;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** How a proxy ends: what becomes of clients that are idle, busy, waiting and new. */
class DrainIT {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    private RunningProxy start(PoolMode mode, int poolSize, Duration timeout) throws IOException {
        ProxyConfig config = RunningProxy.config(direct.port(), mode, poolSize)
                .with(Settings.LANES, 2)
                .with(Settings.SHUTDOWN_TIMEOUT, timeout);
        return new RunningProxy(config);
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    private static void assertToldToGo(WireClient client) throws IOException {
        List<BackendMessage> last = client.readUntilClosed();
        assertThat(last)
                .singleElement()
                .satisfies(error -> assertThat(error.trace()).contains("57P01"));
    }

    @Test
    void idleClientsLeaveAtOnceAndTransactionsEndAndWhoWaitsIsServed() throws IOException {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 1, LONG);
                WireClient idle = WireClient.connect(through(proxy));
                WireClient busy = WireClient.connect(through(proxy));
                WireClient waiting = WireClient.connect(through(proxy))) {
            busy.query("begin");
            waiting.send(Messages.query("select 'served'"));
            await().until(() -> proxy.state().contains("waiting"));

            proxy.proxy().end(Ending.WAIT_FOR_CLIENTS);

            assertToldToGo(idle);
            assertThat(busy.queryOne("select 'still here'")).isEqualTo("still here");
            busy.query("commit");
            assertThat(waiting.readUntilReady().toString()).contains("served");
            assertToldToGo(waiting);
            assertToldToGo(busy);
            proxy.proxy().awaitStop();
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void whoComesWhileItEndsIsToldWhyAndCancelsAndTheConsoleWork() throws IOException {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 1, LONG);
                WireClient busy = WireClient.connect(through(proxy))) {
            busy.send(Messages.query("select pg_sleep(60)"));
            await().until(() -> proxy.state().contains("pg_sleep"));

            proxy.proxy().end(Ending.WAIT_FOR_CLIENTS);

            await().untilAsserted(() -> assertThatThrownBy(
                            () -> WireClient.connect(through(proxy)).close())
                    .hasMessageContaining("57P03")
                    .hasMessageContaining("shutting down"));
            try (WireClient console = WireClient.connect(through(proxy).withDatabase("spillway"))) {
                assertThat(console.query("show pools").toString()).contains("bench");
            }
            busy.cancel();
            assertThat(busy.readUntilReady().toString()).contains("57014");
            assertToldToGo(busy);
        }
    }

    @Test
    void withWaitForServersWhoWaitsIsDisconnected() throws IOException {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 1, LONG);
                WireClient busy = WireClient.connect(through(proxy));
                WireClient waiting = WireClient.connect(through(proxy))) {
            busy.query("begin");
            waiting.send(Messages.query("select 1"));
            await().until(() -> proxy.state().contains("waiting"));

            proxy.proxy().end(Ending.WAIT_FOR_SERVERS);

            assertToldToGo(waiting);
            busy.query("commit");
            assertToldToGo(busy);
        }
    }

    @Test
    void aSessionThatIsNotInATransactionIsIdle() throws IOException {
        try (RunningProxy proxy = start(PoolMode.SESSION, 2, LONG);
                WireClient quiet = WireClient.connect(through(proxy));
                WireClient busy = WireClient.connect(through(proxy))) {
            quiet.query("select 1");
            busy.query("begin");
            proxy.proxy().end(Ending.WAIT_FOR_CLIENTS);
            assertToldToGo(quiet);
            busy.query("commit");
            assertToldToGo(busy);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"WAIT_FOR_CLIENTS", "WAIT_FOR_SERVERS"})
    void noTransactionOutlivesTheTimeout(Ending ending) throws IOException {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 1, Duration.ofMillis(300));
                WireClient busy = WireClient.connect(through(proxy))) {
            busy.query("begin");
            proxy.proxy().end(ending);
            assertToldToGo(busy);
            proxy.proxy().awaitStop();
        }
    }

    @Test
    void aSecondSignalEndsAtOnce() throws IOException {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 1, LONG);
                WireClient busy = WireClient.connect(through(proxy))) {
            busy.query("begin");
            proxy.proxy().onSignal(Ending.WAIT_FOR_CLIENTS);
            proxy.proxy().onSignal(Ending.WAIT_FOR_CLIENTS);
            assertToldToGo(busy);
            proxy.proxy().awaitStop();
        }
    }

    @ParameterizedTest
    @CsvSource({"shutdown, false", "shutdown wait_for_clients, true", "SHUTDOWN WAIT_FOR_SERVERS;, true"})
    void theConsoleEndsIt(String command, boolean waits) throws IOException {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 1, LONG);
                WireClient busy = WireClient.connect(through(proxy));
                WireClient console = WireClient.connect(through(proxy).withDatabase("pgbouncer"))) {
            busy.query("begin");
            assertThat(console.query(command).getFirst().trace()).contains("SHUTDOWN");
            if (waits) {
                busy.query("commit");
            }
            assertToldToGo(busy);
            proxy.proxy().awaitStop();
        }
    }
}
