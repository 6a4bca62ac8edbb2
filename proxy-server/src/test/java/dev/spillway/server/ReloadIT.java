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
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.config.UserSettings;
import dev.spillway.server.configfile.ConfigLoader;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.LogTap;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RELOAD on a running proxy: what is different applies, and no client is dropped for it. */
class ReloadIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** Its place among the columns of SHOW SERVERS. */
    private static final int CLOSE_NEEDED = 13;

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final AtomicReference<ProxyConfig> written = new AtomicReference<>(ProxyConfig.defaults());

    @BeforeAll
    static void createDatabase() {
        PostgresFixture.shared().execute("create database elsewhere");
    }

    private RunningProxy start(ProxyConfig config) throws IOException {
        written.set(config);
        return new RunningProxy(Proxy.start(config, written::get), new LogTap());
    }

    private ProxyConfig config(int poolSize) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, poolSize)
                .with(Settings.LANES, 2);
    }

    private DatabaseConfig app() {
        return DatabaseConfig.named("app")
                .with(DatabaseSettings.PORT, direct.port())
                .with(DatabaseSettings.DBNAME, direct.database());
    }

    private Endpoint app(RunningProxy proxy) {
        return through(proxy).withDatabase("app");
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    private void reload(RunningProxy proxy, ProxyConfig config) throws IOException {
        written.set(config);
        assertThat(command(proxy, "reload").getFirst().trace()).contains("RELOAD");
    }

    private List<BackendMessage> command(RunningProxy proxy, String command) throws IOException {
        try (WireClient console = WireClient.connect(through(proxy).withDatabase("spillway"))) {
            return console.query(command);
        }
    }

    @Test
    void aPoolThatGrowsServesWhoWaitsAndOneThatShrinksClosesWhatIsTooMuch() throws IOException {
        try (RunningProxy proxy = start(config(1));
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            one.query("begin");
            two.send(Messages.query("begin"));
            await().until(() -> proxy.state().contains("waiting"));

            reload(proxy, config(2));
            two.readUntilReady();
            assertThat(proxy.servers(through(proxy), "active")).isEqualTo(2);

            reload(proxy, config(1));
            one.query("commit");
            two.query("commit");
            await().untilAsserted(() ->
                    assertThat(proxy.servers(through(proxy), "idle")).isEqualTo(1));
            assertThat(one.queryOne("select 1") + two.queryOne("select 2")).isEqualTo("12");
            assertThat(proxy.servers(through(proxy), "idle")).isEqualTo(1);
        }
    }

    @Test
    void aWaitEndsByTheTimeoutThatIsInForceNow() throws IOException {
        try (RunningProxy proxy = start(config(1));
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            one.query("begin");
            two.send(Messages.query("select 1"));
            await().until(() -> proxy.state().contains("waiting"));
            reload(
                    proxy,
                    config(1)
                            .with(UserConfig.named(direct.user())
                                    .with(UserSettings.QUERY_WAIT_TIMEOUT, Duration.ofMillis(1))));
            assertThat(two.readUntilReady().getFirst().trace()).contains("query_wait_timeout");
            one.query("commit");
            assertThat(two.queryOne("select 2")).isEqualTo("2");
        }
    }

    @Test
    void serversOfADatabaseThatPointsElsewhereAreReplacedWhenTheyAreFree() throws IOException {
        try (RunningProxy proxy = start(config(2).with(app()));
                WireClient idle = WireClient.connect(app(proxy));
                WireClient busy = WireClient.connect(app(proxy))) {
            assertThat(idle.queryOne("select current_database()")).isEqualTo(direct.database());
            busy.query("begin");
            String before = idle.queryOne("select pg_backend_pid()") + ", " + busy.queryOne("select pg_backend_pid()");

            reload(proxy, config(2).with(app().with(DatabaseSettings.DBNAME, "elsewhere")));

            assertThat(idle.queryOne("select current_database()")).isEqualTo("elsewhere");
            assertThat(busy.queryOne("select current_database()")).isEqualTo(direct.database());
            assertThat(command(proxy, "show servers"))
                    .filteredOn(message -> message.is('D'))
                    .extracting(message -> message.columns().get(CLOSE_NEEDED))
                    .containsExactlyInAnyOrder("0", "1");
            busy.query("commit");
            assertThat(busy.queryOne("select current_database()")).isEqualTo("elsewhere");
            await().untilAsserted(() -> assertThat(PostgresFixture.shared()
                            .queryOne("select count(*) from pg_stat_activity where pid in (" + before + ")"))
                    .isEqualTo("0"));
        }
    }

    @Test
    void whoWaitsForADatabaseThatPointsElsewhereIsServedThere() throws IOException {
        try (RunningProxy proxy = start(config(1).with(app()));
                WireClient busy = WireClient.connect(app(proxy));
                WireClient waiting = WireClient.connect(app(proxy))) {
            busy.query("begin");
            waiting.send(Messages.query("select current_database()"));
            await().until(() -> proxy.state().contains("waiting"));

            reload(proxy, config(1).with(app().with(DatabaseSettings.DBNAME, "elsewhere")));

            assertThat(waiting.readUntilReady().toString()).contains("elsewhere");
            busy.query("commit");
        }
    }

    @Test
    void anotherUserOfADatabaseIsTheOneOfTheNextTransaction() throws IOException {
        DatabaseConfig plain = app().with(DatabaseSettings.USER, PostgresFixture.PLAIN_USER);
        try (RunningProxy proxy = start(config(2).with(plain));
                WireClient client = WireClient.connect(app(proxy))) {
            assertThat(client.queryOne("select current_user")).isEqualTo(PostgresFixture.PLAIN_USER);
            reload(proxy, config(2).with(app().with(DatabaseSettings.USER, direct.user())));
            assertThat(client.queryOne("select current_user")).isEqualTo(direct.user());
            reload(proxy, config(2).with(app()));
            assertThat(client.queryOne("select current_user")).isEqualTo(direct.user());
        }
    }

    @Test
    void clientsOfADatabaseThatIsRemovedAreToldAndNewOnesAreRefused() throws IOException {
        ProxyConfig without = new ProxyConfig(config(1).values(), Map.of(), Map.of())
                .with(DatabaseConfig.named("other").with(DatabaseSettings.PORT, direct.port()));
        try (RunningProxy proxy = start(without.with(app()));
                WireClient idle = WireClient.connect(app(proxy));
                WireClient busy = WireClient.connect(app(proxy));
                WireClient waiting = WireClient.connect(app(proxy))) {
            busy.query("begin");
            waiting.send(Messages.query("select 1"));
            await().until(() -> proxy.state().contains("waiting"));

            reload(proxy, without);

            for (WireClient client : List.of(idle, busy, waiting)) {
                assertThat(client.readUntilClosed())
                        .singleElement()
                        .satisfies(last ->
                                assertThat(last.trace()).contains("57P04").contains("\"app\" was removed"));
            }
            assertThatThrownBy(() -> WireClient.connect(app(proxy)).close()).hasMessageContaining("3D000");
            await().untilAsserted(() ->
                    assertThat(command(proxy, "show pools").toString()).doesNotContain("app"));
        }
    }

    @Test
    void aClientOfASessionPoolKeepsItsSession() throws IOException {
        try (RunningProxy proxy = start(config(2).with(Settings.POOL_MODE, PoolMode.SESSION));
                WireClient client = WireClient.connect(through(proxy))) {
            client.query("create temp table kept as select 7 as v");
            reload(proxy, config(2));
            assertThat(client.queryOne("select v from kept")).isEqualTo("7");
            client.terminate();
            try (WireClient next = WireClient.connect(through(proxy))) {
                await().untilAsserted(() ->
                        assertThat(next.query("select v from kept").toString()).contains("42P01"));
            }
        }
    }

    @Test
    void sessionsOnAnOldServerEndWithTheirTransactionWhereThatIsAsked() throws IOException {
        ProxyConfig config = config(3).with(Settings.POOL_MODE, PoolMode.SESSION);
        DatabaseConfig moved = app().with(DatabaseSettings.DBNAME, "elsewhere");
        try (RunningProxy proxy = start(config.with(app()));
                WireClient quiet = WireClient.connect(app(proxy));
                WireClient busy = WireClient.connect(app(proxy));
                WireClient serverless = WireClient.connect(app(proxy))) {
            quiet.queryOne("select 1");
            busy.query("begin");

            reload(proxy, config.with(moved));
            assertThat(quiet.queryOne("select current_database()")).isEqualTo(direct.database());

            reload(proxy, config.with(moved).with(Settings.SERVER_FAST_CLOSE, true));
            assertThat(quiet.readUntilClosed())
                    .singleElement()
                    .satisfies(last -> assertThat(last.trace()).contains("57P01", "server_fast_close"));
            assertThat(busy.queryOne("select current_database()")).isEqualTo(direct.database());
            assertThat(busy.query("commit").getFirst().trace()).contains("COMMIT");
            assertThat(busy.readUntilClosed())
                    .singleElement()
                    .satisfies(last -> assertThat(last.trace()).contains("57P01"));
            assertThat(serverless.queryOne("select current_database()")).isEqualTo("elsewhere");
            await().untilAsserted(() ->
                    assertThat(proxy.servers(through(proxy), "active")).isOne());
        }
    }

    @Test
    void anIdleClientEndsByTheLimitThatIsInForceNow() throws IOException {
        try (RunningProxy proxy = start(config(1));
                WireClient idle = WireClient.connect(through(proxy))) {
            reload(
                    proxy,
                    config(1)
                            .with(UserConfig.named(direct.user())
                                    .with(UserSettings.CLIENT_IDLE_TIMEOUT, Duration.ofMillis(1))));
            assertThat(idle.readUntilClosed().getLast().trace()).contains("57P05");
        }
    }

    @Test
    void aPasswordIsTheOneInTheFileNow(@TempDir Path directory) throws IOException {
        Path users = directory.resolve("users.txt");
        Files.writeString(users, "\"%s\" \"first\"\n".formatted(direct.user()));
        ProxyConfig config =
                config(1).with(Settings.AUTH_TYPE, AuthType.PLAIN).with(Settings.AUTH_FILE, users.toString());
        try (RunningProxy proxy = start(config)) {
            Endpoint through = through(proxy);
            login(through, "first");
            Files.writeString(users, "\"%s\" \"second\"\n".formatted(direct.user()));
            proxy.proxy().reload();
            await().ignoreExceptions().untilAsserted(() -> login(through, "second"));
            assertThatThrownBy(() -> login(through, "first")).hasMessageContaining("28P01");

            Files.delete(users);
            proxy.proxy().reload();
            await().until(() -> proxy.log().lines().stream().anyMatch(line -> line.contains("there is no such file")));
            login(through, "second");
        }
    }

    private static void login(Endpoint through, String password) throws IOException {
        try (WireClient client = WireClient.open(through, LIMIT)) {
            client.login(Messages.PROTOCOL_3_0, Map.of(), password);
        }
    }

    @Test
    void aConfigurationWithProblemsIsRefusedAsAWhole(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("spillway.toml");
        String good = """
            listen_port = 0
            auth_type = "trust"
            admin_users = ["%s"]
            stats_users = ["watcher"]
            [databases."*"]
            port = %d
            """.formatted(direct.user(), direct.port());
        Files.writeString(file, good);
        ProxyConfig config = ConfigLoader.load(file, Map.of(), Map.of());
        try (RunningProxy proxy = new RunningProxy(
                Proxy.start(config, () -> ConfigLoader.load(file, Map.of(), Map.of())), new LogTap())) {
            Files.writeString(file, "default_pool_size = 3\nserver_lifetimes = 1\nmax_client_conn = 0\n" + good);

            assertThat(command(proxy, "reload").getFirst().trace())
                    .contains(
                            "F0000",
                            "RELOAD failed, see logs for additional details",
                            "Number of problems: 2",
                            "spillway.toml:2",
                            "did you mean 'server_lifetime'");
            assertThat(proxy.log().lines())
                    .filteredOn(line -> line.contains("not reloaded"))
                    .hasSize(2);
            assertThat(command(proxy, "show config").toString()).doesNotContain("default_pool_size|3");
            assertThat(proxy.log().lines()).doesNotContain("reloaded");

            Files.writeString(file, "default_pool_size = 3\nlanes = 7\n" + good);
            assertThat(command(proxy, "RELOAD;").getFirst().trace()).contains("RELOAD");
            assertThat(setting(proxy, "default_pool_size")).isEqualTo("3");
            assertThat(setting(proxy, "lanes")).isEqualTo("auto");
            assertThat(proxy.log().lines()).contains("reloaded", "lanes has changed: this needs a restart");

            try (WireClient client = WireClient.connect(through(proxy));
                    WireClient watcher = WireClient.connect(
                            through(proxy).withDatabase("spillway").withUser("watcher"))) {
                assertThat(client.queryOne("select 1")).isEqualTo("1");
                assertThat(watcher.query("reload").getFirst().trace()).contains("08P01", "admin access needed");
                assertThat(watcher.query("shutdown").getFirst().trace()).contains("08P01", "admin access needed");
                assertThat(watcher.query("show users").toString()).contains(direct.user());
            }
        }
    }

    private String setting(RunningProxy proxy, String name) throws IOException {
        return command(proxy, "show config").stream()
                .filter(message -> message.is('D') && name.equals(message.column()))
                .map(message -> String.valueOf(message.columns().get(1)))
                .findFirst()
                .orElseThrow();
    }
}
