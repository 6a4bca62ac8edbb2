package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Which limits hold for replication clients and which do not, and what ends them. */
class ReplicationLimitsIT {
    private static final PostgresFixture POSTGRES = PostgresFixture.shared();
    private final Endpoint direct = POSTGRES.endpoint();

    @BeforeAll
    static void publish() {
        ReplicationStage.publish();
    }

    // ---- limits ----------------------------------------------------------------------------------------------------

    @Test
    void whereThePoolIsFullAndNeverRestsItIsServedInItsTurn() throws IOException {
        AtomicBoolean isOver = new AtomicBoolean();
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(1))) {
            List<CompletableFuture<Integer>> busy = Stream.generate(
                            () -> ReplicationStage.later(() -> work(stage, isOver)))
                    .limit(4)
                    .toList();
            await().until(() -> !stage.kinds("servers").isEmpty());
            try (WireClient replica = stage.logical()) {
                assertThat(stage.kinds("servers")).containsExactly("logical");
                stage.awaitWaiting(4);
                replica.terminate();
            }
            await().until(() -> stage.kinds("servers").equals(List.of("none")));
            isOver.set(true);
            assertThat(busy).allSatisfy(client -> assertThat(client.join()).isPositive());
        }
    }

    /** One transaction after the other; returns how many. */
    private static int work(ReplicationStage stage, AtomicBoolean isOver) throws IOException {
        try (WireClient client = stage.ordinary()) {
            int transactions = 0;
            for (; !isOver.get(); transactions++) {
                assertThat(client.query("select pg_sleep(0.002)").getLast().status())
                        .isEqualTo('I');
            }
            return transactions;
        }
    }

    @Test
    void itCountsAgainstTheLimitOfItsDatabaseAndTakesThePlaceOfAnIdleServer() throws IOException {
        try (ReplicationStage stage =
                        ReplicationStage.start(ReplicationStage.config(5).with(Settings.MAX_DB_CONNECTIONS, 1));
                WireClient other = stage.ordinary()) {
            other.query("select 1");
            WireClient replica = stage.logical();
            assertThat(stage.kinds("servers")).containsExactly("logical");
            other.send(Messages.query("select 'waited'"));
            await().until(() -> stage.proxy().state().contains("waiting"));
            replica.terminate();
            assertThat(other.readUntilReady().get(1).column()).isEqualTo("waited");
        }
    }

    @Test
    void whoFindsNoPlaceInTimeIsTold() throws IOException {
        ProxyConfig impatient = ReplicationStage.config(1).with(Settings.QUERY_WAIT_TIMEOUT, Duration.ofMillis(300));
        try (ReplicationStage stage = ReplicationStage.start(impatient);
                WireClient other = stage.ordinary()) {
            other.query("begin");
            assertThatThrownBy(() -> stage.logical().close())
                    .hasMessageContaining("query_wait_timeout")
                    .hasMessageContaining("1 in use of 1");
            assertThat(other.query("commit").getFirst().tag()).isEqualTo("COMMIT");
        }
    }

    @Test
    void noTimeLimitEndsIt() throws IOException {
        ProxyConfig strict = ReplicationStage.config(4)
                .with(Settings.QUERY_TIMEOUT, Duration.ofMillis(300))
                .with(Settings.TRANSACTION_TIMEOUT, Duration.ofMillis(300))
                .with(Settings.IDLE_TRANSACTION_TIMEOUT, Duration.ofMillis(300))
                .with(Settings.CLIENT_IDLE_TIMEOUT, Duration.ofMillis(300))
                .with(Settings.SERVER_LIFETIME, Duration.ofMillis(300))
                .with(Settings.SERVER_IDLE_TIMEOUT, Duration.ofMillis(300));
        try (ReplicationStage stage = ReplicationStage.start(strict);
                WireClient streaming = stage.logical();
                WireClient quiet = stage.logical();
                WireClient asking = stage.logical();
                WireClient other = stage.ordinary()) {
            ReplicationStage.streamTemporary(streaming, "patient");
            quiet.query("begin");
            assertThat(other.readUntilClosed().getFirst().errorText()).contains("client_idle_timeout");
            assertThat(asking.query("select pg_sleep(0.7)").getLast().is('Z')).isTrue();
            assertThat(quiet.query("commit").getFirst().tag()).isEqualTo("COMMIT");
            POSTGRES.execute("insert into told values ('late')");
            ReplicationStage.readUntil(streaming, "late");
        }
    }

    // ---- the end, and a new configuration --------------------------------------------------------------------------

    @Test
    void whenTheProxyEndsAStreamEndsAtOnceAndWhatRunsIsLetFinish() throws IOException {
        try (ReplicationStage stage = ReplicationStage.start(
                        ReplicationStage.config(3).with(Settings.SHUTDOWN_TIMEOUT, Duration.ofMinutes(1)));
                WireClient streaming = stage.logical();
                WireClient asking = stage.logical()) {
            ReplicationStage.streamTemporary(streaming, "ending");
            asking.send(Messages.query("select pg_sleep(1)"));
            await().until(() -> ReplicationStage.isRunning("select pg_sleep(1)"));

            stage.proxy().proxy().end(Ending.WAIT_FOR_CLIENTS);

            assertThat(streaming.readUntilClosed().getLast().sqlState()).isEqualTo("57P01");
            assertThat(asking.readUntilReady().get(1).is('D')).isTrue();
            assertThat(asking.readUntilClosed().getLast().sqlState()).isEqualTo("57P01");
        }
    }

    @Test
    void aReloadLeavesItAloneUntilItsDatabaseIsElsewhere() throws IOException {
        DatabaseConfig app = DatabaseConfig.named("app")
                .with(DatabaseSettings.PORT, direct.port())
                .with(DatabaseSettings.DBNAME, direct.database());
        try (ReplicationStage stage =
                        ReplicationStage.start(ReplicationStage.config(3).with(app));
                WireClient streaming = WireClient.connect(
                        stage.through().withDatabase("app"), ReplicationStage.LOGICAL, ReplicationStage.LIMIT)) {
            ReplicationStage.streamTemporary(streaming, "reloaded");
            stage.reload(ReplicationStage.config(2).with(app));
            POSTGRES.execute("insert into told values ('reloaded')");
            ReplicationStage.readUntil(streaming, "reloaded");

            stage.reload(ReplicationStage.config(2).with(app.with(DatabaseSettings.DBNAME, "postgres")));
            List<BackendMessage> last = streaming.readUntilClosed();
            assertThat(last.getLast().sqlState()).isEqualTo("57P01");
            assertThat(last.getLast().errorText()).contains("are replaced");
            await().untilAsserted(() -> assertThat(stage.kinds("servers")).isEmpty());
        }
    }
}
