package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.PGReplicationStream;

/** Replication clients through the proxy: each has a walsender of its own for as long as it stays. */
class ReplicationIT {
    private static final PostgresFixture POSTGRES = PostgresFixture.shared();
    private final Endpoint direct = POSTGRES.endpoint();

    @BeforeAll
    static void publish() {
        ReplicationStage.publish();
    }

    // ---- what can be done ------------------------------------------------------------------------------------------

    @Test
    void aLogicalConnectionIsOfItsDatabaseAndHasItsStartupParametersWhateverItDoesToThem() throws IOException {
        // what is ignored in a pool is not in a connection of its own
        ProxyConfig config = ReplicationStage.config(2).with(Settings.IGNORE_STARTUP_PARAMETERS, Set.of("options"));
        try (ReplicationStage stage = ReplicationStage.start(config);
                WireClient client = WireClient.connect(
                        stage.through(),
                        Map.of(
                                "replication",
                                "database",
                                "application_name",
                                "receiver",
                                "options",
                                "-c work_mem=1234kB -c datestyle=German"),
                        ReplicationStage.LIMIT)) {
            assertThat(client.parameterStatus())
                    .containsEntry("application_name", "receiver")
                    .containsEntry("DateStyle", "German, DMY");
            assertThat(client.query("IDENTIFY_SYSTEM").get(1).columns().get(3)).isEqualTo(direct.database());
            assertThat(client.queryOne("select application_name from pg_stat_activity where pid = pg_backend_pid()"))
                    .isEqualTo("receiver");
            client.query("set work_mem = '2MB'");
            assertThat(client.queryOne("show work_mem")).isEqualTo("2MB");
            client.query("discard all");
            assertThat(client.queryOne("show work_mem")).isEqualTo("1234kB");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "on", "yes", "1", "T", "YE"})
    void aPhysicalConnectionIsOfTheWholeCluster(String asked) throws IOException {
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(2));
                WireClient client =
                        WireClient.connect(stage.through(), Map.of("replication", asked), ReplicationStage.LIMIT)) {
            List<BackendMessage> system = client.query("IDENTIFY_SYSTEM");
            assertThat(system.get(1).columns().get(3)).isNull();
            assertThat(client.query("select 1").getFirst().errorText()).contains("physical replication");
            client.send(Messages.query(
                    "START_REPLICATION PHYSICAL " + system.get(1).columns().get(2)));
            assertThat(client.readMessage().type()).isEqualTo('W');
            assertThat(stage.kinds("servers")).containsExactly("physical");
            assertThat(stage.kinds("clients")).containsExactly("physical");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"false", "off", "no", "0", "f"})
    void whoAsksForNoReplicationIsAnOrdinaryClient(String asked) throws IOException {
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(2));
                WireClient client =
                        WireClient.connect(stage.through(), Map.of("replication", asked), ReplicationStage.LIMIT)) {
            client.query("select 1");
            assertThat(stage.kinds("servers")).containsExactly("none");
            assertThat(client.query("IDENTIFY_SYSTEM").getFirst().sqlState()).isEqualTo("42601");
        }
    }

    @Test
    void rowsOfOthersArriveAndTheSessionGoesOnWhenTheStreamHasEnded() throws IOException {
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(2));
                WireClient client = stage.logical();
                WireClient writer = stage.ordinary()) {
            ReplicationStage.streamTemporary(client, "arriving");
            ReplicationStage.tell(writer, "first");
            client.send(Messages.standbyStatusUpdate(ReplicationStage.readUntil(client, "first")));
            ReplicationStage.tell(writer, "second");
            ReplicationStage.readUntil(client, "second");
            client.send(Messages.copyDone());
            List<BackendMessage> rest = client.readUntilReady();
            assertThat(rest.stream().filter(message -> !message.is('d')).map(BackendMessage::type))
                    .containsExactly('c', 'C', 'C', 'Z');
            assertThat(client.queryOne("select 'still here'")).isEqualTo("still here");
        }
    }

    @Test
    void aDriverStreams() throws IOException, SQLException {
        Properties properties = new Properties();
        PGProperty.USER.set(properties, direct.user());
        PGProperty.REPLICATION.set(properties, "database");
        PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
        PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "10");
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(2));
                WireClient writer = stage.ordinary();
                Connection connection =
                        DriverManager.getConnection(stage.through().jdbcUrl(), properties)) {
            PGConnection replication = connection.unwrap(PGConnection.class);
            replication
                    .getReplicationAPI()
                    .createReplicationSlot()
                    .logical()
                    .withSlotName("driver")
                    .withOutputPlugin("pgoutput")
                    .withTemporaryOption()
                    .make();
            try (PGReplicationStream stream = replication
                    .getReplicationAPI()
                    .replicationStream()
                    .logical()
                    .withSlotName("driver")
                    .withSlotOption("proto_version", 1)
                    .withSlotOption("publication_names", "told")
                    .withStatusInterval(1, TimeUnit.SECONDS)
                    .start()) {
                ReplicationStage.tell(writer, "to the driver");
                StringBuilder read = new StringBuilder();
                while (read.indexOf("to the driver") < 0) {
                    read.append(StandardCharsets.UTF_8.decode(stream.read()));
                    stream.setFlushedLSN(stream.getLastReceiveLSN());
                }
            }
        }
    }

    @Test
    void aCancelReachesWhatRuns() throws IOException {
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(2));
                WireClient client = stage.logical()) {
            client.send(Messages.query("select pg_sleep(60)"));
            await().until(() -> ReplicationStage.isRunning("select pg_sleep(60)"));
            client.cancel();
            assertThat(client.readUntilReady().toString()).contains("57014");
            assertThat(client.queryOne("select 1")).isEqualTo("1");
        }
    }

    // ---- a server of its own ---------------------------------------------------------------------------------------

    @Test
    void eachHasAServerThatNobodyGetsAfterIt() throws IOException {
        String pid = "select pg_backend_pid()";
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(5));
                WireClient other = stage.ordinary();
                WireClient one = stage.logical();
                WireClient two = stage.logical()) {
            String first = one.queryOne(pid);
            assertThat(List.of(first, two.queryOne(pid), other.queryOne(pid))).doesNotHaveDuplicates();
            assertThat(one.queryOne(pid)).isEqualTo(first);
            assertThat(stage.kinds("servers")).containsExactlyInAnyOrder("none", "logical", "logical");

            one.terminate();
            await().untilAsserted(
                            () -> assertThat(stage.kinds("servers")).containsExactlyInAnyOrder("none", "logical"));
            try (WireClient three = stage.logical()) {
                assertThat(three.queryOne(pid)).isNotEqualTo(first);
            }
        }
    }

    @Test
    void whoLeavesInMidStreamFreesItsSlotAndDisturbsNobody() throws IOException {
        POSTGRES.execute("select pg_create_logical_replication_slot('kept', 'pgoutput')");
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(2));
                WireClient writer = stage.ordinary();
                WireClient leaver = stage.logical()) {
            String pid = writer.queryOne("select pg_backend_pid()");
            ReplicationStage.stream(leaver, "kept");
            ReplicationStage.tell(writer, "before");
            ReplicationStage.readUntil(leaver, "before");
            writer.query("begin");
            leaver.reset();
            await().until(() -> POSTGRES.queryOne("select active from pg_replication_slots where slot_name = 'kept'")
                    .equals("f"));
            await().untilAsserted(() -> assertThat(stage.kinds("servers")).containsExactly("none"));
            ReplicationStage.tell(writer, "after");
            writer.query("commit");
            assertThat(writer.queryOne("select pg_backend_pid()")).isEqualTo(pid);
            try (WireClient next = stage.logical()) {
                ReplicationStage.stream(next, "kept");
                ReplicationStage.readUntil(next, "after");
            }
        } finally {
            await().ignoreExceptions()
                    .until(() -> POSTGRES.queryOne("select pg_drop_replication_slot('kept')") != null);
        }
    }

    @Test
    void whatRunsWhenItsClientLeavesIsCancelled() throws IOException {
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(1));
                WireClient leaver = stage.logical()) {
            leaver.send(Messages.query("select pg_sleep(61)"));
            await().until(() -> ReplicationStage.isRunning("select pg_sleep(61)"));
            leaver.reset();
            await().until(() -> !ReplicationStage.isRunning("select pg_sleep(61)"));
        }
    }

    // ---- refusals --------------------------------------------------------------------------------------------------

    @Test
    void anUnknownKindIsRefused() throws IOException {
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(1))) {
            assertThatThrownBy(() -> WireClient.connect(
                                    stage.through(), Map.of("replication", "maybe"), ReplicationStage.LIMIT)
                            .close())
                    .hasMessageContaining("22023")
                    .hasMessageContaining("invalid value for parameter \"replication\": \"maybe\"");
        }
    }

    @Test
    void aBadSettingFailsTheLoginInPostgresqlsWords() throws IOException {
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(1))) {
            assertThatThrownBy(() -> WireClient.connect(
                                    stage.through(),
                                    Map.of("replication", "true", "work_mem", "lots"),
                                    ReplicationStage.LIMIT)
                            .close())
                    .hasMessageContaining("22023")
                    .hasMessageContaining("work_mem");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"USER=bench", "Database=postgres", "options=-c user=bench", "options=-c replication=true"})
    void noSettingIsTakenForWhoOrWhereItIs(String sent) throws IOException {
        int equals = sent.indexOf('=');
        Map<String, String> parameters =
                Map.of("replication", "database", sent.substring(0, equals), sent.substring(equals + 1));
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(1))) {
            assertThatThrownBy(() -> WireClient.connect(
                                    stage.through().withUser(PostgresFixture.PLAIN_USER),
                                    parameters,
                                    ReplicationStage.LIMIT)
                            .close())
                    .hasMessageMatching("(?s).*(unrecognized configuration parameter|permission denied to start).*");
        }
    }

    @Test
    void whoMayNotReplicateIsToldByPostgresqlAndNobodyElseInThatPoolIs() throws IOException {
        try (ReplicationStage stage = ReplicationStage.start(ReplicationStage.config(1));
                WireClient one = WireClient.connect(stage.through().withUser(PostgresFixture.PLAIN_USER));
                WireClient two = WireClient.connect(stage.through().withUser(PostgresFixture.PLAIN_USER))) {
            one.query("begin");
            CompletableFuture<WireClient> refused = stage.logicalLater(PostgresFixture.PLAIN_USER);
            stage.awaitWaiting(1);
            two.send(Messages.query("select 'two'"));
            stage.awaitWaiting(2);
            one.query("commit");

            assertThat(two.readUntilReady().get(1).column()).isEqualTo("two");
            assertThatThrownBy(refused::join)
                    .hasMessageContaining("42501")
                    .hasMessageContaining("permission denied to start WAL sender");
            assertThat(one.queryOne("select 1") + two.queryOne("select 2")).isEqualTo("12");
        }
    }
}
