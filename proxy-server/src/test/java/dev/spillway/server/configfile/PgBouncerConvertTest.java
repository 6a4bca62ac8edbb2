package dev.spillway.server.configfile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.ProxyConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** What convert prints is loaded as the same configuration. */
class PgBouncerConvertTest {
    @Test
    void anExampleAsPeopleHaveIt() throws Exception {
        String toml = convertedToTheSame("""
            ;; redirect bardb to bazdb on localhost
            [databases]
            bardb = host=localhost dbname=bazdb
            forcedb = host=localhost port=300 user=baz password=foo client_encoding=UNICODE connect_query='SELECT 1'
            nondefaultdb = pool_size=50 reserve_pool_size=10 auth_user=bar
            * = host=testserver
            [users]
            user1 = pool_size=5 reserve_pool_size=2 pool_mode=transaction max_user_connections=10
            [pgbouncer]
            logfile = /var/log/pgbouncer/pgbouncer.log
            job_name = shop
            listen_addr = localhost
            auth_type = md5
            auth_file = /etc/pgbouncer/userlist.txt
            admin_users = user2, someadmin
            """);
        assertThat(toml)
                .contains("\n# Without effect in Spillway:\n#   job_name: shop\n")
                .contains("\nlogfile = \"/var/log/pgbouncer/pgbouncer.log\"\n")
                .contains("\nlog_format = \"pgbouncer\"\n")
                .contains("\nauth_user = \"bar\"\n")
                .contains("\npool_mode = \"session\"\n")
                .contains("\nadmin_users = [\"user2\", \"someadmin\"]\n")
                .contains("\n[databases.forcedb]\n")
                .contains("\npassword = \"foo\"\n")
                .contains("\n[databases.\"*\"]\n")
                .doesNotContain("To be looked at");
    }

    @Test
    void anExampleWithLoginsOfAllKinds() throws Exception {
        String toml = convertedToTheSame("""
            [databases]
            shop = host=db auth_user=asker auth_dbname=logins auth_query='select * from user_lookup($1)'
            logins = host=db
            [pgbouncer]
            auth_type = hba
            auth_hba_file = /etc/pgbouncer/hba.conf
            auth_ident_file = /etc/pgbouncer/ident.conf
            auth_user = other
            auth_query = select usename, passwd from pg_shadow where usename = $1
            """);
        assertThat(toml)
                .contains(
                        "\nauth_type = \"hba\"\n",
                        "\nauth_hba_file = \"/etc/pgbouncer/hba.conf\"\n",
                        "\nauth_ident_file = \"/etc/pgbouncer/ident.conf\"\n",
                        "\nauth_user = \"other\"\n",
                        "\nauth_query = \"select usename, passwd from pg_shadow where usename = $1\"\n",
                        "\nauth_user = \"asker\"\n",
                        "\nauth_dbname = \"logins\"\n",
                        "\nauth_query = \"select * from user_lookup($1)\"\n")
                .doesNotContain("Without effect");
    }

    @Test
    void anExampleWithoutADatabase() throws Exception {
        assertThat(convertedToTheSame("[databases]\n[pgbouncer]\n"))
                .endsWith("\n[databases]\n")
                .contains("no database is configured");
    }

    @Property(tries = 200)
    void anyFile(@ForAll("files") String ini) throws Exception {
        convertedToTheSame(ini);
    }

    @Provide
    Arbitrary<String> files() {
        return Combinators.combine(
                        lines(name(), databasePairs()),
                        lines(name(), userPairs()),
                        settings().list().ofMaxSize(12))
                .as((databases, users, settings) -> "[databases]\nalways = host=h\n" + databases + "[users]\n" + users
                        + "[pgbouncer]\n" + String.join("\n", settings) + "\nauth_type = trust");
    }

    private static Arbitrary<String> lines(Arbitrary<String> names, Arbitrary<String> values) {
        return Combinators.combine(names, values)
                .as((name, value) -> name + " = " + value + "\n")
                .list()
                .ofMaxSize(4)
                .map(lines -> String.join("", lines));
    }

