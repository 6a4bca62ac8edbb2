package dev.spillway.server.configfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Problem;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.config.UserSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
    private static final String URL = "postgres://app:hush@db.example:5433/shop";
    private static final String VALID = """
        [databases.shop]
        [users.app]
        password = "hush"
        """;

    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();
    private final Map<String, String> overrides = new HashMap<>();
    private @Nullable Path file;

    @Test
    void databaseUrlAloneIsEnough() throws Exception {
        environment.put("DATABASE_URL", URL);

        ProxyConfig config = load();

        DatabaseConfig shop = database("shop");
        assertThat(config.databases().get("shop")).isEqualTo(shop);
        assertThat(config.databases().get("*")).isEqualTo(new DatabaseConfig("*", shop.values()));
        assertThat(config.users())
                .containsExactly(
                        Map.entry("app", UserConfig.named("app").with(UserSettings.PASSWORD, Secret.of("hush"))));
        assertThat(config.adminUsers()).containsExactly("app");
        assertThat(config.authType()).isEqualTo(AuthType.SCRAM_SHA_256);
    }

    @Test
    void emptyTableOfDatabasesSaysThatThereIsToBeNone() throws Exception {
        file("[databases]\n");
        assertThat(load().databases()).isEmpty();
        file("[users]\n");
        assertThat(problems()).singleElement().satisfies(p -> assertThat(p).contains("no database is configured"));
    }

    @Test
    void urlWithoutADatabaseMeansTheUsersOwn() throws Exception {
        environment.put("DATABASE_URL", "postgres://app:hush@db");
        assertThat(load().databases()).containsOnlyKeys("app", "*");
    }

    @Test
    void urlWithoutAPasswordIsRefusedUnlessNobodyNeedsOne() throws Exception {
        environment.put("DATABASE_URL", "postgres://app@db/shop");
        assertThat(problems())
                .singleElement()
                .satisfies(p -> assertThat(p)
                        .startsWith("environment variable DATABASE_URL: no password of any client is known")
                        .contains("SPILLWAY_AUTH_TYPE=trust"));

        environment.put("SPILLWAY_AUTH_TYPE", "trust");
        assertThat(load().users()).containsOnlyKeys("app");
    }

    @Test
    void urlReplacesTheAddressOfItsDatabaseAsAWhole() throws Exception {
        file("""
            [databases.shop]
            host = "old"
            port = 1
            dbname = "old"
            user = "old"
            password = "old"
            pool_size = 3
            [databases.other]
            host = "other"
            """);
        environment.put("DATABASE_URL", "postgres://app@db.example/shop");
        environment.put("SPILLWAY_AUTH_TYPE", "trust");

        ProxyConfig config = load();

        assertThat(config.databases().get("shop"))
                .isEqualTo(DatabaseConfig.named("shop")
                        .with(DatabaseSettings.HOST, "db.example")
                        .with(DatabaseSettings.USER, "app")
                        .with(DatabaseSettings.POOL_SIZE, 3));
        assertThat(config.databases()).containsOnlyKeys("shop", "other", "*");
    }

    @Test
    void fallbackAndAdministratorsOfAFileStay() throws Exception {
        file("""
            admin_users = ["root"]
            [databases."*"]
            host = "elsewhere"
            """);
        environment.put("DATABASE_URL", URL);

        ProxyConfig config = load();

        assertThat(config.adminUsers()).containsExactly("root");
        assertThat(config.databases().get("*"))
                .isEqualTo(DatabaseConfig.named("*").with(DatabaseSettings.HOST, "elsewhere"));
        assertThat(config.databases().get("shop")).isEqualTo(database("shop"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sslmode=disable", "sslmode=allow", "sslmode=prefer", "application_name=x"})
    void harmlessParameterOfTheUrlIsAccepted(String parameter) throws Exception {
        environment.put("DATABASE_URL", URL + "?" + parameter);
        assertThat(load().databases()).containsKey("shop");
    }

    @ParameterizedTest
    @CsvSource({
        "sslmode=yes, unknown sslmode",
        "ssl_mode=disable, did you mean 'sslmode'?",
        "options=-csearch_path%3Dx, unknown parameter 'options' of DATABASE_URL",
        "connect_timeout=soon, server_connect_timeout must be"
    })
    void otherParameterOfTheUrlIsRefused(String parameter, String expected) {
        environment.put("DATABASE_URL", URL + "?" + parameter);
        assertThat(problems())
                .singleElement()
                .satisfies(p -> assertThat(p)
                        .startsWith("environment variable DATABASE_URL: ")
                        .contains(expected));
    }

    @Test
    void tlsOfTheUrlIsThatOfItsDatabasesAndItsFilesAreForAll() throws Exception {
        environment.put("DATABASE_URL", URL + "?sslmode=verify-full&sslrootcert=ca.pem&sslcert=own.pem&sslkey=own.key");
        ProxyConfig config = load();
        assertThat(config.databases().values())
                .hasSize(2)
                .allSatisfy(database -> assertThat(config.sslmodeOf(database)).isEqualTo(SslMode.VERIFY_FULL));
        assertThat(config.tls().serverTlsSslmode()).as("of other databases").isEqualTo(SslMode.PREFER);
        assertThat(config.tls().serverTlsCaFile()).isEqualTo("ca.pem");
        assertThat(config.tls().serverTlsCertFile()).isEqualTo("own.pem");
        assertThat(config.tls().serverTlsKeyFile()).isEqualTo("own.key");

        environment.put("DATABASE_URL", URL + "?sslmode=require&sslrootcert=system");
        assertThat(load().tls().serverTlsCaFile()).as("what the system trusts").isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "client_tls_sslmode = 'prefer'; client_tls_sslmode needs client_tls_key_file",
                "client_tls_sslmode = 'prefer'; client_tls_sslmode needs client_tls_cert_file",
                "client_tls_sslmode = 'verify-ca'; client_tls_sslmode needs client_tls_ca_file",
                "server_tls_key_file = 'x'; server_tls_key_file needs server_tls_cert_file",
                "server_tls_cert_file = 'x'; server_tls_cert_file needs server_tls_key_file",
                "auth_type = 'cert'; auth_type 'cert' needs client_tls_sslmode 'verify-full', not 'disable'",
                "server_tls_protocols = 'tlsv1.2:!all'; server_tls_protocols leaves no version of TLS",
            })
    void tlsThatLacksSomethingIsRefused(String line, String expected) {
        file(line.replace('\'', '"') + "\n[databases.app]\n");
        assertThat(problems()).anySatisfy(problem -> assertThat(problem).contains(expected));
    }

    @Test
    void connectTimeoutOfTheUrlIsThatOfServers() throws Exception {
        environment.put("DATABASE_URL", URL + "?connect_timeout=3");
        assertThat(load().serverConnectTimeout()).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void malformedUrlIsOneProblem() {
        environment.put("DATABASE_URL", "postgres://u:hush@h:x/d");
        assertThat(problems()).singleElement().satisfies(p -> assertThat(p).doesNotContain("hush"));
    }

    @Test
    void nothingAtAllIsAProblemWithARemedy() {
        assertThat(problems()).singleElement().satisfies(p -> assertThat(p).contains("set DATABASE_URL="));
    }

    @Test
    void strongerLayersWin() throws Exception {
        environment.put("DATABASE_URL", URL);
        file("default_pool_size = 1\nreserve_pool_size = 1\nserver_lifetime = 1\nmax_client_conn = 1\n");
        environment.put("DB_POOL_SIZE", "2");
        environment.put("DB_MAX_OVERFLOW", "2");
        environment.put("DB_POOL_RECYCLE", "2");
        environment.put("SPILLWAY_DEFAULT_POOL_SIZE", "3");
        environment.put("SPILLWAY_RESERVE_POOL_SIZE", "3");
        overrides.put("default_pool_size", "4");

        ProxyConfig config = load();

        assertThat(config.maxClientConn()).isEqualTo(1);
        assertThat(config.serverLifetime()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.reservePoolSize()).isEqualTo(3);
        assertThat(config.defaultPoolSize()).isEqualTo(4);
    }

    @Test
    void variablesOfOtherPoolsMeanOurSettings() throws Exception {
        environment.put("DATABASE_URL", URL);
        environment.put("DB_POOL_TIMEOUT", "12");
        assertThat(load().queryWaitTimeout()).isEqualTo(Duration.ofSeconds(12));
    }

    @Test
    void whatOtherPoolsSayInTheirOwnWayIsUnderstoodOrRefused() throws Exception {
        environment.put("DATABASE_URL", URL);
        environment.put("DB_POOL_SIZE", "");
        environment.put("DB_MAX_OVERFLOW", " 7 ");
        environment.put("DB_POOL_RECYCLE", "-1");

        assertThat(load().defaultPoolSize()).isEqualTo(20);
        assertThat(load().reservePoolSize()).isEqualTo(7);
        assertThat(load().serverLifetime()).isEqualTo(Duration.ofDays(365));

        environment.put("DB_POOL_TIMEOUT", "0.0");
        environment.put("DB_POOL_SIZE", "0");
        environment.put("DB_MAX_OVERFLOW", "-1");
        assertThat(problems())
                .hasSize(3)
                .anySatisfy(p -> assertThat(p).contains("DB_POOL_TIMEOUT: 0 is 'do not wait'"))
                .anySatisfy(p -> assertThat(p).contains("DB_POOL_SIZE: default_pool_size must be"))
                .anySatisfy(p -> assertThat(p).contains("DB_MAX_OVERFLOW: reserve_pool_size must be"));
    }

    @Test
    void overflowThatWouldComeTooLateIsRefused() {
        environment.put("DATABASE_URL", URL);
        environment.put("DB_POOL_TIMEOUT", "5");

        assertThat(problems()).singleElement().asString().contains("DB_POOL_TIMEOUT: the reserve would never be used");

        environment.put("SPILLWAY_RESERVE_POOL_TIMEOUT", "4.9");
        assertThatCode(this::load).doesNotThrowAnyException();
    }

    @Test
    void variableThatIsOverriddenIsToldUnlessItSaysTheSame() throws Exception {
        environment.put("DATABASE_URL", URL);
        environment.put("DB_POOL_SIZE", "50");
        environment.put("SPILLWAY_DEFAULT_POOL_SIZE", "30");
        environment.put("DB_MAX_OVERFLOW", "9");
        environment.put("SPILLWAY_RESERVE_POOL_SIZE", "9");
        environment.put("DB_POOL_TIMEOUT", "12");
        overrides.put("query_wait_timeout", "13");
        List<String> doubts = new ArrayList<>();

        ConfigLoader.loadQuietly(file, environment, overrides, doubts::add);

        assertThat(doubts)
                .containsExactly(
                        "DB_POOL_SIZE=50 has no effect: SPILLWAY_DEFAULT_POOL_SIZE is 30",
                        "DB_POOL_TIMEOUT=12 has no effect: --set query_wait_timeout is 13");
    }

    @Test
    void everyNotationOfTomlIsUnderstood() throws Exception {
        file("""
            listen_addr = ["10.0.0.1", "::1"]
            admin_users = "a, b"
            listen_port = 1
            query_wait_timeout = 7.5
            server_lifetime = "2h"
            server_idle_timeout = 0
            log_connections = false
            log_disconnections = 0
            pool_mode = "session"
            auth_file = ""
            """ + VALID);

        ProxyConfig config = load();

        assertThat(config.listenAddr()).containsExactly("10.0.0.1", "::1");
        assertThat(config.adminUsers()).containsExactly("a", "b");
        assertThat(config.listenPort()).isEqualTo(1);
        assertThat(config.queryWaitTimeout()).isEqualTo(Duration.ofMillis(7500));
        assertThat(config.serverLifetime()).isEqualTo(Duration.ofHours(2));
        assertThat(config.serverIdleTimeout()).isEqualTo(Duration.ZERO);
        assertThat(config.log().logConnections()).isFalse();
        assertThat(config.log().logDisconnections()).isFalse();
        assertThat(config.poolMode()).isEqualTo(PoolMode.SESSION);
        assertThat(config.authFile()).isNull();
    }

    @Test
    void allProblemsOfAllPlacesAreReportedWithTheirLines() {
        file("""
            # comment
            defalt_pool_size = 5
            listen_port = "6432"

            stats_users = [1]
            max_client_conn = 1979-05-27
            database = 1
            [databases.shop]
            prot = 1
            server_idle_timeout = 3
            [databases]
            x = 1
            [user.x]
            [users.app.y]
            """);
        environment.put("SPILLWAY_LISTEN_PROT", "1");
        environment.put("DB_POOL_SIZE", "many");
        environment.put("SPILLWAY_CONFIG", "known");
        overrides.put("lisen_port", "1");

        List<String> lines = problems().stream()
                .map(p -> p.replace(String.valueOf(file), "f"))
                .toList();

        assertThat(lines)
                .anySatisfy(p -> assertThat(p).startsWith("f:2: unknown setting 'defalt_pool_size': did you mean"));
        assertThat(lines)
                .anySatisfy(p ->
                        assertThat(p).startsWith("f:3: listen_port must be").endsWith("not a string"));
        assertThat(lines).anySatisfy(p -> assertThat(p).startsWith("f:5: 'stats_users' must have strings"));
        assertThat(lines).anySatisfy(p -> assertThat(p).startsWith("f:6: 'max_client_conn' must not be a date"));
        assertThat(lines).anySatisfy(p -> assertThat(p).startsWith("f:7: unknown setting 'database'"));
        assertThat(lines).anySatisfy(p -> assertThat(p).startsWith("f:9: unknown setting 'prot' in [databases.shop]"));
        assertThat(lines)
                .anySatisfy(p -> assertThat(p).startsWith("f:10: setting 'server_idle_timeout' does not belong"));
        assertThat(lines).anySatisfy(p -> assertThat(p).startsWith("f:12: 'x' must be a table [databases.x]"));
        assertThat(lines)
                .anySatisfy(p -> assertThat(p).startsWith("f:13: unknown table 'user': did you mean 'users'?"));
        assertThat(lines).anySatisfy(p -> assertThat(p).startsWith("f:14: 'y' must be a value"));
        assertThat(lines)
                .contains(
                        "environment variable SPILLWAY_LISTEN_PROT: unknown variable 'SPILLWAY_LISTEN_PROT': did you"
                                + " mean 'SPILLWAY_LISTEN_PORT'?",
                        "command line option --set lisen_port: unknown setting 'lisen_port': did you mean"
                                + " 'listen_port'?");
        assertThat(lines)
                .anySatisfy(p -> assertThat(p).startsWith("environment variable DB_POOL_SIZE: default_pool_size"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "password = hush",
                "password = \"hush",
                "password hush",
                "[users.app]\npassword = 'hush\n",
                "password = hush\nlisten_port = = 1",
                "listen_port = 1\nlisten_port = 2",
                "password = \"hu\\qhush\""
            })
    void syntaxErrorIsReportedWithItsLineAndWithoutTheText(String text) {
        file(text);

        assertThat(problems())
                .isNotEmpty()
                .allSatisfy(p -> assertThat(p)
                        .matches("(?s).*spillway\\.toml:[0-9]+: .*")
                        .doesNotContain("hush"));
    }

    @Test
    void missingFileIsOneProblem() {
        file = directory.resolve("missing.toml");
        assertThat(problems())
                .singleElement()
                .satisfies(p -> assertThat(p).endsWith("missing.toml: cannot be read: there is no such file"));
    }

    @Test
    void fileThatIsNoTextIsOneProblem() throws IOException {
        file = Files.write(directory.resolve("binary.toml"), new byte[] {(byte) 0xff});
        assertThat(problems())
                .singleElement()
                .satisfies(p -> assertThat(p).endsWith("binary.toml: cannot be read: it is not UTF-8 text"));
    }

    @Test
    void badValueOfATableNamesTheTable() throws IOException {
        file("[databases.\"*\"]\nhost = 5\n[databases.app]\nport = 0\n[users.bob]\npool_mode = \"x\"\n");
        assertThat(problems())
                .anySatisfy(p -> assertThat(p)
                        .contains(":2: host in [databases.*] must be ")
                        .endsWith("not a whole number"))
                .anySatisfy(p -> assertThat(p).contains(":4: port in [databases.app] must be "))
                .anySatisfy(p -> assertThat(p).contains(":6: pool_mode in [users.bob] must be "));
    }

    private static DatabaseConfig database(String name) {
        return DatabaseConfig.named(name)
                .with(DatabaseSettings.HOST, "db.example")
                .with(DatabaseSettings.PORT, 5433)
                .with(DatabaseSettings.USER, "app")
                .with(DatabaseSettings.PASSWORD, Secret.of("hush"));
    }

    private void file(String text) {
        try {
            file = Files.writeString(directory.resolve("spillway.toml"), text);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private ProxyConfig load() throws ConfigException {
        return ConfigLoader.load(file, environment, overrides);
    }

    private List<String> problems() {
        try {
            throw new AssertionError("no problem found: " + load());
        } catch (ConfigException e) {
            return Objects.requireNonNull(e.problems()).stream()
                    .map(Problem::toString)
                    .toList();
        }
    }
}
