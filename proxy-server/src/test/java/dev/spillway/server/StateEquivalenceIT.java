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
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random programs that make and look at settings, roles and transactions give the same answers on a direct connection and
 * through one server that another client uses in between. {@code -Dspillway.test.seed=N} repeats a run.
 */
class StateEquivalenceIT {
    private static final int PROGRAMS = Integer.getInteger("spillway.test.programs", 40);
    private static final List<String> STATEMENTS = List.of(
            "begin",
            "commit",
            "rollback",
            "savepoint a",
            "rollback to a",
            "release a",
            "select 1/0",
            "set work_mem = '5MB'",
            "set session work_mem to 6000",
            "set local work_mem = '7MB'",
            "set work_mem to default",
            "set search_path = pg_catalog, public",
            "set local search_path = public",
            "set time zone 'Asia/Tokyo'",
            "set local timezone = 'Etc/GMT+3'",
            "set datestyle = german",
            "set intervalstyle = iso_8601",
            "set extra_float_digits = 0",
            "set role plain_user",
            "set local role plain_user",
            "reset role",
            "set session authorization plain_user",
            "set session authorization default",
            "set session characteristics as transaction read only",
            "set default_transaction_read_only = off",
            "set transaction isolation level serializable",
            "set app.tenant = 'it''s \\ mine'",
            "set local app.tenant = 'local'",
            "select set_config('app.tenant', 'two', false)",
            "select set_config('app.tenant', 'three', true)",
            "select set_config('work_mem', '8MB', false), set_config('app.other.name', 'x', false)",
            "set no.such = 1; set nosuch = 1",
            "set work_mem = '1kB'",
            "reset work_mem",
            "reset all",
            "discard all",
            "do $$ begin perform set_config('app.tenant', 'do', false); end $$",
            "begin; set work_mem = '9MB'; commit",
            "begin; set work_mem = '10MB'; select 1/0",
            "set application_name = 'equal'",
            "show work_mem",
            "show search_path",
            "show transaction_isolation",
            "show transaction_read_only",
            "select current_user, session_user, current_setting('role')",
            "select coalesce(current_setting('app.tenant', true), ''), coalesce(current_setting('app.other.name',"
                    + " true), '')",
            "select '2000-12-31 12:00+00'::timestamptz, '1 day 2 hours'::interval, 0.1::float8 + 0.2",
            "update pg_settings set setting = '512' where name = 'work_mem'");

    private final long seed = Long.getLong("spillway.test.seed", System.nanoTime() & 0xffffff);

    static List<Integer> releases() {
        return Boolean.getBoolean("spillway.test.thorough") ? List.of(18, 17, 16, 15) : List.of(18);
    }

    @ParameterizedTest
    @MethodSource("releases")
    void programsHaveTheSameAnswersThroughATrackingPool(int release) throws IOException {
        System.out.println("state equivalence, seed " + seed);
        Endpoint direct = PostgresFixture.ofRelease(release).endpoint();
        ProxyConfig config =
                RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 1).with(Settings.LANES, 1);
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            for (int i = 0; i < PROGRAMS; i++) {
                compare(direct, through, seed * 1000 + i);
            }
        }
    }

    private static void compare(Endpoint direct, Endpoint through, long program) throws IOException {
        Random random = new Random(program);
        List<String> done = new ArrayList<>();
        try (WireClient alone = WireClient.connect(direct);
                WireClient pooled = WireClient.connect(through);
                WireClient other = WireClient.connect(through)) {
            for (int left = 5 + random.nextInt(30); left > 0; left--) {
                String sql = STATEMENTS.get(random.nextInt(STATEMENTS.size()));
                boolean isExtended = random.nextInt(3) == 0 && !sql.contains(";");
                done.add((isExtended ? "extended " : "") + sql);
                List<String> expected = answer(alone, sql, isExtended);
                List<String> found = answer(pooled, sql, isExtended);
                assertThat(found).as("program %d after %s", program, done).isEqualTo(expected);
                if (expected.getLast().endsWith("I") && random.nextBoolean()) {
                    assertThat(other.queryOne("show work_mem"))
                            .as("program %d after %s", program, done)
                            .isEqualTo("4MB");
                }
            }
            assertThat(new TreeMap<>(pooled.parameterStatus()))
                    .as("program %d after %s", program, done)
                    .isEqualTo(new TreeMap<>(alone.parameterStatus()));
        }
    }

    private static List<String> answer(WireClient client, String sql, boolean isExtended) throws IOException {
        if (isExtended) {
            client.send(Messages.parse("", sql), Messages.bind("", ""), Messages.execute("", 0), Messages.sync());
        } else {
            client.send(Messages.query(sql));
        }
        List<String> lines = new ArrayList<>();
        for (BackendMessage message : client.readUntilReady()) {
            if (message.is('E') || message.is('N')) {
                lines.add(message.type() + message.sqlState() + message.errorText());
            } else if (!message.is('S')) {
                lines.add(message.trace());
            }
        }
        return lines;
    }
}
