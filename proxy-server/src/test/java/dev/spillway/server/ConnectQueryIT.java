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
import dev.spillway.testkit.LogTap;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** connect_query on a real PostgreSQL: one server connection, and clients that do to it what they can. */
class ConnectQueryIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String ALL =
            "select concat_ws('|', current_setting('search_path'), current_setting('work_mem'),"
                    + " current_setting('timezone'), current_setting('my.tenant', true))";
    private static final String MAKES = "set search_path = connect, public; set work_mem = '7MB';"
            + " set timezone = 'Asia/Tokyo'; set my.tenant = 'Zoë''s \\ '";
    private static final String MADE = "connect, public|7MB|Asia/Tokyo|Zoë's \\ ";

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @BeforeAll
    static void createSchema() {
        PostgresFixture.shared()
                .execute("create schema if not exists connect;"
                        + " create table if not exists connect.copied (v text);"
                        + " create or replace function connect.log_all() returns void language sql security definer"
                        + " as $$ select set_config('log_statement', 'none', false) $$;"
                        + " grant usage on schema connect to public");
    }

    private ProxyConfig config(PoolMode mode, String connectQuery) {
        ProxyConfig config = RunningProxy.config(direct.port(), mode, 1);
        return config.with(database(connectQuery)).with(Settings.LANES, 1);
    }

    private DatabaseConfig database(String connectQuery) {
        return DatabaseConfig.named(ProxyConfig.FALLBACK)
                .with(DatabaseSettings.PORT, direct.port())
                .with(DatabaseSettings.CONNECT_QUERY, connectQuery);
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select 1",
                "set search_path = other",
                "set work_mem = '9MB'; set my.tenant = 'other'; set timezone = 'UTC'",
                "reset all",
                "discard all",
                "set role plain_user",
                "set default_transaction_read_only = on",
            })
    void whatItSetsIsInForceForEveryClientWhateverAnotherHasDone(String what) throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(PoolMode.TRANSACTION, MAKES));
                WireClient plain = WireClient.connect(through(proxy));
                WireClient own = WireClient.connect(
                        through(proxy), Map.of("timezone", "Europe/Paris", "datestyle", "German"), LIMIT);
                WireClient other = WireClient.connect(through(proxy))) {
            assertThat(plain.parameterStatus()).containsEntry("TimeZone", "Asia/Tokyo");
            assertThat(own.parameterStatus()).containsEntry("TimeZone", "Europe/Paris");
            String server = plain.queryOne("select pg_backend_pid()");
            for (int i = 0; i < 3; i++) {
                other.query(what);
                assertThat(plain.queryOne(ALL)).isEqualTo(MADE);
                other.query(what);
                assertThat(own.queryOne(ALL)).isEqualTo(MADE.replace("Asia/Tokyo", "Europe/Paris"));
                assertThat(own.queryOne("select '2000-12-31'::date")).isEqualTo("31.12.2000");
                assertThat(plain.queryOne(ALL)).isEqualTo(MADE);
            }
            assertThat(plain.queryOne("select pg_backend_pid()")).isEqualTo(server);
        }
    }

    @Test
    void aSessionKeepsItWhenItResetsAndTheNextOneFindsIt() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(PoolMode.SESSION, MAKES))) {
            for (String what : new String[] {"reset all", "discard all", "set search_path = other"}) {
                try (WireClient client = WireClient.connect(through(proxy))) {
                    assertThat(client.queryOne(ALL)).isEqualTo(MADE);
                    client.query("set work_mem = '9MB'");
                    client.query(what);
                    client.query("reset lock_timeout");
                    assertThat(client.queryOne(ALL))
                            .isEqualTo(what.startsWith("set") ? "other|9MB|Asia/Tokyo|Zoë's \\ " : MADE);
                }
            }
            assertThat(proxy.log().count("server opened")).isOne();
        }
    }

    @Test
    void aSessionMayHaveAnotherRoleWhileItResetsSomethingElse() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(PoolMode.SESSION, "set role plain_user"));
                WireClient client = WireClient.connect(through(proxy))) {
            client.query("set role scram_user");
            client.query("reset work_mem");
            assertThat(client.queryOne("select current_user")).isEqualTo("scram_user");
            client.query("reset role");
            assertThat(client.queryOne("select current_user")).isEqualTo("plain_user");
        }
    }

    @Test
    void aRoleIsKeptTogetherWithSettingsThatItMayNotMake() throws IOException {
        String makes = "set log_lock_waits = on; set zero_damaged_pages = off; set role plain_user";
        try (RunningProxy proxy = new RunningProxy(config(PoolMode.TRANSACTION, makes));
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy), Map.of("work_mem", "5MB"), LIMIT)) {
            String asked = "select concat_ws('|', current_user, session_user, current_setting('log_lock_waits'))";
            for (int i = 0; i < 3; i++) {
                assertThat(one.queryOne(asked)).isEqualTo("plain_user|bench|on");
                assertThat(two.queryOne(asked)).isEqualTo("plain_user|bench|on");
                two.query("reset role");
            }
        }
    }

    @Test
    void rowsNoticesAndManyStatementsAreNobodysAndDoNoHarm() throws IOException {
        String much = "select generate_series(1, 1000), repeat('x', 100); select repeat('y', 3000000);"
                + " do $$ begin raise notice 'noted'; end $$; copy connect.copied to stdout; listen connected;"
                + " create temp table mine (v text); notify connected; set work_mem = '7MB'; select 1";
        try (RunningProxy proxy = new RunningProxy(config(PoolMode.TRANSACTION, much));
                WireClient client = WireClient.connect(through(proxy))) {
            assertThat(client.query("select count(*), current_setting('work_mem') from mine"))
                    .extracting(message -> message.trace().substring(0, 1))
                    .hasSize(4);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "selec 1                              | 42601 syntax error at or near \"selec\"",
                "set work_mem = '1MB'; select 1/0     | 22012 division by zero",
                "begin                                | leaves a transaction open",
                "begin; select 1/0                    | 22012 division by zero",
                "copy connect.copied from stdin       | begins a COPY",
                "set session authorization plain_user | SET SESSION AUTHORIZATION",
                "select pg_terminate_backend(pg_backend_pid()) | 57P01 terminating connection",
            })
    void whereItFailsTheLoginFailsWithTheServersWords(String connectQuery, String told) throws IOException {
        ProxyConfig config = config(PoolMode.TRANSACTION, connectQuery).with(Settings.FAIL_FAST, true);
        try (RunningProxy proxy = new RunningProxy(config)) {
            assertThatThrownBy(() -> WireClient.connect(through(proxy)))
                    .hasMessageContaining("connect_query failed: ")
                    .hasMessageContaining(told);
            assertThat(proxy.log().count("server login failed")).isOne();
        }
    }

    @Test
    void aSettingThatTheUserMayNotMakeAgainIsNoticedAtOnce() throws IOException {
        ProxyConfig config = config(PoolMode.TRANSACTION, "select connect.log_all()");
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint plain =
                    new Endpoint(direct.host(), proxy.proxy().port(), PostgresFixture.PLAIN_USER, direct.database());
            assertThatThrownBy(() -> WireClient.connect(plain))
                    .hasMessageContaining("cannot be set again for each client: 42501 permission denied");
        }
    }

    @Test
    void oneThatNeverEndsIsCancelledWhenTheTimeIsOver() throws IOException {
        ProxyConfig config = config(PoolMode.TRANSACTION, "select 'endless', pg_sleep(600)")
                .with(Settings.SERVER_CONNECT_TIMEOUT, Duration.ofMillis(500))
                .with(Settings.FAIL_FAST, true);
        try (RunningProxy proxy = new RunningProxy(config)) {
            assertThatThrownBy(() -> WireClient.connect(through(proxy)))
                    .hasMessageContaining("server_connect_timeout is over");
            await().untilAsserted(() -> assertThat(PostgresFixture.shared()
                            .queryOne("select count(*) from pg_stat_activity where query like 'select ''endless%'"))
                    .isEqualTo("0"));
        }
    }

    @Test
    void anotherOneAfterAReloadMakesNewServers() throws IOException {
        AtomicReference<ProxyConfig> written =
                new AtomicReference<>(config(PoolMode.TRANSACTION, "set work_mem = '6MB'"));
        try (RunningProxy proxy = new RunningProxy(Proxy.start(written.get(), written::get), new LogTap());
                WireClient client = WireClient.connect(through(proxy));
                WireClient console = WireClient.connect(through(proxy).withDatabase("spillway"))) {
            assertThat(client.queryOne("show work_mem")).isEqualTo("6MB");
            written.set(written.get().with(database("set work_mem = '8MB'")));
            console.query("reload");
            assertThat(client.queryOne("show work_mem")).isEqualTo("8MB");
        }
    }
}
