package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs whose sessions are full of state say the same on a direct connection and in transaction mode, where a stranger uses the same
 * servers meanwhile, who never meets any of it.
 */
class StateProgramsIT {
    private static final String LOOKS =
            "select concat_ws('|', current_user, session_user, current_setting('search_path'),"
                    + " current_setting('work_mem'), current_setting('timezone'), current_setting('datestyle'),"
                    + " current_setting('default_transaction_isolation'), current_setting('row_security'),"
                    + " coalesce(current_setting('app.tenant', true), ''), (select count(*) from pg_class where"
                    + " relnamespace = pg_my_temp_schema()), (select count(*) from pg_cursors), (select count(*) from"
                    + " pg_prepared_statements where from_sql), (select count(*) from pg_listening_channels()), (select"
                    + " count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory'))";

    private static final Pattern RELEASE = Pattern.compile("\\) (\\d+)[.\\w]*");

    @TempDir
    private Path directory = Path.of("");

    /** Uses the servers of a proxy again and again, and looks whether they are clean. */
    private static final class Stranger implements AutoCloseable {
        private final AtomicBoolean isOver = new AtomicBoolean();
        private final CompletableFuture<Integer> looks = new CompletableFuture<>();

        Stranger(Endpoint through) {
            Thread.ofVirtual().start(() -> {
                try (WireClient client = WireClient.connect(through)) {
                    String before = client.queryOne(LOOKS);
                    int count = 0;
                    while (!isOver.get()) {
                        assertThat(client.queryOne(LOOKS)).isEqualTo(before);
                        client.query("set work_mem = '5MB'; set role plain_user");
                        client.query("reset all; reset role");
                        count++;
                    }
                    looks.complete(count);
                } catch (IOException | AssertionError e) {
                    looks.completeExceptionally(e);
                }
            });
        }

        @Override
        public void close() {
            isOver.set(true);
            try {
                assertThat(looks.get()).isPositive();
            } catch (InterruptedException | ExecutionException e) {
                throw new AssertionError(e.getCause());
            }
        }
    }

    /** What a program does with a connection to whatever is there. */
    @FunctionalInterface
    private interface Use {
        String on(Endpoint endpoint) throws IOException;
    }

    private static void compare(int servers, Use use) throws IOException {
        PostgresFixture postgres = PostgresFixture.shared();
        String expected = use.on(postgres.endpoint());
        assertThat(through(postgres, servers, use)).isEqualTo(expected);
    }

    private static String through(PostgresFixture postgres, int servers, Use use) throws IOException {
        Endpoint direct = postgres.endpoint();
        ProxyConfig config = RunningProxy.config(direct.port(), PoolMode.TRANSACTION, servers)
                .with(Settings.QUERY_WAIT_NOTIFY, Duration.ZERO); // which programs would print
        try (RunningProxy proxy = new RunningProxy(config);
                Stranger stranger = new Stranger(direct.withPort(proxy.proxy().port()))) {
            assertThat(stranger).isNotNull();
            return use.on(direct.withPort(proxy.proxy().port()));
        }
    }

    private static String url(Endpoint endpoint, String database) {
        return "postgresql://bench@127.0.0.1:" + endpoint.port() + "/" + database;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void psqlRunsAScriptOfAllKindsOfStatements(int servers) throws IOException {
        ClientProgram psql = ClientProgram.find("psql", directory, List.of("psql"), "--version");
        Files.copy(Path.of("src/test/sql/session.sql"), directory.resolve("session.sql"));
        compare(servers, endpoint -> {
            ClientProgram.Outcome outcome =
                    psql.run("-X", "-a", "-d", url(endpoint, endpoint.database()), "-f", "session.sql");
            assertThat(outcome.exitCode()).as(outcome.err()).isZero();
            return outcome.out() + outcome.err();
        });
    }

    @Test
    void sqlAlchemyAndItsPoolOfConnections() throws IOException {
        ClientProgram python = ClientProgram.find(
                "python3 with SQLAlchemy and psycopg2",
                directory,
                List.of("python3"),
                "-c",
                "import psycopg2, sqlalchemy");
        String script = Path.of("src/test/python/pooling.py").toAbsolutePath().toString();
        compare(3, endpoint -> {
            String out = python.run(script, String.valueOf(endpoint.port()))
                    .assertQuiet()
                    .out();
            assertThat(out).contains("pool events 240 of 240", "stream 12502500");
            return out;
        });
    }

    @Test
    void pgDumpAndPgRestore() throws IOException {
        ClientProgram dump = ClientProgram.find("pg_dump", directory, List.of("pg_dump"), "--version");
        ClientProgram restore = ClientProgram.find("pg_restore", directory, List.of("pg_restore"), "--version");
        PostgresFixture postgres = PostgresFixture.ofRelease(release(dump));
        Endpoint direct = postgres.endpoint();
        makeDatabase(postgres);
        String expected = dumped(dump, direct, "dumped");
        through(postgres, 8, endpoint -> {
            assertThat(dumped(dump, endpoint, "dumped")).isEqualTo(expected);
            dump.run("-Fd", "-j3", "-f", "archive", "-d", url(endpoint, "dumped"))
                    .assertQuiet();
            for (String how : List.of("-j3", "--single-transaction", "--use-set-session-authorization")) {
                postgres.execute("drop database if exists restored with (force)");
                postgres.execute("create database restored");
                postgres.execute("grant create on database restored to " + PostgresFixture.PLAIN_USER);
                restore.run(how, "-d", url(endpoint, "restored"), "archive").assertQuiet();
                assertThat(dumped(dump, direct, "restored")).as(how).isEqualTo(expected);
            }
            return "";
        });
        postgres.execute("drop database restored with (force)");
        postgres.execute("drop database dumped with (force)");
    }

    private static void makeDatabase(PostgresFixture postgres) throws IOException {
        postgres.execute("drop database if exists dumped with (force)");
        postgres.execute("create database dumped");
        try (WireClient client = WireClient.connect(postgres.endpoint().withDatabase("dumped"))) {
            assertThat(client.query(Files.readString(Path.of("src/test/sql/dumped.sql"))))
                    .noneMatch(message -> message.is('E'));
        }
    }

    /** Newer releases of pg_dump mark a dump with a random word, which is no part of the database. */
    private static String dumped(ClientProgram dump, Endpoint endpoint, String database) {
        String text =
                dump.run("-Fp", "-d", url(endpoint, database)).assertQuiet().out();
        assertThat(text).contains("CREATE TABLE shop.\"Order\"", "PostgreSQL database dump complete");
        return text.lines()
                .filter(line -> !line.startsWith("\\restrict") && !line.startsWith("\\unrestrict"))
                .reduce("", (all, line) -> all + line + '\n');
    }

    private static int release(ClientProgram dump) {
        String version = dump.run("--version").out();
        Matcher matcher = RELEASE.matcher(version);
        assertThat(matcher.find()).as(version).isTrue();
        int release = Integer.parseInt(matcher.group(1));
        if (release < 15) {
            throw ClientProgram.absent("pg_dump is too old for a supported PostgreSQL: " + version);
        }
        return release;
    }
}
