package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Transport;
import dev.spillway.core.session.Ending;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.HttpProbe;
import dev.spillway.testkit.IsolationOracle;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.OracleReport;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** SUSPEND: nothing is read, nothing is lost, and RESUME lets all go on. */
class SuspendIT {
    private static final Duration MOMENT = Duration.ofMillis(300);

    private static final PostgresFixture POSTGRES = PostgresFixture.shared();

    private final Endpoint direct = POSTGRES.endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    private ProxyConfig config() {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 3)
                .with(Settings.LANES, 2)
                .with(Settings.SUSPEND_TIMEOUT, Duration.ofSeconds(1));
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    private static void assertSilent(WireClient client) throws IOException {
        client.timeout(MOMENT);
        assertThatThrownBy(client::readMessage).isInstanceOf(SocketTimeoutException.class);
        client.timeout(Duration.ofSeconds(10));
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void nothingIsReadUntilResumeAndNothingIsLost(Transport transport) throws Exception {
        try (RunningProxy proxy = new RunningProxy(config().with(Settings.TRANSPORT, transport));
                WireClient busy = WireClient.connect(through(proxy));
                WireClient idle = WireClient.connect(through(proxy));
                Operator operator = new Operator(through(proxy))) {
            busy.query("begin");
            busy.send(Messages.query("select pg_sleep(1), 'answer of the server'"));
            CompletableFuture<OracleReport> load = CompletableFuture.supplyAsync(
                    () -> IsolationOracle.run(IsolationOracle.Settings.of(through(proxy), direct, seed)
                            .clients(8, 60)
                            .diagnosis(proxy::state)));
            await().until(() -> proxy.servers(through(proxy), "active") > 1);
            assertThat(operator.run("SUSPEND")).isEqualTo("SUSPEND");
            idle.send(Messages.query("select 'idle one'"));
            CompletableFuture<WireClient> newcomer = CompletableFuture.supplyAsync(() -> connect(through(proxy)));
            assertSilent(busy);
            assertSilent(idle);
            assertThat(newcomer).isNotDone();
            assertThat(operator.cell("SHOW STATE", "suspended", "value")).isEqualTo("yes");
            assertThat(operator.error("SUSPEND")).isEqualTo("08P01 already suspended/paused");
            assertThat(operator.error("PAUSE")).isEqualTo("08P01 already suspended/paused");
            assertThat(operator.run("RESUME")).isEqualTo("RESUME");
            assertThat(busy.readUntilReady().toString()).contains("answer of the server");
            assertThat(idle.readUntilReady().toString()).contains("idle one");
            try (WireClient late = newcomer.get()) {
                assertThat(late.queryOne("select 'newcomer'")).isEqualTo("newcomer");
            }
            assertThat(operator.cell("SHOW STATE", "active", "value")).isEqualTo("yes");
            load.join().assertIsolated();
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    private static WireClient connect(Endpoint through) {
        try {
            return WireClient.connect(through, Map.of(), Duration.ofSeconds(10));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void askForMoreThanIsRead(WireClient client) throws IOException {
        client.send(Messages.query("select repeat('x', 1000) from generate_series(1, 100000)"));
        await().until(() -> POSTGRES.queryOne(
                        "select count(*) from pg_stat_activity where wait_event = 'ClientWrite' and query like"
                                + " '%repeat%'")
                .equals("1"));
    }

    @Test
    void whoDoesNotReadWhatWasWrittenToItIsDisconnectedAndNobodyElse() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient slow = WireClient.connect(through(proxy));
                WireClient quick = WireClient.connect(through(proxy));
                Operator operator = new Operator(through(proxy))) {
            askForMoreThanIsRead(slow);
            assertThat(operator.run("SUSPEND")).isEqualTo("SUSPEND");
            assertThat(operator.run("RESUME")).isEqualTo("RESUME");
            assertThat(quick.queryOne("select 1")).isEqualTo("1");
            assertThatThrownBy(slow::readUntilReady).isInstanceOf(IOException.class);
        }
    }

    @Test
    void whoCancelsHasNotSuspendedAndResumeEndsOneThatWaits() throws Exception {
        int port = HttpProbe.freePort(); // a cancel request needs a port that accepts
        ProxyConfig patient =
                config().with(Settings.SUSPEND_TIMEOUT, Duration.ZERO).with(AdminSettings.ADMIN_LISTEN_PORT, port);
        try (RunningProxy proxy = new RunningProxy(patient);
                WireClient slow = WireClient.connect(through(proxy));
                WireClient quick = WireClient.connect(through(proxy));
                Operator operator = new Operator(direct.withPort(port));
                Operator other = new Operator(through(proxy))) {
            askForMoreThanIsRead(slow);
            operator.begin("SUSPEND");
            await().until(() -> other.cell("SHOW STATE", "suspended", "value").equals("yes"));
            operator.console().cancel();
            assertThat(operator.console().readUntilReady().getFirst().sqlState())
                    .isEqualTo("57014");
            assertThat(quick.queryOne("select 1")).isEqualTo("1");
            operator.begin("SUSPEND");
            await().until(() -> other.console().query("RESUME").getFirst().is('C'));
            assertThat(operator.console().readUntilReady().getFirst().errorText())
                    .isEqualTo("SUSPEND was ended by RESUME");
            assertThat(quick.queryOne("select 1")).isEqualTo("1");
        }
    }

    @Test
    void allGoOnWhenTheLastOperatorHasLeft() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient client = WireClient.connect(through(proxy))) {
            try (Operator staying = new Operator(through(proxy))) {
                try (Operator leaving = new Operator(through(proxy))) {
                    leaving.run("SUSPEND");
                }
                client.send(Messages.query("select 'late'"));
                assertSilent(client);
                assertThat(staying.cell("SHOW STATE", "suspended", "value")).isEqualTo("yes");
            }
            assertThat(client.readUntilReady().toString()).contains("late");
            try (WireClient newcomer = connect(through(proxy))) {
                assertThat(newcomer.queryOne("select 1")).isEqualTo("1");
            }
        }
    }

    @Test
    void whatIsSuspendedEndsAtOnceAndIsNotReady() throws Exception {
        int port = HttpProbe.freePort();
        try (RunningProxy proxy = new RunningProxy(config().with(AdminSettings.ADMIN_LISTEN_PORT, port));
                WireClient client = WireClient.connect(through(proxy));
                Operator operator = new Operator(through(proxy))) {
            client.query("begin");
            operator.run("SUSPEND");
            assertThat(HttpProbe.get(port, "/readyz").status()).isEqualTo(503);
            assertThat(HttpProbe.get(port, "/status").body()).contains("\"suspended\":true");
            proxy.proxy().end(Ending.WAIT_FOR_CLIENTS);
            proxy.proxy().awaitStop();
            assertThat(client.readUntilClosed().toString()).contains("57P01");
        }
    }

    @Test
    void databasesThatArePausedAreToBeResumedBefore() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config());
                Operator operator = new Operator(through(proxy))) {
            operator.run("PAUSE bench");
            assertThat(operator.error("SUSPEND")).isEqualTo("08P01 cannot suspend with paused databases");
            operator.run("RESUME bench");
            assertThat(operator.run("SUSPEND")).isEqualTo("SUSPEND");
        }
    }
}
