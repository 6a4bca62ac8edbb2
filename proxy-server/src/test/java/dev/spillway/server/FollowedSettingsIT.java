package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.SessionState;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.StateSettings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** PgBouncer's ways: what PostgreSQL reports follows its client, where it is one of PgBouncer's settings or in track_extra_parameters. */
class FollowedSettingsIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    private ProxyConfig config(SessionState how) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1)
                .with(Settings.LANES, 1)
                .with(StateSettings.SESSION_STATE, how)
                .with(StateSettings.SERVER_RESET_QUERY_ALWAYS, how == SessionState.RESET);
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "set timezone = 'Asia/Tokyo'         | timezone                    | Asia/Tokyo",
                "set datestyle = 'German'            | datestyle                   | German, DMY",
                "set client_encoding = latin1        | client_encoding             | LATIN1",
                "set application_name = 'mine'       | application_name            | mine",
                "set standard_conforming_strings = off | standard_conforming_strings | off",
                "set intervalstyle = 'iso_8601'      | intervalstyle               | iso_8601",
                "select set_config('timezone', 'Asia/Tokyo', false) | timezone     | Asia/Tokyo",
                "begin; set timezone = 'Asia/Tokyo'; rollback | timezone          | UTC",
                "set timezone = 'Asia/Tokyo'; discard all | timezone              | UTC",
            })
    void whatIsReportedFollowsItsClientAndNobodyElse(String makes, String name, String value) throws IOException {
        for (SessionState how : Set.of(SessionState.IGNORE, SessionState.RESET)) {
            try (RunningProxy proxy = new RunningProxy(config(how));
                    WireClient one = WireClient.connect(through(proxy));
                    WireClient two = WireClient.connect(through(proxy))) {
                String before = two.queryOne("show " + name);
                for (String sql : makes.split("; ", -1)) {
                    one.query(sql);
                }
                for (int i = 0; i < 3; i++) {
                    assertThat(two.queryOne("show " + name)).as(how.toString()).isEqualTo(before);
                    assertThat(one.queryOne("show " + name)).as(how.toString()).isEqualTo(value);
                }
                assertThat(one.parameterStatus()).anySatisfy((parameter, told) -> {
                    assertThat(parameter).isEqualToIgnoringCase(name);
                    assertThat(told).isEqualTo(value);
                });
            }
        }
    }

    @Test
    void othersFollowWhereTheyAreNamed() throws IOException {
        ProxyConfig plain = config(SessionState.IGNORE);
        ProxyConfig named = plain.with(StateSettings.TRACK_EXTRA_PARAMETERS, Set.of("Search_Path"));
        for (ProxyConfig config : Set.of(plain, named)) {
            try (RunningProxy proxy = new RunningProxy(config);
                    WireClient one = WireClient.connect(through(proxy));
                    WireClient two = WireClient.connect(through(proxy))) {
                one.query("set search_path = pg_catalog");
                two.queryOne("select 1");
                String expected = config.equals(named) ? "pg_catalog" : two.queryOne("show search_path");
                assertThat(one.queryOne("show search_path")).isEqualTo(expected);
            }
        }
    }

    @Test
    void optionsThatAreToBeIgnoredSetNothingButThese() throws IOException {
        String options = "-c work_mem=6MB -c timezone=Asia/Tokyo --Search-Path=pg_catalog";
        Map<String, String> startup = Map.of("options", options, "enable_seqscan", "off");
        ProxyConfig whole = config(SessionState.TRACK);
        ProxyConfig ignored = whole.with(Settings.IGNORE_STARTUP_PARAMETERS, Set.of("options", "Enable_SeqScan"));
        ProxyConfig named = ignored.with(StateSettings.TRACK_EXTRA_PARAMETERS, Set.of("Search_Path"));
        String asked = "select concat_ws(' ', current_setting('work_mem'), current_setting('timezone'),"
                + " current_setting('search_path'), current_setting('enable_seqscan'))";
        Map<ProxyConfig, String> expected = Map.of(
                whole, "6MB Asia/Tokyo pg_catalog off",
                ignored, "4MB Asia/Tokyo \"$user\", public on",
                named, "4MB Asia/Tokyo pg_catalog on");
        for (Map.Entry<ProxyConfig, String> each : expected.entrySet()) {
            try (RunningProxy proxy = new RunningProxy(each.getKey());
                    WireClient client = WireClient.connect(through(proxy), startup, LIMIT)) {
                assertThat(client.queryOne(asked)).isEqualTo(each.getValue());
            }
        }
    }
}
