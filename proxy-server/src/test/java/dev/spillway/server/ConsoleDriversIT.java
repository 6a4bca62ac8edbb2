package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Drivers at the console, as they come. No PostgreSQL is needed. */
class ConsoleDriversIT {
    private static final ProxyConfig CONFIG = RunningProxy.config(1, PoolMode.TRANSACTION, 1);

    @TempDir
    private Path directory = Path.of("");

    private static String url(RunningProxy proxy) {
        return new Endpoint("127.0.0.1", proxy.proxy().port(), PostgresFixture.SUPERUSER, "pgbouncer").jdbcUrl();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "&prepareThreshold=1",
                "&prepareThreshold=-1",
                "&preferQueryMode=extendedCacheEverything",
                "&preferQueryMode=extendedForPrepared&assumeMinServerVersion=9.0",
                "&preferQueryMode=simple",
                "&targetServerType=primary&ApplicationName=watch",
                "&readOnly=true&readOnlyMode=always",
            })
    void pgjdbcReadsTables(String options) throws IOException, SQLException {
        try (RunningProxy proxy = new RunningProxy(CONFIG);
                Connection console = DriverManager.getConnection(url(proxy) + options);
                Statement statement = console.createStatement()) {
            assertThat(console.isValid(5)).isTrue();
            for (int round = 0; round < 8; round++) {
                try (PreparedStatement pools = console.prepareStatement("show pools");
                        ResultSet rows = pools.executeQuery()) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getString("database")).isEqualTo("pgbouncer");
                    assertThat(rows.getInt("cl_active")).isEqualTo(1);
                    assertThat(rows.getObject("load_balance_hosts")).isNull();
                    assertThat(rows.getMetaData().getColumnType(3)).isEqualTo(Types.INTEGER);
                }
                try (ResultSet rows = statement.executeQuery("show stats")) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getBigDecimal("total_query_count").longValueExact())
                            .isPositive();
                }
            }
            assertThat(statement.execute("reload")).isFalse();
            assertThatThrownBy(() -> statement.execute("show nothing"))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08P01"));
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void pgjdbcFetchesInPortionsWithinATransaction() throws IOException, SQLException {
        try (RunningProxy proxy = new RunningProxy(CONFIG);
                Connection console = DriverManager.getConnection(url(proxy))) {
            console.setAutoCommit(false);
            assertThat(console.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
            try (Statement statement = console.createStatement()) {
                statement.setFetchSize(5);
                int count = 0;
                try (ResultSet rows = statement.executeQuery("show totals")) {
                    for (; rows.next(); count++) {
                        assertThat(rows.getString("name")).isNotEmpty();
                    }
                }
                assertThat(count).isEqualTo(24);
                assertThatThrownBy(() -> statement.execute("frob")).isInstanceOf(SQLException.class);
            }
            console.rollback();
            try (Statement statement = console.createStatement();
                    ResultSet rows = statement.executeQuery("show version")) {
                assertThat(rows.next()).isTrue();
            }
            console.commit();
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "psycopg | pools False pgbouncer 1 None; stats Decimal True; pools True pgbouncer 1 None; stats"
                    + " Decimal True; parameters 0A000; pipeline ['active', 'active', 'active']; pause PAUSE RESUME",
                "psycopg2 | pools pgbouncer",
                "asyncpg | pools pgbouncer 1 None; stats Decimal True; rows 24; dns [] PAUSE RESUME;"
                        + " pools pgbouncer 1 None; stats Decimal True; rows 24; dns [] PAUSE RESUME",
            })
    void pythonDriversReadTables(String driver, String lines) throws IOException {
        ClientProgram python =
                ClientProgram.find("python3 with " + driver, directory, List.of("python3"), "-c", "import " + driver);
        String script = Path.of("src/test/python/console.py").toAbsolutePath().toString();
        try (RunningProxy proxy = new RunningProxy(CONFIG)) {
            ClientProgram.Outcome outcome =
                    python.run(script, driver, String.valueOf(proxy.proxy().port()));
            assertThat(outcome.assertQuiet().out().lines()).containsExactly(lines.split("; ", -1));
            assertThat(proxy.log().defects()).isEmpty();
        }
    }
}
