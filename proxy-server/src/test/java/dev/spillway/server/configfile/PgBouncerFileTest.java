package dev.spillway.server.configfile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.ConfigException;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.LoadBalanceHosts;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.Problem;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.UserConfig;
import dev.spillway.testkit.LogTap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PgBouncerFileTest {
    @TempDir
    Path directory;

    private final Map<String, String> environment = new HashMap<>();

    @Test
    void defaultsArePgbouncers() throws Exception {
        ProxyConfig config = load("[pgbouncer]\n");

        ProxyConfig none = ProxyConfig.defaults();
        assertThat(Settings.show(config))
                .filteredOn(row -> !row.value().equals(row.defaultValue()))
                .extracting(row -> row.key() + " = " + row.value())
                .containsExactly(
                        "auth_type = md5",
                        "listen_addr = ",
                        "listen_backlog = 128",
                        "log_format = pgbouncer",
                        "log_stats = 1",
                        "max_client_conn = 100",
                        "pool_mode = session",
                        "query_wait_timeout = 120",
                        "query_wait_timeout_fatal = 1",
                        "reserve_pool_size = 0",
                        "server_check_query = ;",
                        "server_lifetime = 3600",
                        "syslog_ident = pgbouncer",
                        "unix_socket_dir = /tmp");
        assertThat(config.databases()).isEmpty();
        assertThat(none.poolMode()).isNotEqualTo(config.poolMode());
    }

    @Test
    void everySettingIsThereOnceAndItsDefaultIsOneOfItsValues() throws Exception {
        assertThat(PgBouncerSettings.ALL)
                .hasSize(100)
                .extracting(PgBouncerSetting::name)
                .isSorted()
                .doesNotHaveDuplicates();
        for (PgBouncerSetting setting : PgBouncerSettings.ALL) {
            String text = setting.defaultText();
            if (text != null) {
                assertThat(setting.translate(text)).as(setting.name()).isNotNull();
            }
        }
    }

    @Test
    void databasesUsersAndSettingsAreRead() throws Exception {
        ProxyConfig config = load("""
            [databases]
            plain = host=db.example
            full = host=a,b,a port=5433 dbname=real user=app password='it''s' pool_size=50 min_pool_size=2 \
            reserve_pool=3 pool_mode=Statement connect_query='select 1; select ''2''' query_wait_timeout=7 \
            max_db_connections=60 max_db_client_connections=90 server_lifetime=30 load_balance_hosts=disable
            "Odd ""name"" x" =
            * = host=/run/pg port=7

            [users]
            app = pool_mode=transaction pool_size=5 reserve_pool_size=2 max_user_connections=10 \
            max_user_client_connections=20 query_timeout=1 transaction_timeout=2 idle_transaction_timeout=3 \
            client_idle_timeout=4 query_wait_timeout=0
            other =

            [pgbouncer]
            listen_addr = 127.0.0.1, ::1,
            listen_port = 0x1920
            unix_socket_dir = /run/socket
            unix_socket_mode = 0700
            admin_users = ada, bob  cy
            query_timeout = .5
            log_connections = 0
            tcp_defer_accept = 45
            lanes = 2
            [peers]
            1 = host=other port=6433 pool_size=3
            """);

        assertThat(database(config, "plain"))
                .isEqualTo(DatabaseConfig.named("plain").with(host(), "db.example"));
        DatabaseConfig full = database(config, "full");
        assertThat(full.hosts()).containsExactly("a", "b");
        assertThat(full.port()).isEqualTo(5433);
        assertThat(full.dbname()).isEqualTo("real");
        assertThat(full.user()).isEqualTo("app");
        assertThat(full.password()).isEqualTo(Secret.of("it's"));
        assertThat(full.poolSize()).isEqualTo(50);
        assertThat(full.minPoolSize()).isEqualTo(2);
        assertThat(full.reservePoolSize()).isEqualTo(3);
        assertThat(full.poolMode()).isEqualTo(PoolMode.STATEMENT);
        assertThat(full.connectQuery()).isEqualTo("select 1; select '2'");
        assertThat(full.queryWaitTimeout()).isEqualTo(Duration.ofSeconds(7));
        assertThat(full.maxDbConnections()).isEqualTo(60);
        assertThat(full.maxDbClientConnections()).isEqualTo(90);
        assertThat(full.serverLifetime()).isEqualTo(Duration.ofSeconds(30));
        assertThat(full.loadBalanceHosts()).isEqualTo(LoadBalanceHosts.DISABLE);
        assertThat(database(config, "Odd \"name\" x").host()).isEqualTo("/run/socket");
        assertThat(database(config, "any").host()).isEqualTo("/run/pg");

        UserConfig app = Objects.requireNonNull(config.users().get("app"));
        assertThat(app.poolMode()).isEqualTo(PoolMode.TRANSACTION);
        assertThat(app.poolSize()).isEqualTo(5);
        assertThat(app.reservePoolSize()).isEqualTo(2);
        assertThat(app.maxUserConnections()).isEqualTo(10);
        assertThat(app.maxUserClientConnections()).isEqualTo(20);
        assertThat(app.queryTimeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(app.transactionTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(app.idleTransactionTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(app.clientIdleTimeout()).isEqualTo(Duration.ofSeconds(4));
        assertThat(app.queryWaitTimeout()).isZero();
        assertThat(config.users().get("other")).isEqualTo(UserConfig.named("other"));

        assertThat(config.listenAddr()).containsExactly("127.0.0.1", "::1");
        assertThat(config.listenPort()).isEqualTo(6432);
        assertThat(config.unixSocketMode()).isEqualTo(0700);
        assertThat(config.adminUsers()).containsExactly("ada", "bob", "cy");
        assertThat(config.queryTimeout()).isEqualTo(Duration.ofMillis(500));
        assertThat(config.log().logConnections()).isFalse();
        assertThat(config.tcpDeferAccept()).isTrue();
        assertThat(config.lanes()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "listen_port = 010, 8",
        "unix_socket_mode = 448, 0700",
        "default_pool_size = 0, 262143",
        "query_timeout = 1e2, 100",
        "query_timeout = 0.0000019, 0.000001",
        "server_lifetime = 999999999, 31536000",
        "server_check_delay = 0, 0.000001",
        "server_check_query =, ''",
        "server_check_query = <empty>, ;",
        "so_reuseport = 2, 1",
        "auth_type = TRUST, trust",
        "unix_socket_dir =, ''"
    })
    void valuesMeanWhatTheyMeanToPgbouncer(String line, String shown) throws Exception {
        ProxyConfig config = load("[pgbouncer]\nlisten_addr = *\n" + line + "\n");
        String name = line.substring(0, line.indexOf(' '));
        assertThat(Settings.show(config))
                .filteredOn(row -> row.key().equals(name))
                .extracting(Settings.ShowRow::value)
                .containsExactly(shown);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pool_size=-1",
                "min_pool_size=-1",
                "reserve_pool_size=-1",
                "query_wait_timeout=-1",
                "max_db_connections=0",
                "max_db_client_connections=0",
                "server_lifetime=0"
            })
    void numbersThatSayNothingLeaveTheGlobalOneInForce(String pair) throws Exception {
        assertThat(database(load("[databases]\na = host=h " + pair + "\n[pgbouncer]\n"), "a"))
                .isEqualTo(DatabaseConfig.named("a").with(host(), "h"));
    }

    @Test
    void whatPgbouncerAsksForAtLoginIsAskedForByTheConnectQuery() throws Exception {
        ProxyConfig config = load("""
            [databases]
            a = host=h client_encoding=UNICODE datestyle='ISO, DMY' timezone='it''s' application_name=x connect_query='select 1'
            [pgbouncer]
            """);
        assertThat(database(config, "a").connectQuery())
                .isEqualTo("SET client_encoding TO 'UNICODE'; SET datestyle TO 'ISO, DMY'; SET timezone TO 'it''s';"
                        + " SET application_name TO 'x'; select 1");
    }

    @Test
    void laterValuesReplaceEarlierOnesAndASecondSectionBeginsAnew() throws Exception {
        ProxyConfig config = load("""
            [pgbouncer]
            max_client_conn = 7
            auth_file = list
            [databases]
            a = host=one pool_size=3
            [pgbouncer]
            default_pool_size = 4
            default_pool_size = 5
            [databases]
            a = host=two
            """);
        assertThat(config.maxClientConn()).isEqualTo(100);
        assertThat(config.authFile()).isEqualTo("list");
        assertThat(config.defaultPoolSize()).isEqualTo(5);
        assertThat(database(config, "a")).isEqualTo(DatabaseConfig.named("a").with(host(), "two"));
    }

    @Test
    void includedFilesAreReadInTheirPlace() throws Exception {
        Path more = write("more.ini", "max_client_conn = 8\n[databases]\na = host=h\n");
        ProxyConfig config = load("[pgbouncer]\n%include " + more + "\nb = host=h\n");
        assertThat(config.maxClientConn()).isEqualTo(8);
        assertThat(config.databases()).containsOnlyKeys("a", "b");

        write("more.ini", "[pgbouncer]\nmax_client_con = 8\n");
        assertThat(problems("[pgbouncer]\n%include " + more + "\n%include missing.ini\n"))
                .containsExactlyInAnyOrder(
                        more + ":2: unknown setting 'max_client_con' in [pgbouncer]: did you mean 'max_client_conn'?",
                        "pgbouncer.ini:3: the included missing.ini cannot be read: there is no such file");

        write("more.ini", "%include " + more);
        assertThat(problems("[pgbouncer]\n%include " + more))
                .containsExactly(more + ":1: files include each other too deeply here");
    }

    @Test
    void everyProblemIsReportedAtOnceAndWhereItIs() {
        assertThat(problems("""
            first = 1
            [database]
            x = host=h
            [databases]
            a = host=h pol_size=3
            b = password=hush secret
            c = host=h port=0
            pgbouncer = host=h
            [pgbouncer]
            nonsense
            pool_mod = session
            listen_port = 6432x
            query_timeout = 5min
            log_connections = yes
            pool_mode = pool
            auth_type = hba
            server_tls_protocols = tlsv1.2,tlsv9
            client_tls_sslmode = on
            [peers]
            x = host=h
            1 = prt=1
            """))
                .allSatisfy(problem ->
                        assertThat(problem).startsWith("pgbouncer.ini:").doesNotContain("hush"))
                .extracting(problem -> problem.replaceFirst("pgbouncer.ini:([0-9]+): ", "$1 "))
                .satisfiesExactlyInAnyOrder(
                        p -> assertThat(p).isEqualTo("1 'first' stands before every section"),
                        p -> assertThat(p).isEqualTo("2 unknown section 'database': did you mean 'databases'?"),
                        p -> assertThat(p)
                                .isEqualTo("5 unknown setting 'pol_size' of database 'a': did you mean 'pool_size'?"),
                        p -> assertThat(p).startsWith("6 database 'b' must have KEY=VALUE pairs"),
                        p -> assertThat(p).startsWith("7 port in [databases.c] must be"),
                        p -> assertThat(p).startsWith("8 database 'pgbouncer' cannot be configured"),
                        p -> assertThat(p).startsWith("10 expected KEY = VALUE"),
                        p -> assertThat(p)
                                .isEqualTo("11 unknown setting 'pool_mod' in [pgbouncer]: did you mean 'pool_mode'?"),
                        p -> assertThat(p).isEqualTo("12 listen_port must be a whole number, not '6432x'"),
                        p -> assertThat(p).isEqualTo("13 query_timeout must be a number of seconds, not '5min'"),
                        p -> assertThat(p).isEqualTo("14 log_connections must be a whole number, not 'yes'"),
                        p -> assertThat(p).startsWith("15 pool_mode must be one of session"),
                        p -> assertThat(p).isEqualTo("16 auth_type 'hba' needs auth_hba_file, which is not set"),
                        p -> assertThat(p).startsWith("17 server_tls_protocols must be a list of tlsv1.0"),
                        p -> assertThat(p).startsWith("18 client_tls_sslmode must be one of disable"),
                        p -> assertThat(p).startsWith("20 peer 'x' must have a number"),
                        p -> assertThat(p).startsWith("21 unknown setting 'prt' of peer 1: did you mean 'port'?"),
                        p -> assertThat(p).isEqualTo("21 peer 1 has no host"));
    }

    @Test
    void fileWithoutTheMainSectionIsRefused() {
        assertThat(problems("[databases]\na = host=h\n")).containsExactly("pgbouncer.ini: has no section [pgbouncer]");
        assertThat(problems("[databases]\na =\n[pgbouncer]\nlisten_addr=*\nunix_socket_dir=\n"))
                .containsExactly(
                        "pgbouncer.ini:2: database 'a' has no host, and there is no unix_socket_dir in which its"
                                + " server could be");
    }

    @Test
    void otherCharactersThanUtf8MayStandInCommentsOnly() throws Exception {
        Path file = directory.resolve("pgbouncer.ini");
        Files.write(file, "[pgbouncer]\n; é\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(ConfigLoader.load(file, Map.of(), Map.of()).databases()).isEmpty();
        Files.write(file, "[pgbouncer]\n[databases]\né = host=h\n'é' = host=h".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(problems(file)).hasSize(2).last().isEqualTo(file + ":4: this is not UTF-8 text");
    }

    @Test
    void whatHasNoEffectIsLoggedInOneLineAndWhatIsStrangeInOneEach() throws Exception {
        try (LogTap log = new LogTap()) {
            load("""
                [databases]
                a = host=h auth_user=u password=hush pool_size=2x
                b = host=h min_pool_size=5 max_db_connections=2
                [pgbouncer]
                auth_type = trust
                job_name = shop
                syslog = 0
                resolv_conf =
                client_tls_sslmode = disable
                server_tls_sslmode = prefer
                disable_pqexec = 1
                auth_user = u
                tcp_keepalive = 0
                tcp_keepidle = 3
                [peers]
                1 = host=h
                """);
            assertThat(log.lines())
                    .satisfiesExactly(
                            line -> assertThat(line)
                                    .endsWith("pgbouncer.ini:2: pool_size of database 'a' is read as 2, not as '2x'"),
                            line -> assertThat(line).contains("pgbouncer.ini:14: ", "tcp_keepidle", "have no effect"),
                            line -> assertThat(line).contains("database 'b' is to keep 5 servers"),
                            line -> assertThat(line)
                                    .endsWith("pgbouncer.ini: without effect in Spillway: peer 1, job_name,"
                                            + " disable_pqexec, password of database 'a'"));
            assertThat(log.lines().toString()).doesNotContain("hush");
        }
    }

    @Test
    void everySettingIsAcceptedAndWhatWeDoNotHaveIsNeverSilent() throws Exception {
        StringBuilder text = new StringBuilder("[pgbouncer]\nlisten_addr = *\n");
        for (PgBouncerSetting setting : PgBouncerSettings.ALL) {
            String any = setting.name().equals("auth_ldap_options") ? "ldapserver=h ldapprefix=u" : "1";
            String value = Objects.requireNonNullElse(setting.defaultText(), any);
            text.append(setting.name())
                    .append(" = ")
                    .append(value.equals("0") ? "7" : value)
                    .append('\n');
        }
        List<String> ours = Settings.global().stream().map(Setting::name).toList();
        try (LogTap log = new LogTap()) {
            load(text.append("listen_addr = *\nauth_type = trust\nreserve_pool_size = 0\nmin_pool_size = 0\n")
                    .toString());
            String line = log.lines().getLast();
            Stream<String> others = PgBouncerSettings.ALL.stream()
                    .filter(setting -> !"".equals(setting.defaultText()))
                    .map(PgBouncerSetting::name)
                    .filter(name -> !ours.contains(name));
            assertThat(others)
                    .isNotEmpty()
                    .allSatisfy(name -> assertThat(line).containsPattern("[ ,]" + name + "(,|$)"));
        }
    }

    @Test
    void environmentOverridesItAsItDoesOtherFiles() throws Exception {
        environment.put("SPILLWAY_POOL_MODE", "transaction");
        environment.put("DATABASE_URL", "postgres://app:hush@db/shop");
        ProxyConfig config =
                load("[databases]\n* = host=h\nshop = host=old pool_size=3\n[pgbouncer]\nadmin_users = root\n");
        assertThat(config.poolMode()).isEqualTo(PoolMode.TRANSACTION);
        assertThat(config.adminUsers()).containsExactly("root");
        assertThat(database(config, "shop").host()).isEqualTo("db");
        assertThat(database(config, "other").host()).isEqualTo("h");
        assertThat(config.authType()).isEqualTo(AuthType.MD5);
    }

    @ParameterizedTest
    @CsvSource({
        "pgbouncer.INI, pool_mode = 1, true",
        "conf, '; x\n\n  [pgbouncer]', true",
        "conf, '[databases] ; x', true",
        "conf, '%include x', true",
        "conf, 'a = 1\n[databases]', false",
        "conf, '[databases.app]', false",
        "conf, '', false",
        "x.toml, '[databases]', false"
    })
    void isKnownByItsNameOrItsFirstLine(String name, String text, boolean isOne) throws IOException {
        assertThat(PgBouncerFile.isOne(write(name, text))).isEqualTo(isOne);
        assertThat(PgBouncerFile.isOne(directory.resolve("missing"))).isFalse();
    }

    @Test
    void missingFileIsReported() {
        assertThat(problems(directory.resolve("no.ini")))
                .containsExactly(directory.resolve("no.ini") + ": cannot be read: there is no such file");
    }

    private static Setting<String> host() {
        return DatabaseSettings.HOST;
    }

    private static DatabaseConfig database(ProxyConfig config, String name) {
        return Objects.requireNonNull(config.database(name));
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private ProxyConfig load(String text) throws Exception {
        return ConfigLoader.load(write("pgbouncer.ini", text), environment, Map.of());
    }

    private List<String> problems(String text) {
        try {
            Path file = write("pgbouncer.ini", text);
            return problems(file).stream()
                    .map(problem -> problem.replace(file.toString(), "pgbouncer.ini"))
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private List<String> problems(Path file) {
        try {
            throw new AssertionError("it was accepted: " + ConfigLoader.load(file, environment, Map.of()));
        } catch (ConfigException e) {
            return e.problems().stream().map(Problem::toString).toList();
        }
    }
}
