package dev.spillway.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.spillway.server.configfile.ConfigLoader;
import dev.spillway.server.configfile.ConfigSource;
import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.LogTap;
import dev.spillway.testkit.PostgresFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pgbouncer.ini and its userlist.txt as they are, served to psql. */
class PgBouncerFileIT {
    private final Endpoint direct = PostgresFixture.embedded().endpoint();
    private final LogTap log = new LogTap();

    @TempDir
    private Path directory = Path.of("");

    private Path ini = Path.of("");
    private @Nullable ClientProgram psql;

    @BeforeEach
    void writeFiles() throws Exception {
        psql = ClientProgram.find("psql", directory, List.of("psql"), "--version");
        ini = directory.resolve("pgbouncer.ini");
        String md5 = PostgresFixture.PASSWORD + PostgresFixture.MD5_USER;
        Files.writeString(directory.resolve("userlist.txt"), """
            ; users of the tests
            "%s" "%s"
            "%s" "md5%s"
            "ada" "lovelace"
            """.formatted(
                PostgresFixture.SCRAM_USER,
                PostgresFixture.PASSWORD,
                PostgresFixture.MD5_USER,
                HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(md5.getBytes(UTF_8)))));
        write("");
    }

    @AfterEach
    void closeLog() {
        log.close();
    }

    private void write(String more) throws IOException {
        Files.writeString(ini, """
            ;; database name = connect string
            [databases]

            bench = host=127.0.0.1 port=%1$d
            ;; access to dest database will go with single user
            forcedb = host=127.0.0.1,localhost port=%1$d user=bench dbname=bench client_encoding=UNICODE timezone='Asia/Tokyo' \
            datestyle='German, DMY' connect_query='set work_mem to ''7MB''' pool_size=1
            ;; fallback, over the Unix socket
            * = port=%1$d user=bench auth_user=nobody

            [users]
            md5_user = pool_size=5 pool_mode=transaction

            [pgbouncer]
            logfile = /var/log/pgbouncer/pgbouncer.log
            pidfile = /var/run/pgbouncer/pgbouncer.pid
            job_name = bench
            listen_addr = localhost
            listen_port = 0
            unix_socket_dir = %2$s
            auth_type = md5
            auth_file = %3$s
            admin_users = ada, otheradmin
            server_check_delay = 0
            ignore_startup_parameters = extra_float_digits
            %4$s
            """.formatted(
                direct.port(), PostgresFixture.embeddedSocketDirectory(), directory.resolve("userlist.txt"), more));
    }

    private String ask(Proxy proxy, String user, String password, String database, String sql) {
        ClientProgram.Outcome outcome = Objects.requireNonNull(psql)
                .run(
                        Map.of("PGPASSWORD", password),
                        "-X",
                        "-A",
                        "-t",
                        "-d",
                        "postgresql://" + user + "@127.0.0.1:" + proxy.port() + "/" + database,
                        "-c",
                        sql);
        return outcome.exitCode() == 0 ? outcome.out().strip() : outcome.err().strip();
    }

    @Test
    void isServedAsPgbouncerServesIt() throws Exception {
        String scram = PostgresFixture.SCRAM_USER;
        String md5 = PostgresFixture.MD5_USER;
        Proxy proxy = start();
        try {
            assertThat(log.lines())
                    .anySatisfy(
                            line -> assertThat(line).endsWith("pgbouncer.ini: without effect in Spillway: job_name"));
            assertThat(ask(proxy, scram, PostgresFixture.PASSWORD, "bench", "select current_user"))
                    .isEqualTo(scram);
            assertThat(ask(proxy, md5, PostgresFixture.PASSWORD, "bench", "select current_user"))
                    .isEqualTo(md5);
            assertThat(ask(proxy, scram, "wrong", "bench", "select 1")).contains("FATAL");
            String settings =
                    "select concat_ws('|', current_user, current_setting('timezone'), current_setting('datestyle'),"
                            + " current_setting('work_mem'), pg_backend_pid())";
            String first = ask(proxy, "ada", "lovelace", "forcedb", settings);
            assertThat(first).startsWith("bench|Asia/Tokyo|German, DMY|7MB|");
            // The next session is checked with the empty query, and has the same server.
            assertThat(ask(proxy, scram, PostgresFixture.PASSWORD, "forcedb", settings))
                    .isEqualTo(first);
            assertThat(ask(
                            proxy,
                            "ada",
                            "lovelace",
                            "postgres",
                            "select current_database(), inet_server_addr() is null"))
                    .isEqualTo("postgres|t");
            assertThat(config(proxy))
                    .contains(
                            "pool_mode|session|", "query_wait_timeout|120|", "auth_type|md5|", "max_client_conn|100|");
        } finally {
            proxy.stop();
        }
        assertThat(log.defects()).isEmpty();
    }

    @Test
    void isReadAnewByReloadUnlessItIsWrong() throws Exception {
        Proxy proxy = start();
        try {
            write("default_pool_size = 7\nmax_client_con = 5");
            assertThat(ask(proxy, "ada", "lovelace", "pgbouncer", "reload"))
                    .contains("did you mean 'max_client_conn'?");
            assertThat(config(proxy)).contains("default_pool_size|20|");

            write("default_pool_size = 7\npool_mode = transaction");
            assertThat(ask(proxy, "ada", "lovelace", "pgbouncer", "reload")).isEqualTo("RELOAD");
            assertThat(config(proxy)).contains("default_pool_size|7|", "pool_mode|transaction|");

            write("");
            proxy.reload();
            await().untilAsserted(
                            () -> assertThat(config(proxy)).contains("default_pool_size|20|", "pool_mode|session|"));
        } finally {
            proxy.stop();
        }
    }

    private Proxy start() throws Exception {
        ConfigSource source = () -> ConfigLoader.load(ini, Map.of(), Map.of());
        return Proxy.start(source.load(), source);
    }

    private String config(Proxy proxy) {
        return ask(proxy, "ada", "lovelace", "pgbouncer", "show config");
    }
}
