package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.unboundid.ldap.sdk.LDAPException;
import com.unboundid.ldif.LDIFException;
import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.LdapOptions;
import dev.spillway.core.config.LookupSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.config.UserSettings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.TestDirectory;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of whom a directory says who they are, and what their servers are told then. */
class JudgedLoginsIT {
    private static final PostgresFixture POSTGRES = PostgresFixture.shared();
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String SCRAM_USER = PostgresFixture.SCRAM_USER;
    private static final String PASSWORD = PostgresFixture.PASSWORD;

    @TempDir
    private Path files = Path.of("");

    private static ProxyConfig config() {
        return RunningProxy.config(POSTGRES.endpoint().port(), PoolMode.TRANSACTION, 2)
                .with(Settings.LANES, 2);
    }

    private static ProxyConfig asking(TestDirectory directory) throws Exception {
        return config().with(Settings.AUTH_TYPE, AuthType.LDAP)
                .with(LookupSettings.AUTH_LDAP_OPTIONS, LdapOptions.parse(options(directory)));
    }

    private static String options(TestDirectory directory) {
        return "ldapserver=127.0.0.1 ldapport=" + directory.port() + " ldapprefix=uid= ldapsuffix=\","
                + TestDirectory.BASE + '"';
    }

    /** One that knows PostgreSQL's users by their passwords there. */
    private static TestDirectory directory() throws LDAPException, LDIFException {
        TestDirectory directory = TestDirectory.plain(null);
        for (String user : new String[] {SCRAM_USER, PostgresFixture.MD5_USER}) {
            directory.add("uid=" + user, PASSWORD);
        }
        return directory;
    }

    private static Endpoint through(RunningProxy proxy, String user) {
        return POSTGRES.endpoint().withPort(proxy.proxy().port()).withUser(user);
    }

    private static String whoAmI(Endpoint endpoint, String password) throws SQLException {
        try (Connection connection = DriverManager.getConnection(endpoint.jdbcUrl() + "&password=" + password);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select current_user")) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static WireClient begin(Endpoint endpoint, String password) throws IOException {
        WireClient client = WireClient.open(endpoint, LIMIT);
        client.send(Messages.startup(
                Messages.PROTOCOL_3_0, Map.of("user", endpoint.user(), "database", endpoint.database())));
        assertThat(client.readMessage().body()[3]).as("clear text").isEqualTo((byte) 3);
        client.send(Messages.password(password));
        return client;
    }

    @ParameterizedTest
    @ValueSource(strings = {PostgresFixture.SCRAM_USER, PostgresFixture.MD5_USER})
    void passwordThatTheDirectoryKnowsOpensServers(String user) throws Exception {
        try (TestDirectory directory = directory();
                RunningProxy proxy = new RunningProxy(asking(directory))) {
            assertThat(whoAmI(through(proxy, user), PASSWORD)).isEqualTo(user);
            assertThat(directory.binds()).containsExactly("uid=" + user + ',' + TestDirectory.BASE);
        }
    }

    @Test
    void directoryCountsAndNotWhatAFileHas() throws Exception {
        try (TestDirectory directory = directory();
                RunningProxy proxy = new RunningProxy(asking(directory)
                        .with(UserConfig.named(SCRAM_USER).with(UserSettings.PASSWORD, Secret.of("stale"))))) {
            assertThat(whoAmI(through(proxy, SCRAM_USER), PASSWORD)).isEqualTo(SCRAM_USER);
            assertThatThrownBy(() -> whoAmI(through(proxy, SCRAM_USER), "stale"))
                    .hasMessage("FATAL: LDAP authentication failed for user \"" + SCRAM_USER + '"');
        }
    }

    @Test
    void refusalIsSaidInTheLogAndNotToTheClient() throws Exception {
        try (TestDirectory directory = directory();
                RunningProxy proxy = new RunningProxy(asking(directory))) {
            for (String user : new String[] {SCRAM_USER, "nobody"}) {
                assertThatThrownBy(() -> whoAmI(through(proxy, user), "wrong"))
                        .hasMessage("FATAL: LDAP authentication failed for user \"" + user + '"')
                        .extracting(e -> ((SQLException) e).getSQLState())
                        .isEqualTo("28000");
            }
            assertThat(proxy.log().lines().toString())
                    .contains("LDAP login failed for user \"uid=" + SCRAM_USER)
                    .doesNotContain("wrong");
        }
    }

    @Test
    void rulesSayWhomADirectoryIsAskedAbout() throws Exception {
        try (TestDirectory directory = directory()) {
            Path rules = Files.writeString(files.resolve("hba"), """
                host all %s all ldap %s
                host all all all scram-sha-256
                """.formatted(SCRAM_USER, options(directory)));
            ProxyConfig config = config().with(Settings.AUTH_TYPE, AuthType.HBA)
                    .with(Settings.AUTH_HBA_FILE, rules.toString())
                    .with(UserConfig.named(PostgresFixture.MD5_USER).with(UserSettings.PASSWORD, Secret.of(PASSWORD)))
                    .with(UserConfig.named(SCRAM_USER).with(UserSettings.PASSWORD, Secret.of("stale")));
            try (RunningProxy proxy = new RunningProxy(config)) {
                assertThat(whoAmI(through(proxy, SCRAM_USER), PASSWORD)).isEqualTo(SCRAM_USER);
                assertThat(whoAmI(through(proxy, PostgresFixture.MD5_USER), PASSWORD))
                        .isEqualTo(PostgresFixture.MD5_USER);
                assertThat(directory.binds()).hasSize(1);
            }
        }
    }

    @Test
    void directoryThatTakesItsTimeHoldsUpNobodyElse() throws Exception {
        try (TestDirectory directory = directory();
                RunningProxy proxy = new RunningProxy(asking(directory));
                Connection before =
                        DriverManager.getConnection(through(proxy, SCRAM_USER).jdbcUrl() + "&password=" + PASSWORD)) {
            directory.hold();
            try (WireClient waiting = begin(through(proxy, SCRAM_USER), PASSWORD);
                    Statement statement = before.createStatement()) {
                try (WireClient _ = begin(through(proxy, SCRAM_USER), PASSWORD)) {
                    await().atMost(LIMIT).until(() -> directory.binds().size() == 3);
                }
                assertThat(statement.execute("select 1")).isTrue();
                directory.release();
                assertThat(waiting.readMessage().body()).as("AuthenticationOk").containsOnly(0);
            }
        }
    }

    @Test
    void clientThatSpeaksWhileItIsJudgedIsRefused() throws Exception {
        try (TestDirectory directory = directory();
                RunningProxy proxy = new RunningProxy(asking(directory))) {
            directory.hold();
            try (WireClient client = begin(through(proxy, SCRAM_USER), PASSWORD)) {
                await().atMost(LIMIT).until(() -> directory.binds().size() == 1);
                client.send(Messages.password("x"));
                assertThat(client.readMessage().sqlState()).isEqualTo("08P01");
                directory.release();
            }
        }
    }
}
