package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.StatementSettings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.StatementComparison;
import dev.spillway.testkit.StatementProgram;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Layer (f): whoever prepares statements cannot tell that the server changes between transactions. */
class PreparedStatementsIT {
    private static final Logger LOG = LoggerFactory.getLogger(PreparedStatementsIT.class);
    private static final int PROGRAMS =
            Integer.getInteger("spillway.test.programs", Boolean.getBoolean("spillway.test.thorough") ? 3000 : 200);

    private static final Duration LIMIT = Duration.ofSeconds(Integer.getInteger("spillway.test.limit", 10));

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "1, 1, 2", "2, 1, 1", "3, 2, 2", "1, 1, 200", "2, 2, 200", "3, 1, 200"})
    void programsHaveTheAnswersOfADirectConnection(int servers, int lanes, int perServer) throws IOException {
        LOG.info("spillway.test.seed={}", seed);
        var config = RunningProxy.config(direct.port(), PoolMode.TRANSACTION, servers)
                .with(Settings.LANES, lanes)
                .with(StatementSettings.MAX_PREPARED_STATEMENTS, perServer);
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            StatementComparison comparison = new StatementComparison(direct, through, servers, LIMIT);
            for (int i = 0; i < PROGRAMS; i++) {
                comparison.assertSame(StatementProgram.random(seed * 1_000_000 + i, 10));
            }
        }
    }

    @Test
    void columnsThatHaveChangedAreAnErrorUntilTheStatementIsPreparedAgain() throws IOException {
        var config = RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2);
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient owner = WireClient.connect(direct)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient one = WireClient.connect(through);
                    WireClient other = WireClient.connect(through)) {
                owner.query("drop table if exists changing");
                owner.query("create table changing as select 1 as a");
                assertThat(prepare(one)).isEqualTo("1");
                assertThat(prepare(other)).isEqualTo("1");
                owner.query("alter table changing add b int default 2");

                assertThat(use(one)).isEqualTo("0A000");
                other.query("begin"); // takes the server that has the statement: the next has it not
                for (int i = 0; i < 3; i++) {
                    assertThat(use(one)).isEqualTo("0A000");
                }
                one.send(Messages.closeStatement("s"), Messages.sync());
                one.readUntilReady();
                assertThat(prepare(one)).as("prepared anew").isEqualTo("1 2");
                other.query("rollback");
                assertThat(use(other)).isEqualTo("0A000");
                assertThat(use(one)).isEqualTo("1 2");
            }
        }
    }

    @Test
    void serverThatDidNotKnowTheStatementGivesNobodyColumnsHeWasNotTold() throws IOException {
        var config = RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2);
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient owner = WireClient.connect(direct)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient one = WireClient.connect(through);
                    WireClient other = WireClient.connect(through)) {
                owner.query("drop table if exists shaped; drop sequence if exists runs; create sequence runs");
                owner.query("create table shaped as select 1 as a");
                String sql = "select *, nextval('runs') > 0 as ran from shaped";
                assertThat(prepare(one, sql)).isEqualTo("1 t");
                other.query("begin"); // takes the server that has the statement
                owner.query("alter table shaped alter a type text");

                assertThat(use(one)).isEqualTo("0A000");
                assertThat(owner.queryOne("select last_value from runs"))
                        .as("runs")
                        .isEqualTo("1");
                one.send(Messages.bind("", "s"), Messages.describePortal(""), Messages.execute("", 0), Messages.sync());
                assertThat(one.readUntilReady().get(2).columns()).containsExactly("1", "t");
                assertThat(use(one)).as("it has been told by now").isEqualTo("1 t");
                other.query("rollback");
                assertThat(use(other)).isEqualTo("26000");
                one.send(Messages.closeStatement("s"), Messages.sync());
                one.readUntilReady();
                assertThat(prepare(one, sql)).isEqualTo("1 t");
                assertThat(prepare(other, sql)).isEqualTo("1 t");
                other.query("begin");
                assertThat(use(one)).isEqualTo("1 t");
                other.query("rollback");
                assertThat(use(one)).isEqualTo("1 t");
            }
        }
    }

    private static String prepare(WireClient client) throws IOException {
        return prepare(client, "select * from changing");
    }

    private static String prepare(WireClient client, String sql) throws IOException {
        client.send(Messages.parse("s", sql), Messages.describeStatement("s"), Messages.sync());
        client.readUntilReady();
        return use(client);
    }

    /** The row, or the error's SQLSTATE. */
    private static String use(WireClient client) throws IOException {
        client.send(Messages.bind("", "s"), Messages.execute("", 0), Messages.sync());
        List<BackendMessage> answer = client.readUntilReady();
        BackendMessage second = answer.get(answer.get(0).is('E') ? 0 : 1);
        return second.is('E') ? String.valueOf(second.errorField('C')) : String.join(" ", second.columns());
    }

    @Test
    void whatSqlTakesAwayOfOursIsPreparedAgain() throws IOException {
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient one = WireClient.connect(through);
                    WireClient other = WireClient.connect(through)) {
                one.send(Messages.parse("s", "select 7"), Messages.sync());
                one.readUntilReady();
                assertThat(use(one)).isEqualTo("7");
                for (String sql : List.of("deallocate spillway_1", "deallocate \"spillway_1\"")) {
                    assertThat(other.query(sql).get(0).errorField('C')).as(sql).isEqualTo("26000");
                }
                assertThat(other.query("/* */ deallocate spillway_1").get(0).is('C'))
                        .as("known by its tag")
                        .isTrue();
                assertThat(use(one)).isEqualTo("7");
            }
        }
    }

    @Test
    void aNameOf100KilobytesIsANameAsAnyOther() throws IOException {
        String name = "n".repeat(100_000);
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1));
                WireClient client =
                        WireClient.connect(direct.withPort(proxy.proxy().port()))) {
            for (int use = 0; use < 2; use++) { // Describe and Close of such a name PostgreSQL refuses
                client.send(
                        use == 0 ? Messages.parse(name, "select 7") : Messages.flush(),
                        Messages.bind("", name),
                        Messages.execute("", 0),
                        Messages.sync());
                List<BackendMessage> answer = client.readUntilReady();
                assertThat(answer.get(use == 0 ? 2 : 1).columns()).containsExactly("7");
            }
        }
    }

    /** More than is kept: its client alone has it, on the server that it keeps until it has closed it. */
    @Test
    void aTextOf100MegabytesIsPreparedAndUsed() throws IOException {
        int length = 100 << 20;
        byte[] parse = Messages.parse("s", "select length('%s')".formatted("x".repeat(length)));
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient one = WireClient.connect(through, Map.of(), Duration.ofMinutes(1));
                    WireClient other = WireClient.connect(through, Map.of(), Duration.ofMinutes(1))) {
                long before = heldBytes(through);
                one.send(Messages.parse("s", "selec"), Messages.sync());
                assertThat(one.readUntilReady().get(0).errorField('C')).isEqualTo("42601");
                one.send(parse, Messages.sync());
                assertThat(one.readUntilReady().get(0).is('1')).isTrue();
                assertThat(use(one)).isEqualTo(String.valueOf(length));
                assertThat(use(one)).isEqualTo(String.valueOf(length));
                assertThat(heldBytes(through) - before)
                        .as("bytes that are held for it")
                        .isLessThan(32 << 20);
                one.send(Messages.closeStatement("s"), Messages.sync());
                one.readUntilReady();
                assertThat(use(one)).isEqualTo("26000");
                assertThat(other.queryOne("select 1")).as("once it is closed").isEqualTo("1");
            }
        }
    }

    /** The header comes in two pieces, and with the second all that there is to come. */
    @Test
    void aLargeBindIsUsedWhereverItIsCut() throws IOException {
        String value = "x".repeat(300_000);
        byte[] bind = Messages.bind("", "", value);
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1));
                WireClient client =
                        WireClient.connect(direct.withPort(proxy.proxy().port()))) {
            for (int cut = 1; cut < 10; cut++) {
                client.send(
                        Messages.parse("", "select length($1)"), Messages.flush(), Arrays.copyOfRange(bind, 0, cut));
                assertThat(client.readMessage().is('1')).isTrue();
                client.send(Arrays.copyOfRange(bind, cut, bind.length), Messages.execute("", 0), Messages.sync());
                assertThat(client.readUntilReady().get(1).columns())
                        .as("cut at %d", cut)
                        .containsExactly("300000");
            }
        }
    }

    @Test
    void aBatchOfAnyLengthWithoutASyncIsAnswered() throws IOException {
        int length = 30_000;
        byte[] once = Messages.join(Messages.bind("", ""), Messages.execute("", 0));
        byte[] batch = Messages.join(Collections.nCopies(length, once));
        try (RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1));
                WireClient client =
                        WireClient.connect(direct.withPort(proxy.proxy().port()))) {
            CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> sendBatch(client, batch));
            assertThat(client.readUntilReady().stream().filter(message -> message.is('D')))
                    .hasSize(length);
            sent.join();
        }
    }

    private static void sendBatch(WireClient client, byte[] batch) {
        try {
            client.send(Messages.parse("", "select 1"), batch, Messages.sync());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long heldBytes(Endpoint through) throws IOException {
        try (WireClient console = WireClient.connect(through.withDatabase("spillway"))) {
            return console.query("show mem").stream()
                    .filter(row ->
                            row.is('D') && "direct_buffers".equals(row.columns().get(0)))
                    .mapToLong(
                            row -> Long.parseLong(String.valueOf(row.columns().get(4))))
                    .sum();
        }
    }

    @Test
    void consoleShowsWhatIsPreparedAndItsTextToAdminsOnly() throws IOException {
        var config = RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1)
                .with(Settings.STATS_USERS, Set.of("watcher"));
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient client = WireClient.connect(through)) {
                for (String name : List.of("s1", "s2")) {
                    client.send(Messages.parse(name, "select 'secret'"), Messages.sync());
                    client.readUntilReady();
                }
                assertThat(shown(through)).startsWith("spillway_1 ").endsWith(" 2 1 18 0 select 'secret'");
                assertThat(shown(through.withUser("watcher"))).endsWith(" 2 1 18 0 null");
            }
            Awaitility.await().untilAsserted(() -> assertThat(shown(through)).endsWith(" 0 1 18 0 select 'secret'"));
        }
    }

    private static String shown(Endpoint through) throws IOException {
        try (WireClient console = WireClient.connect(through.withDatabase("spillway"))) {
            return console.query("show prepared_statements").get(1).columns().stream()
                    .map(String::valueOf)
                    .collect(Collectors.joining(" "));
        }
    }
}
