package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that does with its session what it can, to make ours ask wrong, lie, fail or leak. */
class StateAdversaryIT {
    private static final String ALL = "select pg_catalog.concat_ws('|', current_user, session_user,"
        + " pg_catalog.current_setting('search_path'), pg_catalog.current_setting('work_mem'),"
        + " pg_catalog.current_setting('statement_timeout'), pg_catalog.current_setting('lock_timeout'),"
        + " pg_catalog.current_setting('client_encoding'), pg_catalog.current_setting('standard_conforming_strings'),"
        + " pg_catalog.current_setting('default_transaction_read_only'),"
        + " pg_catalog.current_setting('transaction_isolation'),"
        + " pg_catalog.coalesce_it(pg_catalog.current_setting('app.tenant', true)))";

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @BeforeAll
    static void createTraps() {
        PostgresFixture.shared().execute("""
            drop schema if exists trap cascade;
            create schema trap;
            grant usage on schema trap to public;
            create function trap.never(text, text) returns boolean language sql as 'select false';
            create function trap.never_name(name, name) returns boolean language sql as 'select false';
            create function trap.current_setting(text) returns text language sql as $$ select 'lie'::text $$;
            create function trap.current_setting(text, boolean) returns text language sql as $$ select 'lie'::text $$;
            create function trap.set_config(text, text, boolean) returns text language sql as $$ select 'lie'::text $$;
            create function trap.encode(bytea, text) returns text language sql as $$ select 'lie'::text $$;
            create function trap.convert_to(text, name) returns bytea language sql as $$ select 'lie'::bytea $$;
            create operator trap.= (leftarg = text, rightarg = text, function = trap.never);
            create operator trap.<> (leftarg = text, rightarg = text, function = trap.never);
            create view trap.pg_settings as select 'work_mem'::text as name, '1kB'::text as setting, 'session'::text as source;
            """);
    }

    private static String all() {
        return ALL.replace("pg_catalog.coalesce_it(", "coalesce(").replace("true)))", "true), ''))");
    }

    private ProxyConfig config() {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1).with(Settings.LANES, 1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set search_path = trap, pg_catalog; set app.tenant = 'x'",
                "set search_path = trap, pg_catalog; select pg_catalog.set_config('app.tenant', 'x', false)",
                "do $$ begin perform pg_catalog.set_config('search_path', 'trap, pg_catalog', false); end $$",
                "set default_transaction_read_only = on; set app.tenant = 'x'",
                "set default_transaction_isolation = serializable; set default_transaction_read_only = on;"
                        + " set default_transaction_deferrable = on",
                "set client_encoding = sjis; set app.tenant = 'x'",
                "set standard_conforming_strings = off; set backslash_quote = on; set app.tenant = 'a\\'b'",
                "set lock_timeout = 1; set app.tenant = 'x'",
                "set client_min_messages = debug5; set app.tenant = 'x'",
                "set session_replication_role = replica; set row_security = off; set app.tenant = 'x'",
                "set role plain_user; set app.tenant = 'x'",
                "set session authorization plain_user; set role plain_user; set app.tenant = 'x'",
                "set bytea_output = escape; set quote_all_identifiers = on; set app.tenant = E'\\n\\t\"'''",
                "set app.tenant = 'x' /* set local */",
                "set /* local */ app.tenant = 'x'",
                "select 'set local', set_config('app.tenant', 'x', false), 'set_config(''a'', ''b'', true)'",
                "select 1 as \"set_config('a','b',true)\", set_config('app.tenant', 'set local', false)",
                "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_sort = off; set"
                        + " app.tenant = 'x'",
                "set exit_on_error = on; set app.tenant = 'x'",
                "set extra_float_digits = 3; set xmloption = document; set app.tenant = 'x'",
            })
    void whateverItSetsIsItsOwnAndNobodyElses(String evil) throws IOException {
        try (WireClient alone = WireClient.connect(direct);
                RunningProxy proxy = new RunningProxy(config());
                WireClient one =
                        WireClient.connect(direct.withPort(proxy.proxy().port()));
                WireClient two =
                        WireClient.connect(direct.withPort(proxy.proxy().port()))) {
            String before = two.queryOne(all());
            alone.query(evil);
            one.query(evil);
            for (int i = 0; i < 3; i++) {
                assertThat(two.queryOne(all())).isEqualTo(before);
                assertThat(one.queryOne(all())).isEqualTo(alone.queryOne(all()));
            }
            assertThat(proxy.log().count("server opened")).isOne();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set statement_timeout = 1; set app.tenant = 'x'",
                "do $$ begin perform set_config('statement_timeout', '1', false); end $$",
                "set max_stack_depth = '100kB'; set app.tenant = 'x'",
                "set idle_session_timeout = 1",
            })
    void itMayBeClosedButNeverGoesOnWithoutWhatItSet(String evil) throws IOException {
        for (int round = 0; round < 5; round++) {
            try (WireClient alone = WireClient.connect(direct);
                    RunningProxy proxy = new RunningProxy(config());
                    WireClient one =
                            WireClient.connect(direct.withPort(proxy.proxy().port()));
                    WireClient two =
                            WireClient.connect(direct.withPort(proxy.proxy().port()))) {
                String before = two.queryOne(all());
                alone.query("set app.tenant = 'x'");
                one.query(evil);
                assertThat(two.queryOne(all())).isEqualTo(before);
                assertThat(itsOwn(one)).isIn("closed", "1ms", "0", "canceled");
                assertThat(two.queryOne(all())).isEqualTo(before);
            }
        }
    }

    private static String itsOwn(WireClient one) {
        try {
            List<BackendMessage> answer = one.query("show statement_timeout");
            boolean isCanceled =
                    answer.stream().anyMatch(message -> message.sqlState().equals("57014"));
            return isCanceled ? "canceled" : answer.get(1).column();
        } catch (IOException closed) {
            return "closed";
        }
    }

    @Test
    void whoMayNotBecomeAnotherAgainDoesNotGoOn() throws IOException {
        PostgresFixture.shared()
                .execute("drop role if exists borrowed; create role borrowed; grant borrowed to plain_user;"
                        + " create or replace function trap.become() returns void language sql as"
                        + " $$ select pg_catalog.set_config('role', 'borrowed', false) $$");
        try (RunningProxy proxy = new RunningProxy(config())) {
            Endpoint plain =
                    new Endpoint(direct.host(), proxy.proxy().port(), PostgresFixture.PLAIN_USER, direct.database());
            try (WireClient one = WireClient.connect(plain);
                    WireClient two = WireClient.connect(plain)) {
                one.query("set role borrowed");
                assertThat(two.queryOne("select current_user")).isEqualTo("plain_user");
                assertThat(one.queryOne("select current_user")).isEqualTo("borrowed");
                PostgresFixture.shared().execute("revoke borrowed from plain_user");
                assertThat(two.queryOne("select current_user")).isEqualTo("plain_user");
                List<BackendMessage> answer = closingAnswer(one);
                assertThat(answer).noneMatch(message -> message.is('D'));
                assertThat(two.queryOne("select current_user")).isEqualTo("plain_user");
            }
        }
    }

    private static List<BackendMessage> closingAnswer(WireClient client) throws IOException {
        client.send(dev.spillway.testkit.Messages.query("select current_user"));
        return client.readUntilClosed();
    }
}
