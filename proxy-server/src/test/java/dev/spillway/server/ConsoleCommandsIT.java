package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that send clients away, let none in or change settings; and in which words they are refused. */
class ConsoleCommandsIT {
    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @TempDir
    private Path directory = Path.of("");

    private ProxyConfig config(int poolSize) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, poolSize)
                .with(Settings.LANES, 3)
                .with(DatabaseConfig.named("app")
                        .with(DatabaseSettings.PORT, direct.port())
                        .with(DatabaseSettings.DBNAME, direct.database()));
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port()).withDatabase("app");
    }

    private static void assertToldToGo(WireClient client, String text) throws IOException {
        BackendMessage last = client.readUntilClosed().getLast();
        assertThat(last.sqlState()).isEqualTo("57P01");
        assertThat(last.errorText()).contains(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"KILL app", "KILL"})
    void killDropsClientsAndServersAtOnceAndPauses(String kill) throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(1));
                WireClient idle = WireClient.connect(through(proxy));
                WireClient busy = WireClient.connect(through(proxy));
                WireClient waiting = WireClient.connect(through(proxy));
                WireClient elsewhere = WireClient.connect(through(proxy).withDatabase("bench"));
                Operator operator = new Operator(through(proxy))) {
            busy.query("begin");
            String pid = busy.queryOne("select pg_backend_pid()");
            busy.send(Messages.query("select pg_sleep(60)"));
            waiting.send(Messages.query("select 1"));
            await().until(() -> proxy.state().contains("waiting"));

            assertThat(operator.run(kill)).isEqualTo("KILL");
            for (WireClient client : List.of(idle, busy, waiting)) {
                assertToldToGo(client, "\"app\" was killed");
            }
            await().untilAsserted(() -> assertThat(PostgresFixture.shared()
                            .queryOne("select count(*) from pg_stat_activity where pid = " + pid))
                    .isEqualTo("0"));
            assertThat(operator.cell("SHOW DATABASES", "app", "paused")).isEqualTo("1");
            if (kill.equals("KILL")) {
                assertToldToGo(elsewhere, "\"bench\" was killed");
            } else {
                assertThat(elsewhere.queryOne("select 'untouched'")).isEqualTo("untouched");
            }

            assertThat(operator.error("RESUME")).isEqualTo("08P01 pooler is not paused/suspended");
            try (WireClient next = WireClient.connect(through(proxy))) {
                next.send(Messages.query("select 'later'"));
                await().until(() -> proxy.state().contains("waiting"));
                assertThat(operator.run("RESUME app")).isEqualTo("RESUME");
                assertThat(next.readUntilReady().toString()).contains("later");
            }
            assertThat(operator.cell("SHOW DATABASES", "app", "paused")).isEqualTo("0");
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void nobodyEscapesAKillByChangingLanes() throws Exception {
        Random random = new Random();
        try (RunningProxy proxy = new RunningProxy(config(2));
                Operator operator = new Operator(through(proxy))) {
            for (int round = 0; round < 20; round++) {
                List<WireClient> clients = new ArrayList<>();
                for (int i = 0; i < 15; i++) {
                    clients.add(WireClient.connect(through(proxy)));
                    clients.getLast().query("select 1");
                }
                for (int i = 0; i < 30; i++) {
                    proxy.proxy().lanes().shift(random.nextInt(3), random.nextInt(3), 1 + random.nextInt(5));
                    if (i == 15) {
                        operator.begin("KILL app");
                    }
                }
                assertThat(operator.awaitTag()).isEqualTo("KILL");
                for (WireClient client : clients) {
                    assertToldToGo(client, "was killed");
                    client.close();
                }
                operator.run("RESUME app");
            }
        }
    }

    @Test
    void aClientIsEndedByItsNumber() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(2));
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy).withUser(PostgresFixture.PLAIN_USER));
                Operator operator = new Operator(through(proxy))) {
            two.query("begin");
            List<BackendMessage> clients = operator.console().query("show clients");
            String id = clients.stream()
                    .filter(row -> row.is('D')
                            && PostgresFixture.PLAIN_USER.equals(row.columns().get(1)))
                    .map(row ->
                            String.valueOf(row.columns().get(row.columns().size() - 4))) // three of the pin behind it
                    .findFirst()
                    .orElseThrow();
            assertThat(operator.error("KILL_CLIENT two")).isEqualTo("08P01 invalid client pointer supplied");
            assertThat(operator.error("KILL_CLIENT")).isEqualTo("08P01 invalid client pointer supplied");
            assertThat(operator.error("KILL_CLIENT 2147483647")).isEqualTo("08P01 client not found");
            assertThat(operator.run("KILL_CLIENT " + id)).isEqualTo("KILL_CLIENT");
            assertToldToGo(two, "admin forced disconnect");
            assertThat(one.queryOne("select 'stays'")).isEqualTo("stays");
            assertThat(operator.error("KILL_CLIENT " + id)).isEqualTo("08P01 client not found");
        }
    }

    @Test
    void aDisabledDatabaseLetsNobodyInAndKeepsWhoIsThere() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(2));
                WireClient before = WireClient.connect(through(proxy));
                Operator operator = new Operator(through(proxy))) {
            assertThat(operator.run("DISABLE app")).isEqualTo("DISABLE");
            assertThatThrownBy(() -> WireClient.connect(through(proxy)).close())
                    .hasMessageContaining("57P03")
                    .hasMessageContaining("database \"app\" is disabled");
            WireClient.connect(through(proxy).withDatabase("bench")).close();
            assertThat(before.queryOne("select 'goes on'")).isEqualTo("goes on");
            assertThat(operator.cell("SHOW DATABASES", "app", "disabled")).isEqualTo("1");
            assertThat(operator.run("ENABLE app")).isEqualTo("ENABLE");
            WireClient.connect(through(proxy)).close();
            assertThat(operator.cell("SHOW DATABASES", "app", "disabled")).isEqualTo("0");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PAUSE pgbouncer      | cannot pause admin db: pgbouncer",
                "KILL spillway        | cannot kill admin db: spillway",
                "RECONNECT pgbouncer  | cannot reconnect admin db: pgbouncer",
                "WAIT_CLOSE pgbouncer | cannot wait in admin db: pgbouncer",
                "DISABLE pgbouncer    | cannot disable admin db: pgbouncer",
                "ENABLE pgbouncer     | cannot enable admin db: pgbouncer",
                "PAUSE nowhere        | no such database: nowhere",
                "KILL nowhere         | no such database: nowhere",
                "RECONNECT nowhere    | no such database: nowhere",
                "WAIT_CLOSE nowhere   | no such database: nowhere",
                "DISABLE nowhere      | no such database: nowhere",
                "ENABLE nowhere       | no such database: nowhere",
                "CLEANUP pgbouncer    | cannot clean up admin db: pgbouncer",
                "CLEANUP nowhere      | no such database: nowhere",
                "RESUME nowhere       | no such database: nowhere",
                "RESUME app           | database app is not paused",
                "RESUME               | pooler is not paused/suspended",
                "DISABLE              | a database is required",
                "ENABLE               | a database is required",
                "RELOAD now           | invalid command 'RELOAD now', use SHOW HELP;",
                "SHUTDOWN now         | invalid command 'SHUTDOWN now', use SHOW HELP;",
                "FROB                 | invalid command 'FROB', use SHOW HELP;",
                "SET no_such_thing=1  | SET failed",
                "SET query_timeout=x  | SET failed",
                "SET listen_port=1    | SET failed",
            })
    void refusalsAreInPgBouncersWords(String command, String text) throws Exception {
        ProxyConfig onlyApp = new ProxyConfig(
                config(2).values(), Map.of("app", config(2).databases().get("app")), Map.of());
        try (RunningProxy proxy = new RunningProxy(onlyApp);
                Operator operator = new Operator(through(proxy))) {
            assertThat(operator.error(command)).isEqualTo("08P01 " + text);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PAUSE",
                "RESUME",
                "RECONNECT",
                "CLEANUP",
                "KILL",
                "KILL_CLIENT 1",
                "DISABLE app",
                "ENABLE app",
                "WAIT_CLOSE",
                "TRACE 1",
                "COPY (TRACE 1) TO STDOUT",
                "RELOAD",
                "SUSPEND",
                "SHUTDOWN",
                "SET query_timeout = 1"
            })
    void whoMayOnlyLookChangesNothing(String command) throws Exception {
        ProxyConfig config =
                config(2).with(Settings.AUTH_TYPE, AuthType.TRUST).with(Settings.STATS_USERS, Set.of("watcher"));
        try (RunningProxy proxy = new RunningProxy(config);
                Operator watcher = new Operator(through(proxy).withUser("watcher"));
                WireClient client = WireClient.connect(through(proxy))) {
            assertThat(watcher.error(command)).isEqualTo("08P01 admin access needed");
            assertThat(client.queryOne("select 1")).isEqualTo("1");
            assertThat(watcher.console()
                            .query("SET client_encoding = 'UTF8'")
                            .getFirst()
                            .errorText())
                    .isEqualTo("SET ignored");
        }
    }

    @Test
    void cleanUpClosesWhatIsIdleAndNobodyNotices() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(2));
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy));
                Operator operator = new Operator(through(proxy))) {
            one.query("begin");
            String kept = one.queryOne("select pg_backend_pid()");
            String idle = two.queryOne("select pg_backend_pid()");
            assertThat(operator.run("CLEANUP bench")).isEqualTo("CLEANUP");
            assertThat(two.queryOne("select pg_backend_pid()")).isEqualTo(idle);
            assertThat(operator.run("cleanup app")).isEqualTo("CLEANUP");
            await().until(() -> proxy.servers(through(proxy), "idle") == 0);
            assertThat(two.queryOne("select pg_backend_pid()")).isNotEqualTo(idle);
            assertThat(one.queryOne("select pg_backend_pid()")).isEqualTo(kept);
            one.query("commit");
            assertThat(operator.run("CLEANUP")).isEqualTo("CLEANUP");
            assertThat(one.queryOne("select pg_backend_pid()")).isNotEqualTo(kept);
        }
    }

    @Test
    void aSettingHoldsUntilTheNextReload() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(1));
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy));
                Operator operator = new Operator(through(proxy))) {
            one.query("begin");
            assertThat(operator.run("SET default_pool_size=2;")).isEqualTo("SET default_pool_size=2");
            assertThat(two.queryOne("select 'a second server'")).contains("second");
            assertThat(operator.cell("SHOW CONFIG", "default_pool_size", "value"))
                    .isEqualTo("2");
            assertThat(operator.run("set query_wait_timeout = '90s'")).isEqualTo("SET query_wait_timeout=90s");
            assertThat(operator.cell("SHOW CONFIG", "query_wait_timeout", "value"))
                    .isEqualTo("90");

            assertThat(operator.run("RELOAD")).isEqualTo("RELOAD");
            assertThat(operator.cell("SHOW CONFIG", "default_pool_size", "value"))
                    .isEqualTo("1");
            assertThat(operator.cell("SHOW CONFIG", "query_wait_timeout", "value"))
                    .isEqualTo("30");

            BackendMessage notice = operator.console().query("SET job_name = x").getFirst();
            assertThat(notice.errorText()).isEqualTo("job_name has no effect in Spillway");
            assertThat(operator.run("SHOW VERSION")).isEqualTo("SHOW");
        }
    }

    @Test
    void psqlRunsThemOneByOne() throws IOException {
        ClientProgram psql = ClientProgram.find("psql", directory, List.of("psql"), "--version");
        try (RunningProxy proxy = new RunningProxy(config(2));
                WireClient client = WireClient.connect(through(proxy))) {
            client.query("select 1");
            String url = "postgresql://bench@127.0.0.1:" + proxy.proxy().port() + "/pgbouncer";
            ClientProgram.Outcome all = psql.run(
                    "-X",
                    "-d",
                    url,
                    "-c",
                    "pause",
                    "-c",
                    "resume;",
                    "-c",
                    "RECONNECT app",
                    "-c",
                    "wait_close",
                    "-c",
                    "set query_wait_timeout = 5",
                    "-c",
                    "reload",
                    "-c",
                    "disable app",
                    "-c",
                    "enable app");
            assertThat(all.assertQuiet().out().lines())
                    .containsExactly(
                            "PAUSE",
                            "RESUME",
                            "RECONNECT",
                            "WAIT_CLOSE",
                            "SET query_wait_timeout=5",
                            "RELOAD",
                            "DISABLE",
                            "ENABLE");
            ClientProgram.Outcome refused = psql.run("-X", "-d", url, "-c", "RESUME");
            assertThat(refused.exitCode()).isEqualTo(1);
            assertThat(refused.err().strip()).isEqualTo("ERROR:  pooler is not paused/suspended");
            assertThat(client.queryOne("select 1")).isEqualTo("1");
        }
    }
}
