package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.LookupSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.config.UserSettings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients whose users are known to PostgreSQL alone. */
class AuthQueryIT {
    private static final PostgresFixture POSTGRES = PostgresFixture.shared();
    private static final String SCRAM_USER = PostgresFixture.SCRAM_USER;
    private static final String MD5_USER = PostgresFixture.MD5_USER;
    private static final String PASSWORD = PostgresFixture.PASSWORD;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** It does not end while somebody has the lock for himself. */
    private static final String HELD_UP =
            "select rolname, rolpassword from pg_authid," + " pg_advisory_xact_lock_shared(4711) where rolname = $1";

    private static final String IS_HELD_UP =
            "select count(*) from pg_stat_activity where wait_event = 'advisory' and query like '%4711%'";

    private final Endpoint direct = POSTGRES.endpoint();

    private ProxyConfig config(AuthType authType) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2)
                .with(Settings.AUTH_TYPE, authType)
                .with(Settings.LANES, 2)
                .with(LookupSettings.AUTH_USER, PostgresFixture.SUPERUSER);
    }

    private static DatabaseConfig database(String name) {
        return DatabaseConfig.named(name)
                .with(DatabaseSettings.PORT, POSTGRES.endpoint().port())
                .with(DatabaseSettings.DBNAME, PostgresFixture.DATABASE);
    }

    private Endpoint through(RunningProxy proxy, String user) {
        return direct.withPort(proxy.proxy().port()).withUser(user);
    }

    private static String ask(Endpoint endpoint, String password, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(endpoint.jdbcUrl() + "&password=" + password);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static String whoAmI(Endpoint endpoint, String password) throws SQLException {
        return ask(endpoint, password, "select current_user");
    }

    private static void assertRefused(Endpoint endpoint, String password) {
        assertThatThrownBy(() -> whoAmI(endpoint, password))
                .hasMessage("FATAL: password authentication failed for user \"" + endpoint.user() + '"');
    }

    /** A client that has sent its startup packet. */
    private static WireClient begin(Endpoint endpoint) throws IOException {
        WireClient client = WireClient.open(endpoint, LIMIT);
        client.send(Messages.startup(
                Messages.PROTOCOL_3_0, Map.of("user", endpoint.user(), "database", endpoint.database())));
        return client;
    }

    /** The first that a client is told. */
    private static BackendMessage first(Endpoint endpoint) throws IOException {
        try (WireClient client = begin(endpoint)) {
            return client.readMessage();
        }
    }

    private static Connection holdUp() throws SQLException {
        Connection holder = POSTGRES.jdbc();
        try (Statement statement = holder.createStatement()) {
            statement.execute("select pg_advisory_lock(4711)");
        }
        return holder;
    }

    private static void awaitHeldUp(int count) {
        await().untilAsserted(() -> assertThat(POSTGRES.queryOne(IS_HELD_UP)).isEqualTo(Integer.toString(count)));
    }

    // ---- who is found ----------------------------------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({
        "SCRAM_SHA_256, scram_user",
        "MD5, scram_user",
        "MD5, md5_user",
        "PLAIN, scram_user",
        "PLAIN, md5_user",
        "TRUST, md5_user"
    })
    void logsInByThePasswordAtPostgresAndToIt(AuthType authType, String user) throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(authType))) {
            Endpoint through = through(proxy, user);
            assertThat(whoAmI(through, PASSWORD)).isEqualTo(user);
            if (authType != AuthType.TRUST) {
                assertRefused(through, "wrong");
                assertRefused(through.withUser("nobody"), PASSWORD);
            }
            assertThat(whoAmI(through, PASSWORD)).isEqualTo(user);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void whoIsTrustedHasToBeThere() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(AuthType.TRUST))) {
            assertThat(whoAmI(through(proxy, PostgresFixture.PLAIN_USER), "")).isEqualTo(PostgresFixture.PLAIN_USER);
            assertThatThrownBy(() -> whoAmI(through(proxy, "nobody"), ""))
                    .hasMessage("FATAL: \"trust\" authentication failed for user \"nobody\": no such user");
        }
    }

    @Test
    void configuredPasswordGoesFirst() throws Exception {
        ProxyConfig config = config(AuthType.SCRAM_SHA_256)
                .with(database("forced").with(DatabaseSettings.USER, PostgresFixture.SUPERUSER))
                .with(UserConfig.named(SCRAM_USER).with(UserSettings.PASSWORD, Secret.of("other")));
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = through(proxy, SCRAM_USER).withDatabase("forced");
            assertThat(whoAmI(through, "other")).isEqualTo(PostgresFixture.SUPERUSER);
            assertRefused(through, PASSWORD);
        }
    }

    @Test
    void expiredPasswordIsNone() throws Exception {
        POSTGRES.createUser("was_here", PASSWORD, "scram-sha-256");
        POSTGRES.execute("alter role was_here valid until 'yesterday'");
        try (RunningProxy proxy = new RunningProxy(config(AuthType.SCRAM_SHA_256))) {
            assertRefused(through(proxy, "was_here"), PASSWORD);
            POSTGRES.execute("alter role was_here valid until 'infinity' nologin");
            assertRefused(through(proxy, "was_here"), PASSWORD);
            POSTGRES.execute("alter role was_here login");
            assertThat(whoAmI(through(proxy, "was_here"), PASSWORD)).isEqualTo("was_here");
        } finally {
            POSTGRES.execute("drop role was_here");
        }
    }

    @Test
    void documentedFunctionAnswers() throws Exception {
        POSTGRES.execute("""
            create or replace function user_lookup(in i_username text, out uname text, out phash text) returns record as $$
            begin
                select rolname, case when rolvaliduntil < now() then null else rolpassword end from pg_authid
                where rolname = i_username and rolcanlogin into uname, phash;
                return;
            end $$ language plpgsql security definer set search_path = pg_catalog, pg_temp;
            """);
        ProxyConfig config = config(AuthType.SCRAM_SHA_256)
                .with(LookupSettings.AUTH_USER, PostgresFixture.PLAIN_USER)
                .with(LookupSettings.AUTH_QUERY, "select * from user_lookup($1)");
        try (RunningProxy proxy = new RunningProxy(config)) {
            assertThat(whoAmI(through(proxy, SCRAM_USER), PASSWORD)).isEqualTo(SCRAM_USER);
            assertRefused(through(proxy, "nobody"), PASSWORD); // a row of NULLs
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"SCRAM_SHA_256", "MD5", "PLAIN"})
    void whoIsNotThereIsAskedAsThoseWhoAre(AuthType authType) throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(authType).with(Settings.LANES, 1))) {
            String scram = first(through(proxy, SCRAM_USER)).trace();
            assertThat(first(through(proxy, "nobody")).trace()).isEqualTo(scram);
            int md5 = first(through(proxy, MD5_USER)).body()[3];
            assertThat((int) first(through(proxy, "nobody")).body()[3]).isEqualTo(md5);
        }
    }

    @Test
    void whoIsNotThereHasOneSaltOnEveryLane() throws Exception {
        ProxyConfig config = config(AuthType.SCRAM_SHA_256).with(LookupSettings.SCRAM_ITERATIONS, 5000);
        try (RunningProxy proxy = new RunningProxy(config)) {
            Set<String> salts = new HashSet<>();
            for (int i = 0; i < 8; i++) {
                salts.add(salt(through(proxy, "nobody")));
            }
            assertThat(salts).singleElement().asString().endsWith(",i=5000");
        }
    }

    private static String salt(Endpoint endpoint) throws IOException {
        byte[] first = "n,,n=,r=nonce".getBytes(StandardCharsets.US_ASCII);
        byte[] mechanism = "SCRAM-SHA-256\0".getBytes(StandardCharsets.US_ASCII);
        try (WireClient client = begin(endpoint)) {
            client.readMessage();
            client.send(Messages.raw(
                    'p',
                    ByteBuffer.allocate(mechanism.length + 4 + first.length)
                            .put(mechanism)
                            .putInt(first.length)
                            .put(first)
                            .array()));
            String serverFirst = client.readMessage().text();
            return serverFirst.substring(serverFirst.indexOf(",s="));
        }
    }

    // ---- where it is asked -----------------------------------------------------------------------------------------

    @Test
    void oneDatabasesWordIsNothingToAnother() throws Exception {
        ProxyConfig config = config(AuthType.SCRAM_SHA_256)
                .with(database("a")
                        .with(DatabaseSettings.USER, PostgresFixture.PLAIN_USER)
                        .with(DatabaseSettings.AUTH_QUERY, "select $1::text, 'in_a'"))
                .with(database("b")
                        .with(DatabaseSettings.USER, PostgresFixture.PLAIN_USER)
                        .with(DatabaseSettings.AUTH_QUERY, "select $1::text, 'in_b'"));
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint a = through(proxy, "alice").withDatabase("a");
            assertThat(whoAmI(a, "in_a")).isEqualTo(PostgresFixture.PLAIN_USER);
            assertRefused(a.withDatabase("b"), "in_a");
            assertThat(whoAmI(a.withDatabase("b"), "in_b")).isEqualTo(PostgresFixture.PLAIN_USER);
            assertRefused(a, "in_b");
        }
    }

    @Test
    void anotherDatabaseIsAskedAndConsoleClientsToo() throws Exception {
        ProxyConfig config = config(AuthType.SCRAM_SHA_256)
                .with(LookupSettings.AUTH_DBNAME, "logins")
                .with(Settings.ADMIN_USERS, Set.of(SCRAM_USER))
                .with(database("logins"))
                .with(database("own").with(DatabaseSettings.AUTH_DBNAME, "nowhere_own"))
                .with(database("nowhere_own").with(DatabaseSettings.DBNAME, "nowhere"));
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = through(proxy, SCRAM_USER);
            assertThat(ask(through.withDatabase("postgres"), PASSWORD, "select current_database()"))
                    .isEqualTo("postgres");
            assertThatThrownBy(() -> whoAmI(through.withDatabase("own"), PASSWORD))
                    .hasMessageContaining("bouncer config error");
            Endpoint console = through.withDatabase("pgbouncer");
            assertThat(first(console).body()[3]).isEqualTo((byte) 10);
            try (Connection admin = DriverManager.getConnection(console.jdbcUrl()
                            + "&preferQueryMode=simple&assumeMinServerVersion=12&password=" + PASSWORD);
                    Statement statement = admin.createStatement()) {
                statement.execute("disable logins");
                assertThatThrownBy(() -> whoAmI(through, PASSWORD))
                        .hasMessageContaining("authentication database \"logins\" is disabled");
                statement.execute("enable logins");
                assertThat(whoAmI(through, PASSWORD)).isEqualTo(SCRAM_USER);
            }
        }
    }

    @Test
    void databaseThatIsNotThereIsSaidToBeNotThereAndAServerThatIsNotWithoutItsName() throws Exception {
        ProxyConfig config = config(AuthType.SCRAM_SHA_256)
                .with(Settings.FAIL_FAST, true)
                .with(database("down").with(DatabaseSettings.PORT, 1))
                .with(database("alias").with(DatabaseSettings.DBNAME, "internal_name"));
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = through(proxy, SCRAM_USER);
            assertThatThrownBy(() -> whoAmI(through.withDatabase("nowhere"), PASSWORD))
                    .hasMessage("FATAL: database \"nowhere\" does not exist");
            assertThatThrownBy(() -> whoAmI(through.withDatabase("down"), PASSWORD))
                    .hasMessage("FATAL: no server connection to look the user up with (auth_query)");
            assertThatThrownBy(() -> whoAmI(through.withDatabase("alias"), PASSWORD))
                    .hasMessage("FATAL: bouncer config error: the user could not be looked up (auth_query)");
        }
    }

    @Test
    void databaseThatIsNotConfiguredIsNotAsked() throws Exception {
        ProxyConfig config = new ProxyConfig(config(AuthType.SCRAM_SHA_256).values(), Map.of(), Map.of())
                .with(database("app").with(DatabaseSettings.AUTH_DBNAME, "missing"))
                .with(database("plain"));
        try (RunningProxy proxy = new RunningProxy(config)) {
            assertThatThrownBy(() -> whoAmI(through(proxy, SCRAM_USER).withDatabase("app"), PASSWORD))
                    .hasMessageContaining("bouncer config error");
            assertThat(proxy.log().lines())
                    .anyMatch(line -> line.contains("authentication database \"missing\" is not configured."));
            assertRefused(through(proxy, SCRAM_USER).withDatabase("unknown"), PASSWORD);
            assertRefused(through(proxy, SCRAM_USER).withDatabase("pgbouncer"), PASSWORD);
        }
    }

    @Test
    void serversOfAForcedUserAreNotThoseThatAreAsked() throws Exception {
        ProxyConfig config = config(AuthType.SCRAM_SHA_256)
                .with(database("forced").with(DatabaseSettings.USER, PostgresFixture.PLAIN_USER));
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint forced = through(proxy, SCRAM_USER).withDatabase("forced");
            for (int i = 0; i < 4; i++) {
                assertThat(whoAmI(forced, PASSWORD)).isEqualTo(PostgresFixture.PLAIN_USER);
                proxy.proxy().reload();
            }
            assertThat(proxy.log().lines())
                    .filteredOn(line -> line.contains("server opened"))
                    .hasSizeLessThan(5);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    // ---- what is kept of it ----------------------------------------------------------------------------------------

    @Test
    void changedPasswordCountsFromTheNextLoginOn() throws Exception {
        POSTGRES.execute("set password_encryption = 'scram-sha-256'; alter role " + SCRAM_USER + " password 'first'");
        try (RunningProxy proxy = new RunningProxy(config(AuthType.SCRAM_SHA_256))) {
            Endpoint through = through(proxy, SCRAM_USER);
            assertThat(whoAmI(through, "first")).isEqualTo(SCRAM_USER);
            POSTGRES.execute(
                    "set password_encryption = 'scram-sha-256'; alter role " + SCRAM_USER + " password 'second'");
            assertRefused(through, "first");
            endServers(proxy, SCRAM_USER);
            assertThat(whoAmI(through, "second")).isEqualTo(SCRAM_USER);
        } finally {
            POSTGRES.execute("set password_encryption = 'scram-sha-256'; alter role " + SCRAM_USER + " password '"
                    + PASSWORD + "'");
        }
    }

    @Test
    void newServersAreOpenedForWhoIsThere() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(AuthType.SCRAM_SHA_256))) {
            Endpoint through = through(proxy, SCRAM_USER);
            String url = through.jdbcUrl() + "&prepareThreshold=0&password=" + PASSWORD;
            try (Connection connection = DriverManager.getConnection(url);
                    Statement statement = connection.createStatement()) {
                String before = pid(statement);
                endServers(proxy, SCRAM_USER);
                assertThat(pid(statement)).isNotEqualTo(before);
            }
        }
    }

    private static String pid(Statement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery("select pg_backend_pid()")) {
            rows.next();
            return rows.getString(1);
        }
    }

    /** Ends the servers of {@code user}, and returns when the proxy knows. */
    private static void endServers(RunningProxy proxy, String user) {
        POSTGRES.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = '" + user + "'");
        await().untilAsserted(() -> assertThat(proxy.log().lines())
                .anyMatch(line -> line.contains("server closed") && line.contains("/" + user + " ")));
    }

    // ---- how many, and how long ------------------------------------------------------------------------------------

    @Test
    void aHundredClientsShareTheServersThatAreAsked() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config(AuthType.SCRAM_SHA_256));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Endpoint through = through(proxy, SCRAM_USER);
            List<Callable<String>> logins = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                logins.add(() -> whoAmI(through, PASSWORD));
            }
            for (Future<String> login : threads.invokeAll(logins)) {
                assertThat(login.get()).isEqualTo(SCRAM_USER);
            }
            assertThat(proxy.log().lines())
                    .filteredOn(line -> line.contains("server opened"))
                    .hasSizeLessThanOrEqualTo(4);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void serverThatIsLostMeanwhileFailsTheLoginAndNothingElse() throws Exception {
        ProxyConfig config = config(AuthType.SCRAM_SHA_256).with(LookupSettings.AUTH_QUERY, HELD_UP);
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = through(proxy, SCRAM_USER);
            try (Connection lock = holdUp();
                    WireClient client = begin(through)) {
                assertThat(lock).isNotNull();
                awaitHeldUp(1);
                POSTGRES.execute("select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'advisory'"
                        + " and query like '%4711%'");
                BackendMessage told = client.readMessage();
                assertThat(told.sqlState()).isEqualTo("57P03");
                assertThat(told.errorText()).startsWith("bouncer config error");
                assertThat(client.readUntilClosed()).isEmpty();
            }
            assertThat(whoAmI(through, PASSWORD)).isEqualTo(SCRAM_USER);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void clientThatLeavesMeanwhileHoldsNoServer() throws Exception {
        ProxyConfig config = config(AuthType.SCRAM_SHA_256)
                .with(LookupSettings.AUTH_QUERY, HELD_UP)
                .with(Settings.DEFAULT_POOL_SIZE, 1);
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = through(proxy, SCRAM_USER);
            try (Connection lock = holdUp()) {
                assertThat(lock).isNotNull();
                WireClient asking = begin(through);
                awaitHeldUp(1);
                WireClient waiting = begin(through.withUser("nobody"));
                waiting.close();
                asking.close();
                awaitHeldUp(0); // what ran was cancelled
            }
            assertThat(whoAmI(through, PASSWORD)).isEqualTo(SCRAM_USER);
            assertThat(proxy.log().lines())
                    .filteredOn(line -> line.contains("server opened"))
                    .hasSizeLessThan(4);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "query_wait_timeout, 53000, query_wait_timeout",
        "client_login_timeout, 57P03, client_login_timeout (server down)"
    })
    void whoWaitsIsToldThatThereIsNoServer(String setting, String sqlstate, String text) throws Exception {
        String asker = PostgresFixture.SUPERUSER;
        ProxyConfig config = config(AuthType.PLAIN)
                .with(UserConfig.named(asker).with(UserSettings.PASSWORD, Secret.of("own")))
                .with(
                        setting.equals("query_wait_timeout")
                                ? Settings.QUERY_WAIT_TIMEOUT
                                : Settings.CLIENT_LOGIN_TIMEOUT,
                        Duration.ofSeconds(1))
                .with(Settings.DEFAULT_POOL_SIZE, 1);
        try (RunningProxy proxy = new RunningProxy(config);
                WireClient holder = WireClient.open(through(proxy, asker), LIMIT)) {
            holder.login(Messages.PROTOCOL_3_0, Map.of(), "own");
            holder.query("begin"); // the only server of the pool that is asked
            BackendMessage told = first(through(proxy, SCRAM_USER));
            assertThat(told.sqlState()).isEqualTo(sqlstate);
            assertThat(told.errorText()).startsWith(text).doesNotContain("/" + asker);
            holder.query("commit");
            assertThat(whoAmI(through(proxy, SCRAM_USER), PASSWORD)).isEqualTo(SCRAM_USER);
        }
    }

    @Test
    void lookupMayNotTakeLongerThanTheLogin() throws Exception {
        ProxyConfig config = config(AuthType.SCRAM_SHA_256)
                .with(LookupSettings.AUTH_QUERY, HELD_UP)
                .with(Settings.CLIENT_LOGIN_TIMEOUT, Duration.ofSeconds(1));
        try (RunningProxy proxy = new RunningProxy(config);
                Connection lock = holdUp()) {
            assertThat(lock).isNotNull();
            assertThat(first(through(proxy, SCRAM_USER)).errorText()).startsWith("client_login_timeout: ");
            awaitHeldUp(0);
        }
    }

    @Test
    void whatIsWrongWithTheQueryIsInTheLog() throws Exception {
        Map<String, String> wrong = Map.of(
                "select rolname from pg_authid where rolname = $1", "expected 2 columns from auth_query, not 1",
                "select 'a', 'b' union select 'c', $1::text", "it returned more than one row",
                "select 1/0, $1::text", "error response from auth_query: 22012 division by zero",
                "copy t from stdin", "error response from auth_query");
        for (Map.Entry<String, String> each : wrong.entrySet()) {
            ProxyConfig config = config(AuthType.SCRAM_SHA_256).with(LookupSettings.AUTH_QUERY, each.getKey());
            try (RunningProxy proxy = new RunningProxy(config)) {
                BackendMessage told = first(through(proxy, SCRAM_USER));
                assertThat(told.errorText()).startsWith("bouncer config error").doesNotContain("division");
                await().untilAsserted(
                                () -> assertThat(proxy.log().lines()).anyMatch(line -> line.contains(each.getValue())));
            }
        }
    }

    @Test
    void clientsWhoWaitAreToldOfTheEnd() throws Exception {
        ProxyConfig config = config(AuthType.SCRAM_SHA_256).with(LookupSettings.AUTH_QUERY, HELD_UP);
        RunningProxy proxy = new RunningProxy(config);
        try (Connection lock = holdUp();
                WireClient client = begin(through(proxy, SCRAM_USER))) {
            assertThat(lock).isNotNull();
            awaitHeldUp(1);
            proxy.close();
            assertThat(client.readMessage().errorText()).isEqualTo("pooler is shutting down");
        } finally {
            proxy.close();
        }
    }
}
