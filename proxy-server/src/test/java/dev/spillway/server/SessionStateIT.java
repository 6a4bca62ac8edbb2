package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.SessionState;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.StateCheck;
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
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients of one server make of their sessions on a real PostgreSQL: each finds its own, and nothing else. */
class SessionStateIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String ALL =
            "select concat_ws('|', current_user, session_user, current_setting('search_path'),"
                    + " current_setting('work_mem'), current_setting('timezone'), current_setting('datestyle'),"
                    + " current_setting('default_transaction_read_only'), coalesce(current_setting('app.tenant', true),"
                    + " ''))";

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @BeforeAll
    static void createFunctions() {
        PostgresFixture.shared()
                .execute("create schema if not exists state;"
                        + " create or replace function state.hidden(v text) returns text language sql as"
                        + " $$ select set_config('app.tenant', v, false) $$;"
                        + " create or replace procedure state.half() language plpgsql as $$ begin"
                        + " perform set_config('work_mem', '9MB', false); commit; raise exception 'half'; end $$;"
                        + " grant usage on schema state to public");
    }

    private ProxyConfig config() {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1).with(Settings.LANES, 1);
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "set work_mem = '7MB'                          | show work_mem",
                "set search_path = state, public               | show search_path",
                "set time zone 'Asia/Tokyo'                    | show timezone",
                "set datestyle = 'German'                      | select '2000-12-31'::date",
                "set role plain_user                           | select current_user",
                "set session authorization plain_user          | select session_user",
                "set app.tenant = 'Zoë''s \\ %s'               | show app.tenant",
                "set session characteristics as transaction isolation level serializable | show transaction_isolation",
                "set xml option document                       | show xmloption",
                "/* a */ set work_mem = '7MB'                  | show work_mem",
                "select set_config('work_mem', '7MB', false)   | show work_mem",
                "select set_config('app.tenant', 'x', false)   | show app.tenant",
                "update pg_settings set setting = '7168' where name = 'work_mem' | show work_mem",
                "do $$ begin perform set_config('app.tenant', 'y', false); end $$ | show app.tenant",
                "begin; set work_mem = '7MB'; savepoint a; set work_mem = '8MB'; rollback to a; commit | show work_mem",
                "set work_mem = '7MB'; set enable_seqscan = off; reset enable_seqscan | show work_mem",
                "set client_encoding = latin1                  | show client_encoding",
            })
    void settingsFollowTheirClientAndNobodyElse(String makes, String asks) throws IOException {
        try (WireClient alone = WireClient.connect(direct);
                RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            String before = two.queryOne(ALL);
            alone.query(makes);
            one.query(makes);
            for (int i = 0; i < 3; i++) {
                assertThat(two.queryOne(ALL)).isEqualTo(before);
                assertThat(one.queryOne(asks)).isEqualTo(alone.queryOne(asks));
            }
            assertThat(proxy.log().count("server opened")).isOne();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "begin; set work_mem = '7MB'; rollback",
                "set work_mem = '7MB'; select 1/0",
                "begin; set local work_mem = '7MB'; set local app.tenant = 'x'; commit",
                "begin; set local role plain_user; select set_config('app.tenant', 'x', true); commit",
                "set work_mem = '7MB'; reset work_mem",
                "set role plain_user; reset role",
                "set app.tenant = 'x'; reset all",
                "set work_mem = '7MB'; set role plain_user; set session authorization scram_user; reset session"
                        + " authorization; reset all",
                "call state.half()",
            })
    void whatIsTakenBackIsGoneForAll(String sql) throws IOException {
        try (WireClient alone = WireClient.connect(direct);
                RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            String before = two.queryOne(ALL);
            alone.query(sql);
            one.query(sql);
            assertThat(two.queryOne(ALL)).isEqualTo(before);
            assertThat(one.queryOne(ALL)).isEqualTo(alone.queryOne(ALL));
        }
    }

    @Test
    void discardAllTakesAllButWhatItBeganWith() throws IOException {
        Map<String, String> startup = Map.of("timezone", "Europe/Paris", "options", "-c work_mem=6MB");
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy), startup, LIMIT);
                WireClient two = WireClient.connect(through(proxy))) {
            for (String sql : List.of("discard all", "reset all", "set timezone to default", "reset work_mem")) {
                one.query("set timezone = 'UTC'");
                one.query("set work_mem = '9MB'");
                assertThat(one.queryOne("show timezone")).isEqualTo("UTC");
                assertThat(two.queryOne("show work_mem")).isEqualTo("4MB");
                one.query(sql);
                assertThat(two.queryOne("show work_mem")).isEqualTo("4MB");
                boolean isZone = !sql.equals("reset work_mem");
                assertThat(one.queryOne("show timezone")).isEqualTo(isZone ? "Europe/Paris" : "UTC");
                boolean isMemory = !sql.startsWith("set timezone");
                assertThat(one.queryOne("show work_mem")).isEqualTo(isMemory ? "6MB" : "9MB");
            }
        }
    }

    @Test
    void extendedProtocolIsTheSame() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            one.send(
                    Messages.parse("", "select set_config($1, $2, false)"),
                    Messages.bind("", "", "app.tenant", "17"),
                    Messages.execute("", 0),
                    Messages.sync());
            one.readUntilReady();
            one.send(Messages.extended("set work_mem = '7MB'"), Messages.sync());
            one.readUntilReady();
            for (int i = 0; i < 2; i++) {
                assertThat(two.queryOne(ALL)).endsWith("|4MB|UTC|ISO, MDY|off|");
                assertThat(one.queryOne(ALL)).endsWith("|7MB|UTC|ISO, MDY|off|17");
            }
        }
    }

    @Test
    void aStatementPreparedLongAgoIsSuspectWhenItRuns() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            one.send(Messages.parse("sets", "select set_config('work_mem', '7MB', false)"), Messages.sync());
            one.readUntilReady();
            assertThat(two.queryOne("show work_mem")).isEqualTo("4MB");
            one.send(Messages.bind("", "sets"), Messages.execute("", 0), Messages.sync());
            one.readUntilReady();
            assertThat(two.queryOne("show work_mem")).isEqualTo("4MB");
            assertThat(one.queryOne("show work_mem")).isEqualTo("7MB");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "create temp table leak (a int)            | select count(*) from pg_class where relnamespace ="
                        + " pg_my_temp_schema()",
                "select 1 as a into temp leak              | select count(*) from pg_class where relnamespace ="
                        + " pg_my_temp_schema()",
                "create table pg_temp.leak as select 1     | select count(*) from pg_class where relnamespace ="
                        + " pg_my_temp_schema()",
                "set search_path = pg_temp; create view leak as select 1 | select count(*) from pg_class where"
                        + " relnamespace = pg_my_temp_schema()",
                "declare leak cursor with hold for select 1 | select count(*) from pg_cursors where is_holdable",
                "prepare leak as select 1                  | select count(*) from pg_prepared_statements",
                "listen leak                               | select count(*) from pg_listening_channels()",
                "select pg_advisory_lock(4711)             | select count(*) from pg_locks where pid ="
                        + " pg_backend_pid() and locktype = 'advisory'",
                "do $$ begin create temp table leak (a int); end $$ | select count(*) from pg_class where relnamespace"
                        + " = pg_my_temp_schema()",
            })
    void whatDoesNotMoveIsNobodyElses(String makes, String counts) throws IOException {
        try (RunningProxy proxy = new RunningProxy(config().with(Settings.DEFAULT_POOL_SIZE, 1));
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            List<BackendMessage> answer = one.query(makes);
            assertThat(answer).noneMatch(message -> message.is('E'));
            assertThat(two.queryOne(counts)).isEqualTo("0");
            assertThat(one.queryOne("select 1")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "create temp table kept (a int); insert into kept values (7) | select a from kept | drop table kept",
                "create temp view kept as select 7              | select * from kept                | discard temp",
                "declare kept scroll cursor with hold for select 7 | fetch absolute 1 kept             | close kept",
                "prepare kept as select 7                       | execute kept                      | deallocate kept",
                "select pg_advisory_lock_shared(4712)           | select count(*) from pg_locks where locktype ="
                        + " 'advisory' and pid = pg_backend_pid()           | select pg_advisory_unlock_shared(4712)",
                "do $$ begin create temp table kept (a int); end $$ | select count(*) from kept | discard all",
            })
    void whatCannotMoveKeepsItsServerUntilItIsGone(String makes, String uses, String ends) throws IOException {
        try (WireClient alone = WireClient.connect(direct);
                RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            alone.query(makes);
            one.query(makes);
            String kept = one.queryOne("select pg_backend_pid()");
            for (int i = 0; i < 3; i++) {
                assertThat(two.queryOne("select pg_backend_pid()")).isNotEqualTo(kept);
                assertThat(one.queryOne(uses)).isEqualTo(alone.queryOne(uses));
            }
            one.query("set work_mem = '7MB'");
            assertThat(one.queryOne("select pg_backend_pid()")).isEqualTo(kept);
            try (WireClient console = WireClient.connect(through(proxy).withDatabase("spillway"))) {
                assertThat(console.query("show pins").get(1).columns()).contains(kept);
            }
            one.query(ends);
            await().untilAsserted(() -> {
                assertThat(one.queryOne("select pg_backend_pid()")).isEqualTo(two.queryOne("select pg_backend_pid()"));
                assertThat(one.queryOne("show work_mem")).isEqualTo(ends.equals("discard all") ? "4MB" : "7MB");
            });
            assertThat(proxy.log().count("client pinned")).isOne();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "create temp table kept (a int)                        | temporary objects   | CREATE TABLE",
                "begin; select 1; create temp view kept as select 1; select 2; commit | temporary objects | CREATE"
                        + " VIEW",
                "prepare kept as select 1                              | prepared statements | PREPARE",
                "begin; declare kept cursor with hold for select 1; commit | cursors with hold | DECLARE CURSOR",
                "select pg_advisory_lock(4713)                         | advisory locks      | SELECT 1",
                "begin; select pg_advisory_lock(4713); commit          | advisory locks      | SELECT 1",
                "do $$ begin create temp table kept (a int); end $$    | temporary objects   | DO",
            })
    void whoKeepsAServerAndWhyIsShown(String makes, String reason, String tag) throws IOException {
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy));
                WireClient console = WireClient.connect(through(proxy).withDatabase("spillway"))) {
            one.query(makes);
            one.queryOne("select 1");
            for (String show : List.of("show clients", "show servers")) {
                assertThat(console.query(show))
                        .filteredOn(
                                message -> message.is('D') && message.columns().contains("active"))
                        .singleElement()
                        .satisfies(row -> assertThat(row.columns()).endsWith(reason, "0", tag));
            }
            one.query("discard all");
            one.queryOne("select 1");
            assertThat(console.query("show servers"))
                    .filteredOn(message -> message.is('D'))
                    .allSatisfy(row -> assertThat(row.columns()).endsWith("", null, ""));
            one.query(makes);
            await().untilAsserted(() -> assertThat(proxy.log().count("client pinned"))
                    .as("it is told of again")
                    .isEqualTo(2));
        }
    }

    @Test
    void onlySoManyServersAreKept() throws IOException {
        ProxyConfig one = config().with(StateSettings.MAX_PINNED_SERVERS, 1);
        try (RunningProxy proxy = new RunningProxy(one);
                WireClient first = WireClient.connect(through(proxy));
                WireClient second = WireClient.connect(through(proxy));
                WireClient third = WireClient.connect(through(proxy))) {
            first.query("create temp table kept (a int)");
            assertThat(first.queryOne("select count(*) from kept")).isEqualTo("0");
            second.send(Messages.query("create temp table kept (a int)"));
            List<BackendMessage> answer = second.readUntilClosed();
            assertThat(answer).anyMatch(message -> message.is('Z'));
            assertThat(answer.getLast().sqlState()).isEqualTo("53400");
            assertThat(answer.getLast().errorText()).contains("temporary objects", "max_pinned_servers");
            assertThat(third.queryOne("select to_regclass('pg_temp.kept') is null"))
                    .isEqualTo("t");
            first.terminate();
            await().untilAsserted(() -> {
                try (WireClient fourth = WireClient.connect(through(proxy))) {
                    fourth.query("create temp table kept (a int)");
                    assertThat(fourth.queryOne("select count(*) from kept")).isEqualTo("0");
                }
            });
        }
    }

    @Test
    void aRestoreThatFailsRunsNothing() throws IOException {
        PostgresFixture.shared().execute("drop role if exists soon_gone; create role soon_gone");
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            one.query("set role soon_gone");
            assertThat(two.queryOne("select current_user")).isEqualTo(direct.user());
            PostgresFixture.shared().execute("drop role soon_gone; drop table if exists state.ran");
            one.send(Messages.query("create table state.ran (a int)"));
            List<BackendMessage> answer = one.readUntilClosed();
            assertThat(answer.getLast().sqlState()).isEqualTo("08006");
            assertThat(PostgresFixture.shared().queryOne("select count(*) from pg_class where relname = 'ran'"))
                    .isEqualTo("0");
            assertThat(two.queryOne("select current_user")).isEqualTo(direct.user());
        }
    }

    @Test
    void whatFunctionsDoUnseenIsFoundWhereThatIsConfigured() throws IOException {
        Map<String, ProxyConfig> ways = Map.of(
                "always",
                        config().with(StateSettings.SESSION_STATE_CHECK, StateCheck.ALWAYS)
                                .with(StateSettings.CUSTOM_SETTINGS, Set.of("app.tenant")),
                "functions",
                        config().with(StateSettings.SUSPECT_FUNCTIONS, Set.of("hidden"))
                                .with(StateSettings.CUSTOM_SETTINGS, Set.of("app.tenant")));
        for (ProxyConfig way : ways.values()) {
            try (RunningProxy proxy = new RunningProxy(way);
                    WireClient one = WireClient.connect(through(proxy));
                    WireClient two = WireClient.connect(through(proxy))) {
                one.query("select state.hidden('mine')");
                assertThat(two.queryOne("select current_setting('app.tenant', true)"))
                        .isEmpty();
                assertThat(one.queryOne("show app.tenant")).isEqualTo("mine");
            }
        }
    }

    @Test
    void wayOfPgBouncerLeavesIt() throws IOException {
        ProxyConfig ignore = config().with(StateSettings.SESSION_STATE, SessionState.IGNORE);
        try (RunningProxy proxy = new RunningProxy(ignore);
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            one.query("select set_config('work_mem', '7MB', false)");
            assertThat(two.queryOne("show work_mem")).isEqualTo("7MB");
            one.query("set enable_sort = off");
            assertThat(two.queryOne("show enable_sort")).isEqualTo("on");
            assertThat(two.queryOne("show work_mem")).isEqualTo("4MB");
        }
        ProxyConfig reset = config().with(StateSettings.SESSION_STATE, SessionState.RESET)
                .with(StateSettings.SERVER_RESET_QUERY_ALWAYS, true);
        try (RunningProxy proxy = new RunningProxy(reset);
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            one.query("select set_config('work_mem', '7MB', false); create temp table leak (a int)");
            assertThat(two.queryOne("show work_mem")).isEqualTo("4MB");
            assertThat(two.queryOne("select to_regclass('pg_temp.leak') is null"))
                    .isEqualTo("t");
        }
    }

    /** What a reset query leaves there that resets little is taken away with the first settings of somebody else's, all of it. */
    @Test
    void settingsAreRestoredAsAWholeWhereNobodyWatches() throws IOException {
        ProxyConfig reset = config().with(StateSettings.SESSION_STATE, SessionState.RESET)
                .with(StateSettings.SERVER_RESET_QUERY, "DEALLOCATE ALL")
                .with(StateSettings.SERVER_RESET_QUERY_ALWAYS, true);
        try (RunningProxy proxy = new RunningProxy(reset);
                WireClient one = WireClient.connect(through(proxy));
                WireClient two =
                        WireClient.connect(through(proxy), Map.of("TimeZone", "Asia/Tokyo"), Duration.ofSeconds(10))) {
            one.query("select set_config('work_mem', '7MB', false)");
            assertThat(two.queryOne("show work_mem")).isEqualTo("4MB");
        }
    }

    @Test
    void aCustomSettingThatWasResetIsUnknownElsewhere() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy))) {
            String wayOut = "select coalesce(current_setting('once.was', true), '')";
            one.query("set once.was = 'x'; reset once.was");
            assertThat(one.queryOne("show once.was")).isEmpty();
            assertThat(one.queryOne(wayOut)).isEmpty();
            String pid = one.queryOne("select pg_backend_pid()");
            PostgresFixture.shared().execute("select pg_terminate_backend(" + pid + ")");
            await().untilAsserted(() ->
                    assertThat(proxy.servers(through(proxy), "idle")).isZero());
            assertThat(one.query("show once.was").getFirst().sqlState()).isEqualTo("42704");
            assertThat(one.queryOne(wayOut)).isEmpty();
        }
    }

    @Test
    void aDatabaseAndAUserMayHaveWaysOfTheirOwn() throws IOException {
        ProxyConfig ofDatabase = config().with(DatabaseConfig.named(ProxyConfig.FALLBACK)
                .with(DatabaseSettings.PORT, direct.port())
                .with(DatabaseSettings.SESSION_STATE, SessionState.IGNORE));
        try (RunningProxy proxy = new RunningProxy(ofDatabase);
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            one.query("select set_config('work_mem', '7MB', false)");
            assertThat(two.queryOne("show work_mem")).isEqualTo("7MB");
        }
    }

    @Test
    void aLeaverLeavesNothing() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient two = WireClient.connect(through(proxy))) {
            String before = two.queryOne(ALL);
            try (WireClient one = WireClient.connect(through(proxy))) {
                one.send(Messages.query("set work_mem = '7MB'; set role plain_user"), Messages.terminate());
            }
            try (WireClient one = WireClient.connect(through(proxy))) {
                one.send(Messages.query("begin; set role plain_user; select pg_sleep(60)"));
            }
            assertThat(two.queryOne(ALL)).isEqualTo(before);
            await().untilAsserted(() ->
                    assertThat(proxy.servers(through(proxy), "idle")).isOne());
        }
    }

    @Test
    void aSessionThatIsTooLargeEnds() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            one.query("set app.tenant = '" + "x".repeat(100_000) + "'");
            assertThat(two.queryOne("select current_setting('app.tenant', true)"))
                    .isEmpty();
            assertThat(one.queryOne("select length(current_setting('app.tenant'))"))
                    .isEqualTo("100000");
            one.query("set app.other = '" + "x".repeat(400_000) + "'");
            assertThatThrownBy(() -> one.queryOne("select 1")).isInstanceOf(IOException.class);
            assertThat(two.queryOne("select current_setting('app.other', true)"))
                    .isEmpty();
        }
    }
}
