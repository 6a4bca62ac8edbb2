package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.server.cli.SpillwayCommand;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.TestCertificates;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code spillway check} against a real PostgreSQL, from its command line to its exit code. */
class CheckIT {
    private static final PostgresFixture POSTGRES = PostgresFixture.embedded();
    private static final int PORT = POSTGRES.endpoint().port();

    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();

    @BeforeAll
    static void createRoles() {
        POSTGRES.execute("create role one_only login connection limit 1");
        POSTGRES.execute("create schema people; create function people.find(text) returns table(n text, p text)"
                + " language sql security definer as 'select rolname::text, rolpassword from pg_authid where rolname ="
                + " $1'; grant usage on schema people to plain_user");
    }

    @AfterAll
    static void dropRoles() {
        POSTGRES.execute("drop schema people cascade; drop role one_only");
    }

    @Test
    void databaseUrlThatIsRightIsGood() {
        assertThat(check(Map.of("DATABASE_URL", url("scram_user:sesame")), "--set", "reserve_pool_size=0"))
                .as(out.toString())
                .isZero();
        assertThat(out.toString())
                .contains("ok      127.0.0.1:" + PORT + ", database bench, user scram_user")
                .contains("PostgreSQL 18")
                .contains("max_connections 60, less 3 that are reserved")
                .endsWith("0 errors, 0 warnings\n")
                .doesNotContain("sesame");
    }

    @Test
    void wrongPasswordIsAnErrorInPostgresWords() {
        assertThat(check(Map.of("DATABASE_URL", url("scram_user:wrong")))).isEqualTo(2);
        assertThat(out.toString())
                .contains("error   127.0.0.1:" + PORT + ", database bench, user scram_user")
                .contains("password authentication failed for user \"scram_user\"");
    }

