package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProcessSettings;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Transactions that take long, as the log tells of them. */
class SlowTransactionIT {
    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @Test
    void haveALineWithTheirTimesAndNoSql() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config());
                Connection connection = connect(proxy)) {
            connection.createStatement().execute("select 1");
            connection.createStatement().execute("select 'hush', pg_sleep(0.3)");

            String who = direct.database() + "/" + direct.user();
            Pattern line = Pattern.compile(
                    "slow transaction " + Pattern.quote(who) + "@127\\.0\\.0\\.1:\\d+: (\\d+) ms, waited \\d+ ms");
            assertThat(lines(proxy))
                    .allMatch(text -> line.matcher(text).matches())
                    .anySatisfy(text -> {
                        Matcher parts = line.matcher(text);
                        assertThat(parts.matches()).isTrue();
                        assertThat(Long.parseLong(parts.group(1))).isBetween(300L, 60_000L);
                    });
        }
    }

    @Test
    void haveTheirLongestStatementWhereItIsWanted() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config().with(ProcessSettings.LOG_MIN_DURATION_SQL, true));
                Connection connection = connect(proxy)) {
            connection.setAutoCommit(false);
            try (PreparedStatement statement = connection.prepareStatement("select ?::text,\n pg_sleep(?)")) {
                statement.setString(1, "hush");
                for (int i = 0; i < 7; i++) { // the driver prepares it by name on the way
                    statement.setDouble(2, i == 6 ? 1 : 0);
                    statement.execute();
                }
            }
            connection.createStatement().execute("select 2");
            connection.commit();

            assertThat(lines(proxy)).last().asString().endsWith(" ms: select $1::text, pg_sleep($2)");
        }
    }

    private List<String> lines(RunningProxy proxy) {
        await().until(() -> proxy.log().count("slow transaction") > 0);
        return proxy.log().lines().stream()
                .filter(line -> line.startsWith("slow transaction"))
                .toList();
    }

    private Connection connect(RunningProxy proxy) throws SQLException {
        return DriverManager.getConnection(direct.withPort(proxy.proxy().port()).jdbcUrl());
    }

    private ProxyConfig config() {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2)
                .with(ProcessSettings.LOG_MIN_DURATION, Duration.ofMillis(290));
    }
}
