package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.Transport;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.config.UserSettings;
import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Who is let in to the console, and as what. No PostgreSQL is needed. */
final class ConsoleAccessIT {
    @TempDir
    private Path directory;

    private static ProxyConfig config(AuthType authType) {
        return RunningProxy.config(1, PoolMode.TRANSACTION, 1)
                .with(Settings.AUTH_TYPE, authType)
                .with(Settings.ADMIN_USERS, Set.of("boss"))
                .with(Settings.STATS_USERS, Set.of("watcher"))
                .with(known("boss"))
                .with(known("watcher"))
                .with(known("clerk"))
                .with(known("pgbouncer"));
    }

    private static UserConfig known(String user) {
        return UserConfig.named(user).with(UserSettings.PASSWORD, Secret.of("secret_of_" + user));
    }

    private static Endpoint through(RunningProxy proxy, String user) {
        return new Endpoint("127.0.0.1", proxy.proxy().port(), user, "pgbouncer");
    }

    private static String whatIsSaid(WireClient console, String command) throws IOException {
        return console.query(command).getFirst().errorText();
    }

    @ParameterizedTest
    @CsvSource({
        "ANY, boss, admin",
        "ANY, watcher, stats",
        "ANY, clerk, stats",
        "ANY, nobody, stats",
        "TRUST, boss, admin",
        "TRUST, watcher, stats",
        "TRUST, clerk, none",
        "TRUST, nobody, none",
        "TRUST, pgbouncer, none"
    })
    void whoIsTrustedMayWhatTheListsSay(AuthType authType, String user, String right) throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(authType))) {
            Endpoint console = through(proxy, user);
            if (right.equals("none")) {
                assertThatThrownBy(() -> WireClient.connect(console).close())
                        .hasMessageContaining("08P01")
                        .hasMessageContaining("not allowed");
                return;
            }
            assertMay(console, right.equals("admin"));
            assertMay(console.withDatabase("spillway"), right.equals("admin"));
        }
    }

    @Test
    void clientsOfTheConsoleCountAndOnlyAdministratorsAreNeverTooMany() throws IOException {
        ProxyConfig ofUser = config(AuthType.TRUST).with(Settings.MAX_USER_CLIENT_CONNECTIONS, 1);
        try (RunningProxy proxy = new RunningProxy(ofUser);
                WireClient first = WireClient.connect(through(proxy, "watcher").withDatabase("spillway"))) {
            assertThat(first.query("show version").getFirst().type()).isEqualTo('T');
            assertThatThrownBy(
                            () -> WireClient.connect(through(proxy, "watcher")).close())
                    .hasMessageContaining("53300")
                    .hasMessageContaining("max_user_client_connections");
            assertMay(through(proxy, "boss"), true);
        }
        ProxyConfig ofDatabase = config(AuthType.TRUST).with(Settings.MAX_DB_CLIENT_CONNECTIONS, 1);
        try (RunningProxy proxy = new RunningProxy(ofDatabase)) {
            try (WireClient first = WireClient.connect(through(proxy, "boss"))) {
                assertMay(through(proxy, "boss"), true);
                assertThat(first.query("show version").getFirst().type()).isEqualTo('T');
                assertThatThrownBy(() ->
                                WireClient.connect(through(proxy, "watcher")).close())
                        .hasMessageContaining("max_db_client_connections");
            }
            await().ignoreExceptions().untilAsserted(() -> assertMay(through(proxy, "watcher"), false));
        }
    }

    private static void assertMay(Endpoint endpoint, boolean isAdmin) throws IOException {
        try (WireClient console = WireClient.connect(endpoint)) {
            assertThat(console.query("show stats").getFirst().type()).isEqualTo('T');
            assertThat(whatIsSaid(console, "show fds")).startsWith(isAdmin ? "SHOW FDS is" : "admin access needed");
            var reload = console.query("reload").getFirst();
            assertThat(reload.type()).isEqualTo(isAdmin ? 'C' : 'E');
            if (!isAdmin) {
                assertThat(reload.errorText()).isEqualTo("admin access needed");
                assertThat(reload.sqlState()).isEqualTo("08P01");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"PLAIN", "MD5", "SCRAM_SHA_256"})
    void passwordIsAskedForAsElsewhere(AuthType authType) throws IOException, SQLException {
        try (RunningProxy proxy = new RunningProxy(config(authType))) {
            logIn(through(proxy, "boss"), "secret_of_boss");
            logIn(through(proxy, "watcher"), "secret_of_watcher");
            assertThatThrownBy(() -> logIn(through(proxy, "boss"), "secret_of_watcher"))
                    .hasMessageContaining("password authentication failed");
            assertThatThrownBy(() -> logIn(through(proxy, "clerk"), "secret_of_clerk"))
                    .hasMessageContaining("not allowed");
            assertThatThrownBy(() -> logIn(through(proxy, "pgbouncer"), "secret_of_pgbouncer"))
                    .hasMessageContaining("not allowed");
        }
    }

    /** By a driver, as it comes. */
    private static void logIn(Endpoint console, String password) throws SQLException {
        String url = console.jdbcUrl() + "&password=" + password;
        try (Connection client = DriverManager.getConnection(url);
                Statement statement = client.createStatement();
                ResultSet pools = statement.executeQuery("show pools")) {
            assertThat(pools.next()).isTrue();
            assertThat(pools.getString("database")).isEqualTo("pgbouncer");
            assertThat(pools.getInt("cl_active")).isEqualTo(1);
        }
    }

    private ProxyConfig onSocket(Transport transport) {
        return config(AuthType.SCRAM_SHA_256)
                .with(Settings.TRANSPORT, transport)
                .with(Settings.UNIX_SOCKET_DIR, directory.toString())
                .with(Settings.UNIX_SOCKET_MODE, 0777);
    }

    private ClientProgram.Outcome psql(RunningProxy proxy, String user, String database, String command) {
        return ClientProgram.find("psql", directory, List.of("psql"), "--version")
                .run(arguments(proxy, user, database, command).toArray(String[]::new));
    }

    private List<String> arguments(RunningProxy proxy, String user, String database, String command) {
        String port = String.valueOf(proxy.proxy().port());
        return List.of("-XAtw", "-h", directory.toString(), "-p", port, "-U", user, "-c", command, database);
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void ourOwnUserNeedsNoPasswordOnTheUnixSocketAsPgbouncer(Transport transport) throws IOException {
        try (RunningProxy proxy = new RunningProxy(onSocket(transport))) {
            assertThat(psql(proxy, "pgbouncer", "pgbouncer", "show fds").err()).contains("SHOW FDS is not supported");
            assertThat(psql(proxy, "pgbouncer", "spillway", "reload")
                            .assertQuiet()
                            .out())
                    .isEqualTo("RELOAD\n");
            assertThat(psql(proxy, "boss", "pgbouncer", "show version").err()).contains("no password supplied");
            assertThat(psql(proxy, "pgbouncer", "else", "select 1").err()).contains("no password supplied");
            assertThatThrownBy(() ->
                            WireClient.connect(through(proxy, "pgbouncer")).close())
                    .isInstanceOf(IOException.class);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void anotherUserOfTheMachineNeedsOne(Transport transport) throws IOException {
        ClientProgram other =
                ClientProgram.find("setpriv", Path.of("/"), List.of("setpriv"), "--reuid", "65534", "true");
        ClientProgram.find("psql", directory, List.of("psql"), "--version");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (RunningProxy proxy = new RunningProxy(onSocket(transport))) {
            List<String> arguments = new ArrayList<>(List.of("--reuid", "65534", "--clear-groups", "psql"));
            arguments.addAll(arguments(proxy, "pgbouncer", "pgbouncer", "show version"));
            assertThat(other.run(arguments.toArray(String[]::new)).err()).contains("no password supplied");
        }
    }

    @Test
    void processOnTheUnixSocketIsShown() throws IOException {
        try (RunningProxy proxy = new RunningProxy(onSocket(Transport.EPOLL))) {
            String[] row = psql(proxy, "pgbouncer", "pgbouncer", "show clients")
                    .assertQuiet()
                    .out()
                    .split("\\|", -1);
            assertThat(row[5]).isEqualTo("unix");
            assertThat(row[16]).as("remote_pid").matches("[1-9][0-9]*");
        }
    }
}
