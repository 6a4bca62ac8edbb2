package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Settings;
import dev.spillway.core.session.state.CertainSet;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Settings that a SET by itself makes are not asked about: each is what it would be on a connection of one's own. */
class CertainSetsIT {
    private static final String OTHER_VALUE =
            "select case vartype when 'bool' then case setting when 'on' then 'off' else 'on' end"
                    + " when 'enum' then (select max(v) from unnest(enumvals) as v where v <> setting)"
                    + " when 'string' then case name when 'TimeZone' then 'Asia/Tokyo' else 'Any One' end"
                    + " else case when max_val::numeric < 70000 then max_val else '70000' end end"
                    + " from pg_settings where lower(name) = '";

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @Test
    void everyoneMayMakeThemAndNoOtherHasASayInTheirValue() {
        for (String name : CertainSet.namesOfAnyone()) {
            String found = PostgresFixture.shared()
                    .queryOne("select coalesce(min(context || ' ' || vartype), 'none') from pg_settings where"
                            + " lower(name) = '"
                            + name + "'");
            boolean isText = name.equals("application_name") || name.equals("timezone");
            assertThat(found).as(name).matches(isText ? "user string" : "none|user (bool|enum|integer|real)");
        }
    }

    @Test
    void theyFollowTheirClientAsTheyWere() throws IOException {
        try (WireClient alone = WireClient.connect(direct);
                RunningProxy proxy = new RunningProxy(RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1)
                        .with(Settings.LANES, 1));
                WireClient one =
                        WireClient.connect(direct.withPort(proxy.proxy().port()));
                WireClient two =
                        WireClient.connect(direct.withPort(proxy.proxy().port()))) {
            Map<String, String> before = new TreeMap<>();
            Map<String, String> made = new TreeMap<>();
            for (String name : CertainSet.namesOfAnyone()) {
                if (alone.queryOne("select count(*) from pg_settings where lower(name) = '" + name + "'")
                        .equals("1")) {
                    before.put(name, two.queryOne("show " + name));
                    made.put(name, alone.queryOne(OTHER_VALUE + name + "'"));
                }
            }
            made.put("app.tenant", "4 711");
            for (Map.Entry<String, String> set : made.entrySet()) {
                alone.query("set " + set.getKey() + " = '" + set.getValue() + "'");
                one.query("set " + set.getKey() + " = '" + set.getValue() + "'");
            }
            for (Map.Entry<String, String> other : before.entrySet()) {
                String name = other.getKey();
                assertThat(two.queryOne("show " + name)).as(name).isEqualTo(other.getValue());
                assertThat(one.queryOne("show " + name))
                        .as(name)
                        .isEqualTo(alone.queryOne("show " + name))
                        .isNotEqualTo(other.getValue());
            }
            assertThat(one.queryOne("show app.tenant")).isEqualTo("4 711");
            assertThat(proxy.log().count("server opened")).isOne();
        }
    }
}
