package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Clients that take more than their share, of time, of memory, of servers: on a real PostgreSQL. */
class MannersIT {
    private static final long MIB = 1 << 20;

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    private ProxyConfig config(int poolSize) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, poolSize);
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    @Test
    void aStatementThatTakesTooLongIsCancelledAndItsServerServesOn() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(1).with(Settings.QUERY_TIMEOUT, Duration.ofMillis(300)));
                WireClient slow = WireClient.connect(through(proxy));
                WireClient other = WireClient.connect(through(proxy))) {
            String server = slow.queryOne("select pg_backend_pid()");
            slow.send(Messages.query("select pg_sleep(60)"));
            assertThat(slow.readUntilClosed())
                    .last()
                    .satisfies(last -> assertThat(last.trace()).contains("57014", "query_timeout"));
            assertThat(other.queryOne("select pg_backend_pid()")).isEqualTo(server);
        }
    }

    @Test
    void anIdleTransactionIsRolledBackAndItsServerServesOn() throws IOException {
        PostgresFixture.shared().execute("create table if not exists manners (v text); truncate manners");
        ProxyConfig config = config(1).with(Settings.IDLE_TRANSACTION_TIMEOUT, Duration.ofMillis(300));
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient idle = WireClient.connect(through(proxy));
                WireClient other = WireClient.connect(through(proxy))) {
            String server = idle.queryOne("select pg_backend_pid()");
            idle.query("begin; insert into manners values ('idle')");
            assertThat(idle.readUntilClosed())
                    .last()
                    .satisfies(last -> assertThat(last.trace()).contains("25P03"));
            assertThat(other.queryOne("select pg_backend_pid() || ' ' || count(*) from manners"))
                    .isEqualTo(server + " 0");
        }
    }

    @Test
    void clientsThatLeaveInMidTransactionCostFewServers() throws Exception {
        int clients = 1000;
        try (RunningProxy proxy = new RunningProxy(config(5));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<? extends java.util.concurrent.Future<?>> all = IntStream.range(0, 20)
                    .mapToObj(thread -> threads.submit(() -> {
                        for (int i = thread; i < clients; i += 20) {
                            leaveInTransaction(through(proxy), i);
                        }
                        return null;
                    }))
                    .toList();
            for (var one : all) {
                one.get();
            }
            await().untilAsserted(() ->
                    assertThat(proxy.servers(through(proxy), "idle")).isPositive());
            assertThat(proxy.log().count("server opened")).isBetween(1L, 9L);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    private static void leaveInTransaction(Endpoint through, int number) throws IOException {
        WireClient client = WireClient.connect(through);
        client.query("begin");
        if (number % 2 == 0) {
            client.send(Messages.query("select pg_sleep(30)"));
        }
        client.reset();
    }

    @Test
    void whatAClientHadBegunWhenItLeftIsNotCommitted() throws Exception {
        PostgresFixture postgres = PostgresFixture.shared();
        postgres.execute("drop table if exists left_behind; create table left_behind (n int)");
        try (RunningProxy proxy = new RunningProxy(config(1))) {
            WireClient client = WireClient.connect(through(proxy));
            // A cancel that hit the first would let the second run, and commit, without its transaction.
            client.send(
                    Messages.query("select pg_sleep(0.5); begin"),
                    Messages.query("insert into left_behind values (1)"));
            await().until(() -> postgres.queryOne("select count(*) from pg_stat_activity"
                            + " where wait_event = 'PgSleep' and query like '%begin'")
                    .equals("1"));
            client.reset();
            await().untilAsserted(() ->
                    assertThat(proxy.servers(through(proxy), "idle")).isEqualTo(1));
            assertThat(proxy.log().count("server opened")).isEqualTo(1);
        }
        assertThat(postgres.queryOne("select count(*) from left_behind")).isEqualTo("0");
    }

    @Test
    void aClientThatPipelinesWithoutEndLetsOthersHaveTheirTurn() throws Exception {
        AtomicBoolean isOver = new AtomicBoolean();
        try (RunningProxy proxy = new RunningProxy(config(1));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                WireClient endless = WireClient.connect(through(proxy));
                WireClient other = WireClient.connect(through(proxy))) {
            byte[][] many = new byte[100][];
            Arrays.fill(many, Messages.query("select 1"));
            var _ = threads.submit(() -> {
                while (!isOver.get()) {
                    endless.send(many);
                }
                return null;
            });
            var reading = threads.submit(() -> {
                int answers = 0;
                while (!isOver.get()) {
                    endless.readUntilReady();
                    answers++;
                }
                return answers;
            });
            long startNanos = System.nanoTime();
            for (int i = 0; i < 30; i++) {
                assertThat(other.queryOne("select " + i)).isEqualTo(String.valueOf(i));
            }
            Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
            isOver.set(true);
            assertThat(took).as("30 turns of another client").isLessThan(Duration.ofSeconds(30));
            assertThat(reading.get()).as("its own answers").isPositive();
            endless.reset();
        }
    }

    @Test
    void aClientThatAsksForMuchAndReadsNothingHasBoundedMemory() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(2));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                WireClient deaf = WireClient.connect(through(proxy));
                WireClient other = WireClient.connect(through(proxy))) {
            other.queryOne("select 1");
            long before = PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory();
            byte[] query = Messages.query("select repeat('x', 1000) --" + "y".repeat(1000));
            byte[][] many = new byte[1000][];
            Arrays.fill(many, query);
            var writing = threads.submit(() -> {
                for (int i = 0; i < 100; i++) {
                    deaf.send(many); // 100 MB in all
                }
                return null;
            });
            long most = 0;
            for (int i = 0; i < 2000; i++) {
                assertThat(other.queryOne("select " + i)).isEqualTo(String.valueOf(i));
                most = Math.max(most, PooledByteBufAllocator.DEFAULT.metric().usedDirectMemory() - before);
            }
            deaf.reset();
            assertThatThrownBy(writing::get).as("it is not read on").isNotNull();
            assertThat(most).as("bytes of buffers").isLessThan(16 * MIB);
        }
    }

    @Test
    void whoWaitsForLongIsToldAndServedAllTheSame() throws IOException {
        ProxyConfig config = config(1).with(Settings.QUERY_WAIT_NOTIFY, Duration.ofMillis(200));
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient holder = WireClient.connect(through(proxy));
                WireClient waiting = WireClient.connect(through(proxy))) {
            holder.query("begin");
            waiting.send(Messages.query("select 1"));
            BackendMessage notice = waiting.readMessage();
            assertThat(notice.is('N')).isTrue();
            assertThat(notice.trace()).contains("NOTICE", "waiting (1 in use of 1, 1 clients waiting)");
            holder.query("commit");
            assertThat(waiting.readUntilReady()).anyMatch(message -> message.is('D'));
        }
    }

    @Test
    void aServerThatFailsItsCheckIsReplaced() throws IOException {
        ProxyConfig config = config(1)
                .with(Settings.SERVER_CHECK_DELAY, Duration.ofMillis(100))
                .with(Settings.SERVER_CHECK_QUERY, "select 1/0");
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient client = WireClient.connect(through(proxy))) {
            String first = client.queryOne("select pg_backend_pid()");
            await().pollInterval(Duration.ofMillis(200))
                    .until(() -> !client.queryOne("select pg_backend_pid()").equals(first));
            assertThat(proxy.log().count("select 1/0 failed")).isPositive();
        }
    }

    @Test
    void aSessionGetsItsServerAtLoginWhereThatIsAsked() throws IOException {
        ProxyConfig config = RunningProxy.config(direct.port(), PoolMode.SESSION, 2)
                .with(Settings.RESERVE_SESSION_SERVER_CONNECTION, true);
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient client = WireClient.connect(through(proxy))) {
            await().untilAsserted(() ->
                    assertThat(proxy.servers(through(proxy), "active")).isEqualTo(1));
            assertThat(client.queryOne("select 1")).isEqualTo("1");
        }
    }
}