    private static Arbitrary<String> name() {
        return Arbitraries.oneOf(
                Arbitraries.of(
                        "*", "a.b", "x-y", "1", "\"with \"\"quotes\"\"\"", "'back\\slash'", "\"\u00e9 # [x]\"", "'\t'"),
                Arbitraries.strings().withCharRange('a', 'z').ofMinLength(1).ofMaxLength(3));
    }

    private static Arbitrary<String> databasePairs() {
        return pairs(List.of(
                Arbitraries.of("host=db1", "host=db1,db2,db1", "host=/run/x", "host=@abstract"),
                Arbitraries.of(
                        "port=1", "user=u", "pool_size=0", "pool_size=9", "pool_mode=statement", "server_lifetime=5"),
                Arbitraries.of("reserve_pool=4", "query_wait_timeout=99", "max_db_connections=8", "timezone=UTC"),
                text("dbname"),
                text("connect_query"),
                text("user").flatMap(user -> text("password").map(password -> user + " " + password))));
    }

    private static Arbitrary<String> userPairs() {
        return pairs(List.of(
                Arbitraries.of("pool_mode=session", "pool_size=3", "reserve_pool_size=0", "max_user_connections=4"),
                Arbitraries.of("query_timeout=6", "client_idle_timeout=1", "query_wait_timeout=0")));
    }

    private static Arbitrary<String> pairs(List<Arbitrary<String>> kinds) {
        return Arbitraries.oneOf(kinds).list().ofMaxSize(5).map(pairs -> String.join(" ", pairs));
    }

    /** Of all characters that can stand in a line; those that are no characters are refused. */
    private static Arbitrary<String> text(String key) {
        return Arbitraries.strings()
                .withCharRange('\u0001', '\u02ff')
                .excludeChars('\n')
                .ofMinLength(1)
                .ofMaxLength(5)
                .map(value -> key + "='" + value.replace("'", "''") + "'");
    }

    private static Arbitrary<String> settings() {
        return Arbitraries.oneOf(
                Arbitraries.integers().between(6000, 65_535).map(port -> "listen_port = " + port),
                Arbitraries.doubles().between(0, 400).ofScale(6).map(seconds -> "query_timeout = " + seconds),
                Arbitraries.integers().between(0, 1 << 20).map(seconds -> "server_lifetime = " + seconds),
                Arbitraries.integers().between(0, 1).map(flag -> "server_round_robin = " + flag),
                Arbitraries.of("default_pool_size = 0", "pool_mode = transaction", "unix_socket_mode = 0750"),
                Arbitraries.of("admin_users = a, b  c,", "listen_addr = *", "listen_addr =", "auth_file = x y"),
                Arbitraries.of(
                        "server_reset_query =", "server_check_query = select 'a\\b', \"c\"", "job_name = x\u0001y"),
                Arbitraries.of("server_check_delay = 0", "transport = nio", "[databases]\nz =\n[pgbouncer]"));
    }

    private static String convertedToTheSame(String ini) throws Exception {
        Path directory = Files.createTempDirectory("convert");
        Path from = directory.resolve("pgbouncer.ini");
        Path to = directory.resolve("spillway.toml");
        try {
            Files.writeString(from, ini);
            ProxyConfig wanted = ConfigLoader.load(from, Map.of(), Map.of());
            String toml = ConfigLoader.convert(from);
            Files.writeString(to, toml);
            assertThat(ConfigLoader.load(to, Map.of(), Map.of())).as(toml).isEqualTo(wanted);
            assertThat(toml.lines().filter(line -> line.startsWith("#")).collect(Collectors.joining()))
                    .as("comments")
                    .doesNotContain("\u0001");
            return toml;
        } finally {
            delete(from, to, directory);
        }
    }

    private static void delete(Path... files) throws IOException {
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
