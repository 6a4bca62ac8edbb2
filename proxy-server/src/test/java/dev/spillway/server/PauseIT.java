package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.IsolationOracle;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.OracleReport;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PAUSE and RESUME, RECONNECT and WAIT_CLOSE, on several lanes whose clients move between them. */
class PauseIT {
    private static final int LANES = 3;
    private static final int ROUNDS = Boolean.getBoolean("spillway.test.thorough") ? 40 : 5;

    /** Whose sessions are the proxy's. */
    private static final String POOLED = "pooled";

    private static final PostgresFixture POSTGRES = PostgresFixture.shared();

    private final Endpoint direct = POSTGRES.endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    @BeforeAll
    static void createRole() {
        POSTGRES.execute("create role pooled superuser login");
    }

    private static ProxyConfig config(Endpoint direct, PoolMode mode, int poolSize) {
        return RunningProxy.config(direct.port(), mode, poolSize)
                .with(Settings.LANES, LANES)
                .with(DatabaseConfig.named(ProxyConfig.FALLBACK)
                        .with(DatabaseSettings.PORT, direct.port())
                        .with(DatabaseSettings.USER, POOLED));
    }

    private RunningProxy start(PoolMode mode, int poolSize) throws IOException {
        return new RunningProxy(config(direct, mode, poolSize));
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    private static String count(String condition) {
        return POSTGRES.queryOne("select count(*) from pg_stat_activity where usename = 'pooled' and " + condition);
    }

    private static List<String> pids() {
        String pids = POSTGRES.queryOne(
                "select coalesce(string_agg(pid::text, ','), '') from pg_stat_activity where usename = 'pooled'");
        return List.of(pids.split(",", -1));
    }

    private static void unsettle(RunningProxy proxy, Random random) {
        for (int i = 0; i < 20; i++) {
            proxy.proxy().lanes().shift(random.nextInt(LANES), random.nextInt(LANES), 1 + random.nextInt(3));
        }
    }

    private CompletableFuture<OracleReport> load(RunningProxy proxy) {
        return CompletableFuture.supplyAsync(
                () -> IsolationOracle.run(IsolationOracle.Settings.of(through(proxy), direct, seed)
                        .clients(12, 60 * ROUNDS)
                        .diagnosis(proxy::state)));
    }

    @Test
    void waitThatTakesTooLongSaysThatItIsForThePause() throws Exception {
        ProxyConfig config =
                config(direct, PoolMode.TRANSACTION, 2).with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofMillis(300));
        try (RunningProxy proxy = new RunningProxy(config);
                Operator operator = new Operator(through(proxy));
                WireClient client = WireClient.connect(through(proxy))) {
            operator.run("PAUSE");
            client.send(Messages.query("select 1"));
            assertThat(client.readMessage().errorText())
                    .startsWith("query_wait_timeout: ")
                    .endsWith("waiting); the database is paused");
            operator.run("RESUME");
        }
    }

