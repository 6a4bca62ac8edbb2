package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.NodePostgres;
import dev.spillway.testkit.PostgresFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs that people use, unmodified, on the proxy. */
class RealClientsIT {
    private static final int PGBENCH_CLIENTS = 50;
    private static final int PGBENCH_TRANSACTIONS = Boolean.getBoolean("spillway.test.thorough") ? 200 : 10;

    private final PostgresFixture postgres = PostgresFixture.shared();
    private final Endpoint direct = postgres.endpoint();

    @TempDir
    private Path directory = Path.of("");

    private Proxy start(PoolMode mode, int poolSize) throws IOException {
        DatabaseConfig database = DatabaseConfig.named(ProxyConfig.FALLBACK).with(DatabaseSettings.PORT, direct.port());
        return Proxy.start(ProxyConfig.defaults()
                .with(Settings.LISTEN_PORT, 0)
                .with(Settings.AUTH_TYPE, AuthType.TRUST)
                .with(Settings.POOL_MODE, mode)
                .with(Settings.DEFAULT_POOL_SIZE, poolSize)
                .with(Settings.RESERVE_POOL_SIZE, 0)
                .with(Settings.QUERY_WAIT_NOTIFY, Duration.ZERO) // pgbench prints what it is told
                .with(Settings.SHUTDOWN_TIMEOUT, Duration.ofSeconds(1))
                .with(database));
    }

    private static String url(Proxy proxy) {
        return "postgresql://bench@127.0.0.1:" + proxy.port() + "/bench";
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void psqlRunsAScript(PoolMode mode) throws IOException {
        ClientProgram psql = ClientProgram.find("psql", directory, List.of("psql"), "--version");
        Files.writeString(directory.resolve("script.sql"), """
            drop table if exists psql_rows;
            create table psql_rows (id int primary key, v text);
            begin;
            insert into psql_rows select n, 'row ' || n from generate_series(1, 10) n;
            commit;
            \\copy psql_rows from in.csv csv
            select count(*), sum(id) from psql_rows;
            select 1/0;
            select 'after the error';
            select 'one' \\; select 'two' \\; select 'three';
            begin;
            delete from psql_rows;
            rollback;
            \\copy (select * from psql_rows order by id) to out.csv csv
            select count(*) from psql_rows;
            """);
        List<String> rows =
                IntStream.rangeClosed(11, 5000).mapToObj(n -> n + ",row " + n).toList();
        Files.write(directory.resolve("in.csv"), rows);

        Proxy proxy = start(mode, 1);
        ClientProgram.Outcome outcome;
        try {
            outcome = psql.run("-X", "-q", "-A", "-t", "-d", url(proxy), "-f", "script.sql");
        } finally {
            proxy.stop();
        }

        outcome.assertSuccess();
        assertThat(outcome.err().lines().filter(line -> !line.contains("NOTICE:  table \"psql_rows\" does not exist")))
                .containsExactly("psql:script.sql:8: ERROR:  division by zero");
        assertThat(outcome.out().lines())
                .containsExactly("5000|12502500", "after the error", "one", "two", "three", "5000");
        assertThat(Files.readAllLines(directory.resolve("out.csv")))
                .isEqualTo(IntStream.rangeClosed(1, 5000)
                        .mapToObj(n -> n + ",row " + n)
                        .toList());
    }

    @ParameterizedTest
    @CsvSource({
        "TRANSACTION, simple",
        "TRANSACTION, extended",
        "SESSION, simple",
        "SESSION, extended",
        "SESSION, prepared",
        "TRANSACTION, prepared",
    })
    void pgbenchKeepsItsBooksInOrder(PoolMode mode, String protocol) throws IOException {
        ClientProgram pgbench = ClientProgram.find("pgbench", directory, List.of("pgbench"), "--version");
        // pgbench waits for each PREPARE with the whole thread: where clients keep a server, each needs its own
        Proxy proxy = start(mode, protocol.equals("prepared") ? PGBENCH_CLIENTS : 5);
        ClientProgram.Outcome outcome;
        try {
            ClientProgram.Outcome made = pgbench.run("-i", "-s", "1", "-q", url(proxy));
            assertThat(made.assertSuccess().err()).doesNotContainIgnoringCase("error", "fatal", "warn");
            outcome = pgbench.run(
                    "-n", "-c" + PGBENCH_CLIENTS, "-j2", "-t" + PGBENCH_TRANSACTIONS, "-M" + protocol, url(proxy));
        } finally {
            proxy.stop();
        }

        int all = PGBENCH_CLIENTS * PGBENCH_TRANSACTIONS;
        assertThat(outcome.assertQuiet().out())
                .contains("query mode: " + protocol)
                .contains("number of transactions actually processed: " + all + "/" + all);
        assertThat(postgres.queryOne("select count(*) from pgbench_history")).isEqualTo(String.valueOf(all));
        assertThat(postgres.queryOne("""
            select (select sum(abalance) from pgbench_accounts) = s
               and (select sum(tbalance) from pgbench_tellers) = s
               and (select sum(bbalance) from pgbench_branches) = s
              from (select sum(delta) s from pgbench_history) h
            """)).as("all sums are the same").isEqualTo("t");
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void nodePostgresWorksWithAPoolOfItsOwn(PoolMode mode) throws IOException {
        ClientProgram node = NodePostgres.find();
        Proxy proxy = start(mode, mode == PoolMode.SESSION ? 20 : 5);
        try {
            ClientProgram.Outcome outcome = node.run("clients.js", String.valueOf(proxy.port()));
            assertThat(outcome.assertQuiet().out())
                    .isEqualToIgnoringWhitespace(
                            "{\"parameters\":200,\"transactions\":{\"count\":30,\"sum\":1200},\"error\":\"22012 then"
                                    + " 7\",\"stream\":{\"count\":20000,\"sum\":200010000},\"clients\":20}");
        } finally {
            proxy.stop();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SESSION", "TRANSACTION"})
    void psycopg2Works(PoolMode mode) throws IOException {
        ClientProgram python =
                ClientProgram.find("python3 with psycopg2", directory, List.of("python3"), "-c", "import psycopg2");
        String script = Path.of("src/test/python/clients.py").toAbsolutePath().toString();
        Proxy proxy = start(mode, 5);
        try {
            ClientProgram.Outcome outcome = python.run(script, String.valueOf(proxy.port()));
            assertThat(outcome.assertQuiet().out().lines())
                    .containsExactly(
                            "parameters (42, \"it's\")",
                            "rows (1500, 1124250)",
                            "copied out 1500",
                            "error 22012",
                            "cursor 12502500",
                            "threads 20");
        } finally {
            proxy.stop();
        }
    }
}
