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
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings that a real PostgreSQL would not make again for the user of the pool, or not on every server. */
class RefusedSettingsIT {
    private final Endpoint direct = PostgresFixture.shared().endpoint().withUser(PostgresFixture.PLAIN_USER);

    @BeforeAll
    static void createBoss() {
        PostgresFixture.shared()
                .execute("drop role if exists boss; create role boss superuser; grant boss to plain_user;"
                        + " create schema if not exists boss; grant usage on schema boss to public;"
                        + " create or replace function boss.makes(name text, value text) returns text language sql"
                        + " security definer as $$ select set_config(name, value, false) $$");
    }

    @AfterAll
    static void dropBoss() {
        PostgresFixture.shared().execute("drop schema boss cascade; revoke boss from plain_user; drop role boss");
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
                "set role boss; set log_min_duration_statement = '1h'; reset role | show log_min_duration_statement",
                "begin; set local role boss; set session_replication_role = replica; commit | show"
                        + " session_replication_role",
                "do $$ begin perform boss.makes('log_min_messages', 'error'); end $$ | show log_min_messages",
            })
    void whatItsUserMayNotMakeKeepsItsServerUntilItIsGone(String makes, String asks) throws IOException {
        try (WireClient alone = WireClient.connect(direct);
                RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            String before = two.queryOne(asks);
            alone.query(makes);
            assertThat(one.query(makes)).noneMatch(message -> message.is('E'));
            String kept = one.queryOne("select pg_backend_pid()");
            for (int i = 0; i < 2; i++) {
                assertThat(two.queryOne(asks)).isEqualTo(before);
                assertThat(one.queryOne(asks)).isEqualTo(alone.queryOne(asks));
            }
            one.query("set work_mem = '7MB'");
            assertThat(one.queryOne("select pg_backend_pid()")).isEqualTo(kept);
            try (WireClient console = WireClient.connect(through(proxy).withDatabase("spillway"))) {
                assertThat(console.query("show pins").get(1).columns())
                        .contains(kept, "settings that the user may not make");
            }
            one.query("reset all");
            await().untilAsserted(() -> assertThat(one.queryOne("select pg_backend_pid()"))
                    .isEqualTo(two.queryOne("select pg_backend_pid()")));
            assertThat(one.queryOne(asks)).isEqualTo(before);
        }
    }

    @Test
    void whatItsUserHasBeenGrantedMoves() throws IOException {
        PostgresFixture.shared().execute("grant set on parameter log_min_messages to plain_user");
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            String before = two.queryOne("show log_min_messages");
            one.query("set log_min_messages = 'error'");
            assertThat(two.queryOne("show log_min_messages")).isEqualTo(before);
            assertThat(one.queryOne("show log_min_messages")).isEqualTo("error");
            assertThat(proxy.log().count("client pinned")).isZero();
        } finally {
            PostgresFixture.shared().execute("revoke set on parameter log_min_messages from plain_user");
        }
    }

    /** PostgreSQL makes no other temp_buffers where temporary tables have been used. */
    @Test
    void whatAServerRefusesIsGivenUpAndToldOnce() throws IOException {
        List<byte[]> firsts = List.of(
                Messages.query("create table boss.ran (a int)"),
                Messages.query("commit"),
                Messages.join(List.of(Messages.extended("create table boss.ran (a int)"), Messages.sync())),
                Messages.join(
                        List.of(Messages.parse("named", "select 1"), Messages.bind("", "named"), Messages.sync())));
        PostgresFixture.shared().execute("grant create on schema boss to plain_user");
        for (byte[] first : firsts) {
            try (RunningProxy proxy = new RunningProxy(config());
                    WireClient one = WireClient.connect(through(proxy));
                    WireClient two = WireClient.connect(through(proxy))) {
                one.query("set temp_buffers = '16MB'");
                one.query("set work_mem = '7MB'; set app.tenant = 'mine'");
                two.query("begin; create temp table used on commit drop as select 1; select * from used; commit");
                one.send(first);
                List<BackendMessage> answer = one.readUntilReady();
                assertThat(answer.getFirst().sqlState()).isEqualTo("55P02");
                assertThat(answer.getFirst().errorText()).contains("temp_buffers", "given up");
                assertThat(answer).hasSize(2);
                assertThat(answer.getLast().trace()).endsWith("I");
                for (int i = 0; i < 2; i++) {
                    assertThat(one.queryOne("select concat_ws(' ', current_setting('temp_buffers'),"
                                    + " current_setting('work_mem'), current_setting('app.tenant'))"))
                            .isEqualTo("8MB 7MB mine");
                    assertThat(two.queryOne(
                                    "select concat_ws(' ', current_setting('work_mem'), to_regclass('boss.ran'))"))
                            .isEqualTo("4MB");
                }
                one.send(
                        Messages.parse("named", "select 2"),
                        Messages.bind("", "named"),
                        Messages.execute("", 0),
                        Messages.sync());
                assertThat(one.readUntilReady()).noneMatch(message -> message.is('E'));
                assertThat(proxy.log().count("server opened")).isOne();
            }
        }
    }

    /** What was sent before the client could know of it does not run either. */
    @Test
    void norDoesWhatIsBehind() throws IOException {
        PostgresFixture.shared().execute("grant create on schema boss to plain_user");
        try (RunningProxy proxy = new RunningProxy(config());
                WireClient one = WireClient.connect(through(proxy));
                WireClient two = WireClient.connect(through(proxy))) {
            one.query("set temp_buffers = '16MB'");
            two.query("begin; create temp table used on commit drop as select 1; select * from used; commit");
            one.send(
                    Messages.query("begin"), Messages.query("create table boss.ran (a int)"), Messages.query("commit"));
            for (int i = 0; i < 3; i++) {
                assertThat(one.readUntilReady().getFirst().sqlState()).isEqualTo("55P02");
            }
            assertThat(one.queryOne("select to_regclass('boss.ran') is null")).isEqualTo("t");
        }
    }
}