    @Test
    void nothingRunsBetweenPauseAndResumeAndNothingIsLost() throws Exception {
        Random random = new Random(seed);
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 5);
                Operator operator = new Operator(through(proxy))) {
            CompletableFuture<OracleReport> load = load(proxy);
            for (int round = 0; round < ROUNDS; round++) {
                await().until(() -> !count("true").equals("0"));
                unsettle(proxy, random);
                operator.begin(round % 2 == 0 ? "PAUSE" : "PAUSE bench");
                unsettle(proxy, random);
                assertThat(operator.awaitTag()).isEqualTo("PAUSE");
                assertThat(count("state <> 'idle'"))
                        .as("sessions at work, seed " + seed)
                        .isEqualTo("0");
                await().untilAsserted(() -> assertThat(count("true")).isEqualTo("0"));
                for (int look = 0; look < 10; look++) {
                    unsettle(proxy, random);
                    assertThat(count("true"))
                            .as("sessions while paused, seed " + seed)
                            .isEqualTo("0");
                }
                operator.run(round % 2 == 0 ? "RESUME" : "RESUME bench");
            }
            load.join().assertIsolated();
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void everyServerIsReplacedUnderLoadAndNoReplyIsLost() throws Exception {
        Random random = new Random(seed);
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 5);
                Operator operator = new Operator(through(proxy))) {
            CompletableFuture<OracleReport> load = load(proxy);
            for (int round = 0; round < ROUNDS; round++) {
                await().until(() -> !count("true").equals("0"));
                unsettle(proxy, random);
                List<String> before = pids();
                operator.run(round % 2 == 0 ? "RECONNECT" : "RECONNECT bench");
                unsettle(proxy, random);
                assertThat(operator.run(round % 2 == 0 ? "WAIT_CLOSE" : "WAIT_CLOSE bench"))
                        .isEqualTo("WAIT_CLOSE");
                await().untilAsserted(() -> assertThat(pids()).doesNotContainAnyElementsOf(before));
            }
            load.join().assertIsolated();
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void aRestartOfPostgresqlWhilePausedIsNoErrorForAnybody() throws Exception {
        PostgresFixture restartable = PostgresFixture.restartable();
        restartable.execute("create role pooled superuser login");
        AtomicBoolean isOver = new AtomicBoolean();
        AtomicInteger answered = new AtomicInteger();
        try (RunningProxy proxy = new RunningProxy(config(restartable.endpoint(), PoolMode.TRANSACTION, 3))) {
            Endpoint through = restartable.endpoint().withPort(proxy.proxy().port());
            List<CompletableFuture<Void>> clients = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                clients.add(CompletableFuture.runAsync(() -> work(through, isOver, answered)));
            }
            try (Operator operator = new Operator(through)) {
                await().until(() -> answered.get() > 100);
                operator.run("PAUSE");
                restartable.restart(PostgresFixture.Stop.FAST);
                int before = answered.get();
                operator.run("RESUME");
                await().until(() -> answered.get() > before + 100);
            } finally {
                isOver.set(true);
            }
            clients.forEach(CompletableFuture::join);
        }
    }

    private static void work(Endpoint through, AtomicBoolean isOver, AtomicInteger answered) {
        while (!isOver.get()) {
            try (WireClient client = WireClient.connect(through)) {
                for (int i = 0; i < 20 && !isOver.get(); i++) {
                    client.query("begin");
                    String expected = "answer " + i;
                    assertThat(client.queryOne("select '" + expected + "'")).isEqualTo(expected);
                    assertThat(client.query("commit").getFirst().tag()).isEqualTo("COMMIT");
                    answered.incrementAndGet();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Test
    void pauseWaitsForTransactionsAndNewQueriesAndLoginsWaitForResume() throws Exception {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 5);
                WireClient busy = WireClient.connect(through(proxy));
                WireClient idle = WireClient.connect(through(proxy));
                Operator operator = new Operator(through(proxy));
                Operator other = new Operator(through(proxy))) {
            busy.query("begin");
            operator.begin("PAUSE");
            await().until(() -> count("true").equals("1"));
            assertThat(busy.queryOne("select 'goes on'")).isEqualTo("goes on");
            assertThat(other.error("PAUSE")).isEqualTo("08P01 already suspended/paused");
            assertThat(other.error("PAUSE bench")).isEqualTo("08P01 already suspended/paused");
            assertThat(other.error("KILL")).isEqualTo("08P01 already suspended/paused");
            busy.query("commit");
            assertThat(operator.awaitTag()).isEqualTo("PAUSE");

            idle.send(Messages.query("select 'idle one'"));
            CompletableFuture<String> newcomer = CompletableFuture.supplyAsync(() -> ask(through(proxy)));
            idle.timeout(Duration.ofMillis(300));
            assertThatThrownBy(idle::readMessage).isInstanceOf(SocketTimeoutException.class);
            assertThat(newcomer).isNotDone();
            idle.timeout(Duration.ofSeconds(10));
            assertThat(operator.run("RESUME")).isEqualTo("RESUME");
            assertThat(idle.readUntilReady().toString()).contains("idle one");
            assertThat(newcomer.get()).isEqualTo("newcomer");
            assertThat(other.error("RESUME")).isEqualTo("08P01 pooler is not paused/suspended");
        }
    }

    /** With parameters of its own, so that its login already needs a server. */
    private static String ask(Endpoint through) {
        try (WireClient client =
                WireClient.connect(through, Map.of("application_name", "newcomer"), Duration.ofSeconds(10))) {
            return client.queryOne("show application_name");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aPoolThatIsMadeWhilePausedIsPausedToo() throws Exception {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 5);
                Operator operator = new Operator(through(proxy))) {
            assertThat(operator.run("PAUSE")).isEqualTo("PAUSE");
            List<CompletableFuture<String>> newcomers = new ArrayList<>();
            for (int i = 0; i < 2 * LANES; i++) {
                newcomers.add(CompletableFuture.supplyAsync(() -> ask(through(proxy))));
            }
            await().during(Duration.ofMillis(300)).until(() -> count("true").equals("0"));
            assertThat(newcomers).noneMatch(CompletableFuture::isDone);
            operator.run("RESUME");
            newcomers.forEach(newcomer -> assertThat(newcomer.join()).isEqualTo("newcomer"));
        }
    }

    @Test
    void aSessionIsWaitedForUntilItsClientLeaves() throws Exception {
        try (RunningProxy proxy = start(PoolMode.SESSION, 5);
                WireClient client = WireClient.connect(through(proxy));
                Operator operator = new Operator(through(proxy))) {
            client.query("select 1");
            operator.begin("pause bench;");
            operator.console().timeout(Duration.ofMillis(300));
            assertThatThrownBy(operator.console()::readMessage).isInstanceOf(SocketTimeoutException.class);
            assertThat(client.queryOne("select 'its own'")).isEqualTo("its own");
            client.terminate();
            operator.console().timeout(Duration.ofSeconds(10));
            assertThat(operator.awaitTag()).isEqualTo("PAUSE");
        }
    }

    @Test
    void whoLeavesWhileItWaitsHasPausedAndWhoCancelsHasNot() throws Exception {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 5);
                WireClient busy = WireClient.connect(through(proxy));
                Operator staying = new Operator(through(proxy))) {
            busy.query("begin");
            try (Operator leaving = new Operator(through(proxy))) {
                leaving.begin("PAUSE");
                await().until(() ->
                        staying.console().query("pause").getFirst().trace().contains("already"));
            }
            await().during(Duration.ofMillis(200))
                    .until(() ->
                            staying.console().query("pause").getFirst().trace().contains("already"));
            assertThat(staying.run("RESUME")).isEqualTo("RESUME");

            try (Operator cancelling = new Operator(through(proxy))) {
                cancelling.begin("PAUSE");
                await().until(() ->
                        staying.console().query("pause").getFirst().trace().contains("already"));
                cancelling.console().cancel();
                assertThat(cancelling.console().readUntilReady().getFirst().sqlState())
                        .isEqualTo("57014");
                assertThat(staying.error("RESUME")).contains("not paused");
            }
        }
    }

    @Test
    void resumeEndsAPauseThatWaits() throws Exception {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 5);
                WireClient busy = WireClient.connect(through(proxy));
                Operator waiting = new Operator(through(proxy));
                Operator resuming = new Operator(through(proxy))) {
            busy.query("begin");
            waiting.begin("PAUSE bench");
            await().until(() ->
                    resuming.console().query("RESUME bench").getFirst().is('C'));
            assertThat(waiting.console().readUntilReady().getFirst().errorText())
                    .isEqualTo("PAUSE was ended by RESUME");
            busy.query("commit");
            assertThat(busy.queryOne("select 1")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"WAIT_CLOSE", "WAIT_CLOSE bench"})
    void waitCloseWaitsForTheLastServerThatIsToBeReplaced(String command) throws Exception {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 5);
                WireClient busy = WireClient.connect(through(proxy));
                WireClient other = WireClient.connect(through(proxy));
                Operator operator = new Operator(through(proxy))) {
            assertThat(operator.run(command)).isEqualTo("WAIT_CLOSE");
            busy.query("begin");
            String old = busy.queryOne("select pg_backend_pid()");
            operator.run("RECONNECT");
            assertThat(other.queryOne("select pg_backend_pid()")).isNotEqualTo(old);
            operator.begin(command);
            operator.console().timeout(Duration.ofMillis(300));
            assertThatThrownBy(operator.console()::readMessage).isInstanceOf(SocketTimeoutException.class);
            operator.console().timeout(Duration.ofSeconds(10));
            assertThat(busy.queryOne("select pg_backend_pid()")).isEqualTo(old);
            busy.query("commit");
            assertThat(operator.awaitTag()).isEqualTo("WAIT_CLOSE");
            assertThat(busy.queryOne("select pg_backend_pid()")).isNotEqualTo(old);
        }
    }

    @Test
    void theLeastServersOfADatabaseWithAUserAreThereBeforeAnyClientWhateverIsOrdered() throws Exception {
        ProxyConfig config = config(direct, PoolMode.TRANSACTION, 5)
                .with(DatabaseConfig.named("warm")
                        .with(DatabaseSettings.PORT, direct.port())
                        .with(DatabaseSettings.DBNAME, direct.database())
                        .with(DatabaseSettings.USER, POOLED)
                        .with(DatabaseSettings.MIN_POOL_SIZE, 3));
        await().until(() -> count("true").equals("0"));
        try (RunningProxy proxy = new RunningProxy(config);
                Operator operator = new Operator(through(proxy))) {
            await().until(() -> count("true").equals("3"));
            List<String> before = pids();
            operator.run("RECONNECT");
            await().untilAsserted(() -> assertThat(pids()).hasSize(3).doesNotContainAnyElementsOf(before));
            operator.run("PAUSE");
            await().until(() -> count("true").equals("0"));
            operator.run("RESUME");
            await().until(() -> count("true").equals("3"));
        }
    }

    @Test
    void aPoolIsNotLargerForBeingReplaced() throws Exception {
        try (RunningProxy proxy = start(PoolMode.TRANSACTION, 1);
                WireClient busy = WireClient.connect(through(proxy));
                WireClient waiting = WireClient.connect(through(proxy));
                Operator operator = new Operator(through(proxy))) {
            busy.query("begin");
            operator.run("RECONNECT");
            waiting.send(Messages.query("select 'served'"));
            waiting.timeout(Duration.ofMillis(300));
            assertThatThrownBy(waiting::readMessage).isInstanceOf(SocketTimeoutException.class);
            waiting.timeout(Duration.ofSeconds(10));
            busy.query("commit");
            assertThat(waiting.readUntilReady().toString()).contains("served");
        }
    }
}
