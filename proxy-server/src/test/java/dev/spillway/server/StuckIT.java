package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.StateSettings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Sessions that last too long: shown, told of in the log at half of their limit, ended at the whole of it. */
class StuckIT {
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    /** Columns of SHOW STUCK. */
    private static final int USER = 1;

    private static final int NAME = 5;
    private static final int DOING = 6;
    private static final int LIMIT_SECONDS = 8;
    private static final int SETTING = 9;
    private static final int REASON = 10;
    private static final int PROCESS = 11;

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @Test
    void clientThatIsIdleInItsTransaction() throws Exception {
        follow(Settings.IDLE_TRANSACTION_TIMEOUT, "begin", "idle in transaction", "25P03");
    }

    @Test
    void transactionThatGoesOnAndOn() throws Exception {
        follow(Settings.TRANSACTION_TIMEOUT, "begin", "transaction", "25P04");
    }

    @Test
    void queryThatDoesNotEnd() throws Exception {
        follow(Settings.QUERY_TIMEOUT, "select pg_sleep(60)", "query", "57014");
    }

    @Test
    void pinThatNobodyUses() throws Exception {
        List<@Nullable String> row = follow(
                StateSettings.PIN_IDLE_TIMEOUT,
                "select pg_advisory_lock(4711)",
                "idle with a server of its own",
                "57P05");
        assertThat(row.get(REASON)).contains("lock");
    }

    /** What {@code sql} begins is shown and told of before it is ended with {@code sqlstate}; returns its row. */
    private List<@Nullable String> follow(Setting<Duration> limit, String sql, String doing, String sqlstate)
            throws Exception {
        try (RunningProxy proxy = new RunningProxy(config().with(limit, LIMIT));
                WireClient client =
                        WireClient.connect(through(proxy), Map.of("application_name", "culprit"), PATIENCE)) {
            client.send(Messages.query(sql));
            await().atMost(PATIENCE).until(() -> stuck(proxy).size() == 1);
            List<@Nullable String> row = stuck(proxy).getFirst();
            assertThat(row.get(USER)).isEqualTo(direct.user());
            assertThat(row.get(NAME)).isEqualTo("culprit");
            assertThat(row.get(DOING)).isEqualTo(doing);
            assertThat(row.get(LIMIT_SECONDS)).isEqualTo("2");
            assertThat(row.get(SETTING)).isEqualTo(limit.name());
            assertThat(backends(row.get(PROCESS))).isEqualTo("1");
            await().atMost(PATIENCE).until(() -> proxy.log().count("client stuck") > 0);
            assertThat(proxy.log().lines())
                    .anySatisfy(line -> assertThat(line)
                            .contains("client stuck")
                            .contains(": " + doing)
                            .contains(limit.name() + " is 2000 ms"));

            BackendMessage last = client.readMessage();
            while (!last.is('E')) {
                last = client.readMessage();
            }
            assertThat(last.trace()).contains(sqlstate).contains(limit.name());
            await().atMost(PATIENCE).until(() -> stuck(proxy).isEmpty());
            assertThat(proxy.log().count("client stuck")).isEqualTo(1);
            assertThat(proxy.log().defects()).isEmpty();
            return row;
        }
    }

    @Test
    void workThatIsShortIsNotShown() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient client = WireClient.connect(through(proxy))) {
            client.query("begin");
            assertThat(stuck(proxy)).isEmpty();
        }
    }

    @Test
    void replicationMayGoOnForEver() throws Exception {
        ReplicationStage.publish();
        ProxyConfig config = ReplicationStage.config(3)
                .with(Settings.QUERY_TIMEOUT, LIMIT)
                .with(Settings.TRANSACTION_TIMEOUT, LIMIT)
                .with(StateSettings.PIN_IDLE_TIMEOUT, LIMIT);
        try (ReplicationStage stage = ReplicationStage.start(config);
                WireClient stream = stage.logical();
                WireClient client =
                        WireClient.connect(stage.through(), Map.of("application_name", "culprit"), PATIENCE)) {
            ReplicationStage.streamTemporary(stream, "unhurried");
            client.send(Messages.query("select pg_sleep(60)"));
            await().atMost(PATIENCE).until(() -> !stage.show("stuck").isEmpty());
            assertThat(stage.show("stuck")).extracting(row -> row.get(NAME)).containsOnly("culprit");

            await().atMost(PATIENCE).until(() -> stage.show("stuck").isEmpty());
            assertThat(stage.kinds("clients")).contains("logical");
        }
    }

    @Test
    void processThatHeedsNoCancelIsTerminatedAndItsPlaceIsFree() throws Exception {
        ProxyConfig config = config().with(Settings.QUERY_TIMEOUT, Duration.ofMillis(500))
                .with(Settings.CANCEL_WAIT_TIMEOUT, Duration.ofSeconds(1));
        String deaf = "do $$ begin loop begin perform pg_sleep(600) /* deaf to cancels */;"
                + " exception when query_canceled then null; end; end loop; end $$";
        String count =
                "select count(*) from pg_stat_activity where state = 'active' and query like 'do %deaf to cancels%'";
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient client = WireClient.connect(through(proxy))) {
            client.send(Messages.query(deaf));
            await().atMost(PATIENCE).until(() -> PostgresFixture.shared().queryOne(count), "1"::equals);

            await().atMost(PATIENCE).until(() -> PostgresFixture.shared().queryOne(count), "0"::equals);

            try (WireClient next = WireClient.connect(through(proxy))) {
                assertThat(next.query("select 1")).hasSize(4);
            }
            await().atMost(PATIENCE).until(() -> proxy.log().count("terminating connection due to administrator") > 0);
            assertThat(proxy.log().defects()).isEmpty();
        } finally {
            PostgresFixture.shared()
                    .execute("select pg_terminate_backend(pid) from pg_stat_activity where query like 'do %deaf%'");
        }
    }

    private ProxyConfig config() {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 3);
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    private static String backends(@Nullable String pid) {
        return PostgresFixture.shared().queryOne("select count(*) from pg_stat_activity where pid = " + pid);
    }

    private List<List<@Nullable String>> stuck(RunningProxy proxy) throws IOException {
        try (WireClient console = WireClient.connect(through(proxy).withDatabase("spillway"))) {
            return console.query("show stuck").stream()
                    .filter(message -> message.is('D'))
                    .map(BackendMessage::columns)
                    .toList();
        }
    }
}
