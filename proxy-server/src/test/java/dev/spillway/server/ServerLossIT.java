package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.ChaosPlan;
import dev.spillway.testkit.ChaosRelay;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client is told whose server is lost, in each of its states and each way of losing one. */
class ServerLossIT {
    private static final PostgresFixture POSTGRES = PostgresFixture.restartable();
    private static final String USER = PostgresFixture.PLAIN_USER;

    /** How a server is lost. */
    enum Way {
        TERMINATED("57P01"),
        RESTARTED("57P01"),
        STOPPED_AT_ONCE("08006"),
        RESET("08006"),
        CLOSED("08006");

        /** What PostgreSQL says, or we where it says nothing. */
        final String sqlState;

        Way(String sqlState) {
            this.sqlState = sqlState;
        }

        void happen(ChaosRelay relay) {
            switch (this) {
                case TERMINATED ->
                    POSTGRES.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = '%s'"
                            .formatted(USER));
                case RESTARTED -> POSTGRES.restart(PostgresFixture.Stop.FAST);
                case STOPPED_AT_ONCE -> POSTGRES.restart(PostgresFixture.Stop.IMMEDIATE);
                case RESET -> relay.cutAll(ChaosRelay.Cut.RESET);
                case CLOSED -> relay.cutAll(ChaosRelay.Cut.FIN);
            }
        }
    }

    private final Endpoint direct = POSTGRES.endpoint().withUser(USER);

    @ParameterizedTest
    @EnumSource
    void whoHasAServerIsToldAndWhoHasNoneNoticesNothing(Way way) throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.calm());
                RunningProxy proxy = new RunningProxy(RunningProxy.config(relay.port(), PoolMode.TRANSACTION, 2)
                        .with(Settings.LANES, 2))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient idle = WireClient.connect(through);
                    WireClient inTransaction = WireClient.connect(through);
                    WireClient running = WireClient.connect(through);
                    WireClient waiting = WireClient.connect(through)) {
                inTransaction.query("begin");
                running.send(Messages.query("do $$ begin raise notice 'runs'; perform pg_sleep(60); end $$"));
                assertThat(running.readMessage().errorText()).isEqualTo("runs");
                waiting.send(Messages.query("select 'served'"));
                await().until(() -> proxy.state(POSTGRES).contains("waiting"));

                way.happen(relay);

                assertToldLast(inTransaction, way.sqlState);
                assertToldLast(running, way.sqlState);
                assertThat(waiting.readUntilReady().toString()).contains("served");
                assertThat(idle.queryOne("select 'as before'")).isEqualTo("as before");
            }
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSessionThatIsIdleIsToldToo(Way way) throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.calm());
                RunningProxy proxy = new RunningProxy(RunningProxy.config(relay.port(), PoolMode.SESSION, 1));
                WireClient client =
                        WireClient.connect(direct.withPort(proxy.proxy().port()))) {
            client.query("select 1");
            way.happen(relay);
            assertToldLast(client, way.sqlState);
        }
    }

    /** Its words are no answer to what the client has asked, so it hears of them from us. */
    @ParameterizedTest
    @EnumSource
    void whoseSettingsAreBeingRestoredIsTold(Way way) throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.calm());
                RunningProxy proxy = new RunningProxy(RunningProxy.config(relay.port(), PoolMode.TRANSACTION, 1))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient client = connect(through, "Asia/Tokyo");
                    WireClient before = connect(through, "America/Lima")) {
                before.query("select 1");
                relay.pause();
                client.send(Messages.query("select 'never'"));
                await().until(() -> proxy.servers(through, "active") == 1);
                way.happen(relay);
                relay.resume();
                assertToldLast(client, "08006");
                assertThat(before.queryOne("select 'as before'")).isEqualTo("as before");
            }
        }
    }

    /** While its restore is under way: its server is cleaned and the next client gets nothing of it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whoDiesWhileItsSettingsAreBeingRestoredCostsNoServer(boolean isReset) throws IOException {
        try (ChaosRelay relay = ChaosRelay.before(direct, ChaosPlan.calm());
                RunningProxy proxy = new RunningProxy(RunningProxy.config(relay.port(), PoolMode.TRANSACTION, 1))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient client = connect(through, "Asia/Tokyo");
                    WireClient before = connect(through, "America/Lima")) {
                String server = before.queryOne("select pg_backend_pid()");
                relay.pause();
                client.send(Messages.query("begin"));
                await().until(() -> proxy.servers(through, "active") == 1);
                if (isReset) {
                    client.reset();
                } else {
                    client.halfClose();
                }
                await().until(() -> proxy.servers(through, "active") == 0);
                relay.resume();
                assertThat(before.queryOne("select pg_backend_pid() || current_setting('TimeZone')"))
                        .isEqualTo(server + "America/Lima");
            }
        }
    }

    private static WireClient connect(Endpoint through, String zone) throws IOException {
        return WireClient.connect(through, Map.of("TimeZone", zone), Duration.ofSeconds(10));
    }

    private static void assertToldLast(WireClient client, String sqlState) throws IOException {
        assertThat(client.readUntilClosed()).last().satisfies(last -> {
            assertThat(last.isFatal()).as("%s", last).isTrue();
            assertThat(last.sqlState()).as("%s", last).isEqualTo(sqlState);
        });
    }
}
