package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.StatementSettings;
import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.NodePostgres;
import dev.spillway.testkit.PostgresFixture;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layer (f): drivers that prepare by themselves, many clients on few servers, in transaction mode. */
class DriversPrepareIT {
    private static final int CLIENTS = 16;
    private static final int ROUNDS = Boolean.getBoolean("spillway.test.thorough") ? 200 : 20;
    private static final int STATEMENTS = 8;

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @TempDir
    private Path directory = Path.of("");

    private ProxyConfig config(int servers, int lanes) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, servers).with(Settings.LANES, lanes);
    }

    @ParameterizedTest
    @CsvSource({
        "prepareThreshold=1, 2, 1, 200",
        "prepareThreshold=1, 2, 2, 3",
        "prepareThreshold=-1, 2, 2, 200",
        "prepareThreshold=1&reWriteBatchedInserts=true&defaultRowFetchSize=30, 2, 1, 200",
        "prepareThreshold=1&autosave=always, 3, 2, 200",
        "preferQueryMode=extendedCacheEverything, 2, 1, 200",
    })
    void pgjdbc(String options, int servers, int lanes, int perServer) throws Exception {
        ProxyConfig config = config(servers, lanes).with(StatementSettings.MAX_PREPARED_STATEMENTS, perServer);
        try (RunningProxy proxy = new RunningProxy(config);
                ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
            String url = direct.withPort(proxy.proxy().port()).jdbcUrl() + "&" + options;
            List<Callable<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int number = i;
                clients.add(() -> new JdbcClient(url, number).work());
            }
            int right = 0;
            for (Future<Integer> client : threads.invokeAll(clients)) {
                right += result(client);
            }
            assertThat(right).isEqualTo(CLIENTS * ROUNDS);
        }
    }

    private static int result(Future<Integer> client) throws InterruptedException {
        try {
            return client.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        }
    }

    /** With a table of its own, which it changes and reads in every way that pgjdbc has. */
    private record JdbcClient(String url, int number) {
        int work() throws SQLException {
            int right = 0;
            try (Connection connection = DriverManager.getConnection(url)) {
                execute(connection, "drop table if exists jdbc_" + number);
                execute(connection, "create table jdbc_" + number + " (id int primary key, v text)");
                for (int round = 0; round < ROUNDS; round++) {
                    right += round(connection, round) ? 1 : 0;
                }
                execute(connection, "drop table jdbc_" + number);
            }
            return right;
        }

        private boolean round(Connection connection, int round) throws SQLException {
            connection.setAutoCommit(false);
            insert(connection, round * 100);
            boolean isRight = fetch(connection, round * 100) == 100;
            if (round % 3 == 0) {
                connection.rollback();
            } else {
                connection.commit();
            }
            connection.setAutoCommit(true);
            isRight &= count(connection, round * 100) == (round % 3 == 0 ? 0 : 100);
            if (round % 5 == 4) {
                assertThatThrownBy(() -> divide(connection, 0)).hasMessageContaining("division by zero");
            }
            return isRight && divide(connection, 1 + round % STATEMENTS) == 100 / (1 + round % STATEMENTS);
        }

        private void insert(Connection connection, int first) throws SQLException {
            String sql = "insert into jdbc_" + number + " (id, v) values (?, ?)";
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                for (int id = first; id < first + 100; id++) {
                    statement.setInt(1, id);
                    statement.setString(2, "row " + id);
                    statement.addBatch();
                }
                statement.executeBatch();
            }
        }

        private int fetch(Connection connection, int first) throws SQLException {
            String sql =
                    "select id, v, '" + first % STATEMENTS + "' from jdbc_" + number + " where id >= ? order by id";
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setFetchSize(17);
                statement.setInt(1, first);
                int right = 0;
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        right += rows.getString(2).equals("row " + rows.getInt(1)) ? 1 : 0;
                    }
                }
                return right;
            }
        }

        private int count(Connection connection, int first) throws SQLException {
            String sql = "select count(*) from jdbc_" + number + " where id between ? and ?";
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setInt(1, first);
                statement.setInt(2, first + 99);
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    return rows.getInt(1);
                }
            }
        }

        private static int divide(Connection connection, int by) throws SQLException {
            try (PreparedStatement statement = connection.prepareStatement("select 100 / ?::int, " + by)) {
                statement.setInt(1, by);
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    return rows.getInt(1);
                }
            }
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void clientsShareWhatIsPreparedOnAServer() throws IOException, SQLException {
        try (RunningProxy proxy = new RunningProxy(config(1, 1))) {
            String url = direct.withPort(proxy.proxy().port()).jdbcUrl() + "&prepareThreshold=1";
            for (int client = 0; client < 3; client++) {
                try (Connection connection = DriverManager.getConnection(url);
                        PreparedStatement statement = connection.prepareStatement("select ?::int")) {
                    for (int i = 0; i < 3; i++) {
                        statement.setInt(1, i);
                        statement.executeQuery().close();
                    }
                }
            }
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(
                            "select count(*) from pg_prepared_statements where statement = 'select $1::int'")) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt(1)).isOne();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"psycopg", "asyncpg"})
    void pythonDrivers(String driver) throws IOException {
        ClientProgram python =
                ClientProgram.find("python3 with " + driver, directory, List.of("python3"), "-c", "import " + driver);
        String script = Path.of("src/test/python/preparing.py").toAbsolutePath().toString();
        try (RunningProxy proxy = new RunningProxy(config(2, 2))) {
            ClientProgram.Outcome outcome =
                    python.run(script, driver, String.valueOf(proxy.proxy().port()));
            int right = driver.equals("psycopg") ? 24 * 60 : 24 * 61;
            assertThat(outcome.assertQuiet().out().strip())
                    .isEqualTo("right %1$d of %1$d prepared True".formatted(right));
        }
    }

    @Test
    void nodePostgres() throws IOException {
        ClientProgram node = NodePostgres.find();
        try (RunningProxy proxy = new RunningProxy(config(2, 2))) {
            ClientProgram.Outcome outcome =
                    node.run("preparing.js", String.valueOf(proxy.proxy().port()));
            assertThat(outcome.assertQuiet().out().strip()).isEqualTo("right 1440 of 1440 prepared true");
        }
    }
}