    @Test
    void nobodyWhoListensIsAnError() throws IOException {
        int free;
        try (ServerSocket socket = new ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        assertThat(check(Map.of("DATABASE_URL", "postgres://u:p@127.0.0.1:" + free + "/x"), "--json"))
                .isEqualTo(2);
        assertThat(out.toString()).contains("\"code\":\"unreachable\"").contains("refused");
    }

    @Test
    void databaseThatIsNotThereIsAnError() {
        assertThat(check(Map.of("DATABASE_URL", "postgres://plain_user:x@127.0.0.1:" + PORT + "/nowhere"), "--json"))
                .isEqualTo(2);
        assertThat(out.toString()).contains("\"code\":\"no_such_database\"");
    }

    @Test
    void poolsThatDoNotFitAreAWarningWithTheNumber() {
        assertThat(check(Map.of("DATABASE_URL", url("plain_user:x"), "DB_POOL_SIZE", "58"), "--json"))
                .isEqualTo(1);
        assertThat(out.toString()).contains("\"code\":\"pools_too_large\"");
        String number = out.toString().replaceAll("(?s).*set default_pool_size to (\\d+).*", "$1");
        assertThat(Integer.parseInt(number))
                .as("what is left by whoever else is connected at the moment")
                .isBetween(1, 57);

        assertThat(check(Map.of("DATABASE_URL", url("plain_user:x")), "--instances", "8", "--json"))
                .isEqualTo(1);
        assertThat(out.toString()).contains("in each of 8 proxies");
    }

    @Test
    void roleWithOneConnectionIsAWarningUnlessTheSettingAgrees() {
        Map<String, String> environment = Map.of("DATABASE_URL", url("one_only:x"));
        assertThat(check(environment)).isEqualTo(1);
        assertThat(out.toString())
                .contains("the CONNECTION LIMIT of role one_only is 1")
                .contains("set max_user_connections to 1");

        assertThat(check(environment, "--set", "max_user_connections=1"))
                .as(out.toString())
                .isZero();
    }

    @Test
    void fleetIsToldWhatItSharesAndWhatItLacks() throws Exception {
        Map<String, String> environment = Map.of("DATABASE_URL", url("plain_user:x"), "DB_MAX_OVERFLOW", "0");
        String[] fleet = {"--set", "fleet=checked", "--instances", "3", "--json"};
        try (Connection member = POSTGRES.jdbcAs(PostgresFixture.PLAIN_USER);
                Statement says = member.createStatement()) {
            says.execute("set application_name = 'spillway:checked:0a1b2c3d:1:1:1'");
            assertThat(check(environment, fleet)).as(out.toString()).isZero();
            assertThat(out.toString())
                    .contains(
                            "\"code\":\"fleet\"", "fleet checked", "of server_headroom", "1 instance speaks there now")
                    .contains("if all of 3 are busy each has ");
        }
        POSTGRES.execute("revoke execute on function pg_try_advisory_xact_lock(int, int) from public");
        POSTGRES.execute("alter role plain_user set track_activities = off");
        try {
            assertThat(check(environment, fleet)).isEqualTo(2);
            assertThat(out.toString()).contains("\"code\":\"fleet_lock\"", "track_activities is off", "No instance");
        } finally {
            POSTGRES.execute("grant execute on function pg_try_advisory_xact_lock(int, int) to public");
            POSTGRES.execute("alter role plain_user reset track_activities");
        }
        assertThat(check(Map.of("DATABASE_URL", url("one_only:x")), fleet)).isEqualTo(2);
        assertThat(out.toString()).contains("\"code\":\"fleet_limit\"", "ALTER ROLE one_only CONNECTION LIMIT 6");
    }

    @Test
    void serverWithoutTlsWhereItIsRequiredIsAnError() {
        assertThat(check(Map.of("DATABASE_URL", url("plain_user:x") + "?sslmode=require"), "--json"))
                .isEqualTo(2);
        assertThat(out.toString()).contains("\"code\":\"no_tls\"").contains("the server does not speak it");
    }

    @Test
    void serverWithTlsIsBelievedIfItsAuthorityIsKnown() {
        String url = "postgres://scram_user:sesame@localhost:"
                + PostgresFixture.withTls().endpoint().port() + "/bench?sslmode=verify-full";

        assertThat(check(
                        Map.of("DATABASE_URL", url + "&sslrootcert=" + TestCertificates.authority()),
                        "--set",
                        "reserve_pool_size=0"))
                .as(out.toString())
                .isZero();
        assertThat(out.toString()).contains("TLSv1.3");

        assertThat(check(Map.of("DATABASE_URL", url))).isEqualTo(2);
        assertThat(out.toString()).contains("certif");
    }

    @Test
    void pgbouncerIniWorksAsItIsAndItsDoubtsAreToldToo() throws IOException {
        Path users = Files.writeString(directory.resolve("userlist.txt"), "\"scram_user\" \"sesame\"\nbroken\n");
        Path file = Files.writeString(directory.resolve("pgbouncer.ini"), """
            [databases]
            shop = host=127.0.0.1 port=%d dbname=bench
            [pgbouncer]
            auth_type = scram-sha-256
            auth_file = %s
            job_name = x
            """.formatted(PORT, users));

        assertThat(check(Map.of(), "-c", file.toString())).as(out.toString()).isEqualTo(1);
        assertThat(out.toString())
                .contains("ok      127.0.0.1:" + PORT + ", database bench, user scram_user")
                .contains("without effect in Spillway: job_name")
                .contains("userlist.txt:2: ");
    }

    @Test
    void authQueryIsTriedWithTheRightsOfItsUser() throws IOException {
        String database =
                "[databases.shop]\nport = %d\ndbname = \"bench\"\nuser = \"scram_user\"\npassword = \"sesame\"\n"
                        .formatted(PORT);
        Path file = Files.writeString(
                directory.resolve("spillway.toml"), "auth_user = \"plain_user\"\nreserve_pool_size = 0\n" + database);

        assertThat(check(Map.of(), file.toString())).isEqualTo(2);
        assertThat(out.toString())
                .contains("auth_query fails: ERROR: permission denied for table pg_authid")
                .contains("SECURITY DEFINER");

        assertThat(check(Map.of(), file.toString(), "--set", "auth_query=SELECT * FROM people.find($1)"))
                .as(out.toString())
                .isZero();
    }

    @Test
    void statementsThatFailAreErrors() throws IOException {
        Path file = Files.writeString(directory.resolve("spillway.toml"), """
            server_check_query = "select 1/0"
            [databases.bench]
            port = %d
            user = "plain_user"
            connect_query = "set nonsense = 1"
            """.formatted(PORT));

        assertThat(check(Map.of(), file.toString(), "--set", "auth_type=trust")).isEqualTo(2);
        assertThat(out.toString())
                .contains("server_check_query fails: ERROR: division by zero")
                .contains("connect_query fails: ERROR: unrecognized configuration parameter");
    }

    @Test
    void unixSocketIsReachedLikeSpillwayReachesIt() throws IOException {
        Path file = Files.writeString(
                directory.resolve("spillway.toml"), """
                    reserve_pool_size = 0
                    auth_type = "trust"
                    [databases.bench]
                    host = "%s"
                    port = %d
                    user = "plain_user"
                    """.formatted(PostgresFixture.embeddedSocketDirectory(), PORT));

        assertThat(check(Map.of(), file.toString())).as(out.toString()).isZero();
        assertThat(out.toString()).contains("database bench, user plain_user").contains("PostgreSQL 18");
    }

    private static String url(String user) {
        return "postgres://" + user + "@127.0.0.1:" + PORT + "/bench";
    }

    private int check(Map<String, String> environment, String... arguments) {
        out.getBuffer().setLength(0);
        String[] all = new String[arguments.length + 1];
        all[0] = "check";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return SpillwayCommand.commandLine(
                        (config, source, options) -> 0,
                        CheckRun::run,
                        (wish, topOut, topErr) -> 0,
                        (demoOut, demoErr, isTerminal, stays) -> 0,
                        command -> 0,
                        environment)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(out, true))
                .execute(all);
    }
}
