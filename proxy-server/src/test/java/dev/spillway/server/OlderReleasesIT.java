package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Session state on releases before the one that all other tests have: the questions read their catalogs, and the clean-up their commands. */
class OlderReleasesIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    /** What one client does; after each line the other looks whether it finds anything of that. */
    private static final List<String> PROGRAM = List.of(
            "set work_mem = '7MB'",
            "set time zone 'Asia/Tokyo'",
            "set search_path = pg_catalog, public",
            "set app.tenant = 'it''s \\ mine'",
            "select set_config('app.other', 'x', false)",
            "set role plain_user",
            "set session characteristics as transaction isolation level serializable",
            "do $$ begin perform set_config('enable_sort', 'off', false); end $$",
            "begin; set work_mem = '9MB'; savepoint a; set work_mem = '10MB'; rollback to a; commit",
            "begin; set local work_mem = '11MB'; commit",
            "begin; set work_mem = '12MB'; rollback",
            "select 1/0",
            "create temp table kept (a int); insert into kept values (1)",
            "select a + 0 as a from kept",
            "drop table kept",
            "declare kept cursor with hold for select 5",
            "fetch kept",
            "close kept",
            "prepare kept as select 6",
            "execute kept",
            "deallocate kept",
            "select pg_advisory_lock_shared(7)",
            "select pg_advisory_unlock_shared(7)",
            "reset role",
            "set session authorization plain_user",
            "reset session authorization",
            "discard all",
            "set work_mem = '8MB'",
            "reset all");

    private static final String LOOKS =
            "select concat_ws('|', current_user, session_user, current_setting('search_path'),"
                    + " current_setting('work_mem'), current_setting('timezone'), current_setting('enable_sort'),"
                    + " current_setting('default_transaction_isolation'), coalesce(current_setting('app.tenant', true),"
                    + " ''), coalesce(current_setting('app.other', true), ''))";

    private static final String FINDS = "select concat_ws('|', (select count(*) from pg_class where relnamespace ="
        + " pg_my_temp_schema()), (select count(*) from pg_cursors where is_holdable), (select count(*) from"
        + " pg_prepared_statements where from_sql), (select count(*) from pg_listening_channels()), (select count(*)"
        + " from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()))";

    private static ProxyConfig config(Endpoint direct) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1).with(Settings.LANES, 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 16, 17})
    void stateFollowsItsClientAndNobodyElse(int release) throws IOException {
        Endpoint direct = PostgresFixture.ofRelease(release).endpoint();
        try (RunningProxy proxy = new RunningProxy(config(direct))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient alone = WireClient.connect(direct);
                    WireClient pooled = WireClient.connect(through);
                    WireClient other = WireClient.connect(through)) {
                assertThat(other.queryOne("show server_version")).startsWith(release + ".");
                String before = other.queryOne(LOOKS);
                for (String sql : PROGRAM) {
                    assertThat(answer(pooled, sql)).as(sql).isEqualTo(answer(alone, sql));
                    assertThat(other.queryOne(LOOKS)).as(sql).isEqualTo(before);
                    assertThat(other.queryOne(FINDS)).as(sql).isEqualTo("0|0|0|0|0");
                    assertThat(pooled.queryOne(LOOKS)).as(sql).isEqualTo(alone.queryOne(LOOKS));
                    assertThat(pooled.queryOne(FINDS)).as(sql).isEqualTo(alone.queryOne(FINDS));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {15, 16, 17})
    void clientsListenAndNoRestoreThatFailsRunsAnything(int release) throws IOException {
        PostgresFixture postgres = PostgresFixture.ofRelease(release);
        Endpoint direct = postgres.endpoint();
        postgres.execute("drop role if exists soon_gone; create role soon_gone");
        try (RunningProxy proxy = new RunningProxy(config(direct))) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            try (WireClient listens = WireClient.connect(through, Map.of(), LIMIT);
                    WireClient other = WireClient.connect(through, Map.of(), LIMIT)) {
                listens.query("listen a");
                other.query("notify a, 'b'");
                assertThat(listens.readMessage().is('A')).isTrue();
                listens.query("set role soon_gone");
                assertThat(other.queryOne("select current_user")).isEqualTo(direct.user());
                postgres.execute("drop role soon_gone");
                listens.send(Messages.query("create table public.never (a int)"));
                assertThat(listens.readUntilClosed().getLast().sqlState()).isEqualTo("08006");
                assertThat(other.queryOne("select to_regclass('public.never') is null"))
                        .isEqualTo("t");
            }
        }
    }

    private static List<String> answer(WireClient client, String sql) throws IOException {
        List<String> lines = new ArrayList<>();
        for (BackendMessage message : client.query(sql)) {
            if (message.is('E') || message.is('N')) {
                lines.add(message.sqlState() + ' ' + message.errorText());
            } else if (!message.is('S')) {
                lines.add(message.trace());
            }
        }
        return lines;
    }
}
