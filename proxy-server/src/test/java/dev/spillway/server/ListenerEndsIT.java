package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The connection that listens for all clients where there may be none, and when it goes. */
class ListenerEndsIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Duration LINGER = Duration.ofSeconds(10);

    /** Other tests of the shared PostgreSQL have listeners too; those of this class are its user's. */
    private static final String COUNT =
            "select count(*) from pg_stat_activity where application_name = 'spillway listener'"
                    + " and usename = 'plain_user'";

    private final PostgresFixture postgres = PostgresFixture.shared();
    private final Endpoint direct = postgres.endpoint().withUser(PostgresFixture.PLAIN_USER);

    private static ProxyConfig config(Endpoint direct) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2).with(Settings.LANES, 2);
    }

    private static WireClient client(Endpoint direct, RunningProxy proxy) throws IOException {
        return WireClient.connect(direct.withPort(proxy.proxy().port()), Map.of(), LIMIT);
    }

    private static WireClient console(Endpoint direct, RunningProxy proxy) throws IOException {
        return client(direct.withUser(PostgresFixture.SUPERUSER).withDatabase("spillway"), proxy);
    }

    @Test
    void aStandbyRefusesWhatPostgresRefuses() throws IOException {
        Endpoint standby = PostgresFixture.standby().endpoint();
        assertThat(PostgresFixture.standby().queryOne("select pg_is_in_recovery()"))
                .isEqualTo("t");
        List<String> script = List.of(
                "listen a",
                "begin",
                "listen a",
                "rollback",
                "unlisten a",
                "unlisten *",
                "notify a",
                "select pg_notify('a', '')",
                "set work_mem = '7MB'",
                "set app.tenant = 'x'",
                "select current_setting('work_mem'), current_setting('app.tenant')",
                "select * from pg_listening_channels()",
                "create temp table kept (a int)",
                "select pg_advisory_lock_shared(1)",
                "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
                "discard all",
                "select current_setting('work_mem')");
        try (RunningProxy proxy = new RunningProxy(config(standby));
                WireClient alone = WireClient.connect(standby);
                WireClient pooled = client(standby, proxy);
                WireClient other = client(standby, proxy)) {
            for (String sql : script) {
                assertThat(answer(pooled, sql)).as(sql).isEqualTo(answer(alone, sql));
                assertThat(other.queryOne("show work_mem")).as(sql).isEqualTo("4MB");
            }
            assertThat(answer(pooled, "listen a")).first().asString().contains("25006");
            try (WireClient console = console(standby, proxy)) {
                assertThat(console.query("show servers"))
                        .noneMatch(row -> row.text().contains("spillway listener"));
            }
        }
    }

    private static List<String> answer(WireClient client, String sql) throws IOException {
        List<String> lines = new ArrayList<>();
        for (BackendMessage message : client.query(sql)) {
            if (message.is('E')) {
                lines.add(message.sqlState() + ' ' + message.errorText());
            } else if (!message.is('S')) {
                lines.add(message.trace());
            }
        }
        return lines;
    }

    @ParameterizedTest
    @ValueSource(strings = {"pause; resume", "reconnect", "pause bench; resume bench", "reconnect bench"})
    void operatorsEndItAndItsClientsAreTold(String commands) throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(direct));
                WireClient console = console(direct, proxy);
                WireClient listens = client(direct, proxy);
                WireClient notifies = client(direct, proxy)) {
            listens.query("listen a");
            assertThat(postgres.queryOne(COUNT)).isEqualTo("1");
            for (String command : commands.split("; ", -1)) {
                assertThat(console.query(command)).as(command).noneMatch(message -> message.is('E'));
                if (command.startsWith("pause")) {
                    assertThat(postgres.queryOne(COUNT)).isEqualTo("0");
                }
            }
            BackendMessage notice = listens.readMessage();
            assertThat(notice.is('N')).as(notice.toString()).isTrue();
            assertThat(notice.errorText()).contains("may be missing");
            notifies.query("notify a, 'again'");
            assertThat(listens.readMessage().is('A')).isTrue();
            await().until(() -> postgres.queryOne(COUNT).equals("1"));
        }
    }

    @Test
    void whoListensWhilePausedWaitsForTheEndOfThat() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(direct));
                WireClient console = console(direct, proxy);
                WireClient listens = client(direct, proxy);
                WireClient notifies = client(direct, proxy)) {
            notifies.query("select 1");
            console.query("pause");
            listens.send(Messages.query("listen a"));
            await().until(() -> console.query("show clients").stream()
                    .anyMatch(row -> row.is('D') && row.columns().contains("waiting")));
            assertThat(postgres.queryOne(COUNT)).isEqualTo("0");
            console.query("resume");
            assertThat(listens.readUntilReady()).noneMatch(message -> message.is('E'));
            notifies.query("notify a, 'now'");
            assertThat(listens.readMessage().is('A')).isTrue();
        }
    }

    @Test
    void itIsClosedWhenNobodyHasListenedForLong() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(direct));
                WireClient listens = client(direct, proxy);
                WireClient leaves = client(direct, proxy)) {
            listens.query("listen a");
            leaves.query("listen b");
            String pid = postgres.queryOne(COUNT.replace("count(*)", "pid"));
            listens.query("unlisten a");
            long began = System.nanoTime();
            leaves.terminate();
            await().atMost(LINGER.multipliedBy(2))
                    .until(() -> postgres.queryOne(COUNT).equals("0"));
            assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(LINGER.minusSeconds(1));
            listens.query("listen a");
            assertThat(postgres.queryOne(COUNT.replace("count(*)", "pid"))).isNotEqualTo(pid);
            assertThat(listens.query("notify a, 'own'")).anyMatch(message -> message.is('A'));
        }
    }
}
