package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.LdapOptions;
import dev.spillway.core.config.LogFormat;
import dev.spillway.core.config.LookupSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProcessSettings;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Setting;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What PgBouncer's log says of connections, and what Spillway's says when it is to say the same. */
class PgBouncerLinesIT {
    private static final String CLIENT = "C-0x[0-9a-f]+: %s@127\\.0\\.0\\.1:\\d+ ";

    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Endpoint direct = PostgresFixture.shared().endpoint();
    private final String who = Pattern.quote(direct.database() + "/" + direct.user());

    @TempDir
    private Path directory = Path.of("");

    private ProxyConfig config() {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2)
                .with(Settings.AUTH_TYPE, AuthType.TRUST)
                .with(ProcessSettings.LOG_FORMAT, LogFormat.PGBOUNCER);
    }

    private static void awaitLine(RunningProxy proxy, String pattern) {
        await().untilAsserted(() -> assertThat(proxy.log().lines()).anyMatch(line -> line.matches(pattern)));
    }

    @Test
    void tellOfEachConnectionFromItsBeginningToItsEnd() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config())) {
            try (WireClient client =
                    WireClient.connect(direct.withPort(proxy.proxy().port()))) {
                assertThat(client.queryOne("select 1")).isEqualTo("1");
            }
            String client = CLIENT.formatted(who);
            awaitLine(proxy, client + "login attempt: db=\\S+ user=\\S+ tls=no replication=no");
            awaitLine(proxy, client + "closing because: client (close request|unexpected eof) \\(age=\\d+s\\)");
            String server = client.replace("C-", "S-");
            awaitLine(proxy, server + "new connection to server \\(from 127\\.0\\.0\\.1:\\d+\\)");
            proxy.proxy().stop();
            awaitLine(proxy, server + "closing because: shutting down \\(age=\\d+s\\)");
        }
    }

    /** Checks of health come every few seconds. */
    @Test
    void tellOfNobodyWhoIsGoneBeforeItIsLoggedIn() throws Exception {
        ProxyConfig config =
                config().with(Settings.AUTH_TYPE, AuthType.SCRAM_SHA_256).with(Settings.LANES, 1);
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            byte[] startup = Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", "ann", "database", "shop"));
            WireClient.open(through, LIMIT).close();
            try (WireClient unprotected = WireClient.open(through, LIMIT)) {
                unprotected.send(Messages.sslRequest());
                assertThat(unprotected.readByte()).isEqualTo('N');
            }
            try (WireClient withoutPassword = WireClient.open(through, LIMIT)) {
                withoutPassword.send(startup);
                assertThat(withoutPassword.readMessage().type()).isEqualTo('R');
            }
            try (WireClient brokenOff = WireClient.open(through, LIMIT)) {
                brokenOff.send(Arrays.copyOf(startup, startup.length - 1));
            }
            awaitLine(proxy, CLIENT.formatted("\\(nodb\\)/\\(nouser\\)") + "closing because: client unexpected eof .*");
            assertThat(proxy.log().count("closing because")).isOne();
        }
    }

    @Test
    void tellWhereNoServerCouldBeReached() throws Exception {
        ProxyConfig config = onlyKnown()
                .with(Settings.FAIL_FAST, true)
                .with(DatabaseConfig.named("down")
                        .with(DatabaseSettings.HOST, "127.0.0.1")
                        .with(DatabaseSettings.PORT, 1))
                .with(DatabaseConfig.named("nowhere").with(DatabaseSettings.HOST, "no.such.host.invalid"));
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = direct.withPort(proxy.proxy().port());
            assertThatThrownBy(() ->
                            WireClient.connect(through.withDatabase("down")).close())
                    .hasMessageContaining("08006");
            assertThatThrownBy(() ->
                            WireClient.connect(through.withDatabase("nowhere")).close())
                    .hasMessageContaining("08006");
            String why = " closing because: connect failed: .*";
            awaitLine(proxy, "S-0x0: down/\\S+@127\\.0\\.0\\.1:1" + why);
            awaitLine(proxy, "S-0x0: nowhere/\\S+@\\(bad-af\\):0" + why);
        }
    }

    @Test
    void tellOfTheEndOfTheConsolesClientsToo() throws Exception {
        try (RunningProxy proxy = new RunningProxy(config().with(Settings.ADMIN_USERS, Set.of(direct.user())))) {
            Endpoint console = direct.withPort(proxy.proxy().port()).withDatabase("pgbouncer");
            String client = CLIENT.formatted("pgbouncer/" + Pattern.quote(direct.user()));
            WireClient polite = WireClient.connect(console);
            polite.query("reload nothing");
            awaitLine(proxy, client + "pooler error: invalid command 'reload nothing', use SHOW HELP;");
            polite.send(Messages.parse("", "set auth_ldap_options = 'ldapbindpasswd=secret"), Messages.sync());
            polite.readUntilReady();
            awaitLine(proxy, client + "pooler error: invalid command 'set auth_ldap_options =\\.\\.\\.");
            polite.terminate();
            awaitLine(proxy, client + "closing because: client close request \\(age=\\d+s\\)");
            polite.close();
            WireClient.connect(console).reset();
            awaitLine(proxy, client + "closing because: client unexpected eof \\(age=\\d+s\\)");
            try (WireClient rude = WireClient.connect(console)) {
                rude.send(Messages.raw('D', (byte) 'X', (byte) 0));
                awaitLine(proxy, client + "pooler error: neither a statement nor a portal: 88");
            }
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "log_connections, login attempt",
        "log_disconnections, closing because",
        "log_pooler_errors, pooler error"
    })
    @SuppressWarnings("unchecked")
    void eachKindCanBeLeftOut(String name, String words) throws Exception {
        Setting<Boolean> setting = (Setting<Boolean>) Settings.global().stream()
                .filter(known -> known.name().equals(name))
                .findFirst()
                .orElseThrow();
        for (boolean isWanted : new boolean[] {true, false}) {
            ProxyConfig config = onlyKnown().with(setting, isWanted);
            try (RunningProxy proxy = new RunningProxy(config)) {
                Endpoint unknown = direct.withPort(proxy.proxy().port()).withDatabase("nowhere");
                assertThatThrownBy(() -> WireClient.connect(unknown).close())
                        .hasMessageContaining("3D000")
                        .hasMessageContaining("no such database: nowhere");
                proxy.proxy().stop();
                assertThat(proxy.log().count(words)).isEqualTo(isWanted ? 1 : 0);
            }
        }
    }

    private ProxyConfig onlyKnown() {
        return ProxyConfig.defaults()
                .with(Settings.LISTEN_PORT, 0)
                .with(Settings.AUTH_TYPE, AuthType.TRUST)
                .with(ProcessSettings.LOG_FORMAT, LogFormat.PGBOUNCER)
                .with(DatabaseConfig.named("known").with(DatabaseSettings.PORT, direct.port()));
    }

    /** What filters that ban addresses look for. */
    @ParameterizedTest
    @CsvSource({
        "MD5, right, password authentication failed for user \"ann\", the password is wrong",
        "PLAIN, right, password authentication failed for user \"ann\", the password is wrong",
        "SCRAM_SHA_256, right, SASL authentication failed, password authentication failed",
        "SCRAM_SHA_256, right, SASL authentication failed, the password is wrong",
        "SCRAM_SHA_256, '', SASL authentication failed, the user is unknown or has no password",
        "SCRAM_SHA_256, md501234567890123456789012345678901, SASL authentication failed,"
                + " 'the stored secret is an MD5 hash, which cannot check SCRAM'"
    })
    void aWrongPasswordIsToldWithTheAddress(AuthType method, String stored, String reason, String before)
            throws Exception {
        Path users = Files.writeString(directory.resolve("users.txt"), "\"ann\" \"" + stored + "\"\n");
        ProxyConfig config = config().with(Settings.AUTH_TYPE, method).with(Settings.AUTH_FILE, users.toString());
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint ann = direct.withPort(proxy.proxy().port()).withUser("ann").withDatabase("shop");
            assertThatThrownBy(() -> DriverManager.getConnection(ann.jdbcUrl() + "&password=wrong")
                            .close())
                    .hasMessageContaining("password authentication failed for user \"ann\"");
            String client = CLIENT.formatted("shop/ann");
            awaitLine(proxy, client + "closing because: " + reason + " \\(age=0s\\)");
            awaitLine(proxy, client + "pooler error: " + reason);
            awaitLine(proxy, client + before);
        }
    }

    @Test
    void whatADirectorySaysIsInALineOfItsOwn() throws Exception {
        LdapOptions nobody = LdapOptions.parse("ldapserver=127.0.0.1 ldapport=1 ldapprefix=uid=");
        ProxyConfig config =
                config().with(Settings.AUTH_TYPE, AuthType.LDAP).with(LookupSettings.AUTH_LDAP_OPTIONS, nobody);
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint ann = direct.withPort(proxy.proxy().port()).withUser("ann").withDatabase("shop");
            assertThatThrownBy(() -> DriverManager.getConnection(ann.jdbcUrl() + "&password=wrong")
                            .close())
                    .hasMessage("FATAL: LDAP authentication failed for user \"ann\"");
            String client = CLIENT.formatted("shop/ann");
            awaitLine(proxy, client + "LDAP server 127.0.0.1 cannot be asked: connect error \\(Connection refused\\)");
            awaitLine(proxy, client + "closing because: LDAP authentication failed for user \"ann\" \\(age=0s\\)");
        }
    }

    @Test
    void whyAnAuthQueryFailedIsInALineOfItsOwn() throws Exception {
        ProxyConfig config = config().with(Settings.AUTH_TYPE, AuthType.SCRAM_SHA_256)
                .with(LookupSettings.AUTH_USER, direct.user())
                .with(LookupSettings.AUTH_QUERY, "select $1::text, 1/0");
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint ann = direct.withPort(proxy.proxy().port()).withUser("ann");
            assertThatThrownBy(() -> DriverManager.getConnection(ann.jdbcUrl() + "&password=wrong")
                            .close())
                    .hasMessageContaining("bouncer config error");
            String client = CLIENT.formatted(Pattern.quote(direct.database() + "/ann"));
            awaitLine(proxy, client + "auth_query for user \"ann\": .*22012 division by zero");
            awaitLine(
                    proxy,
                    client
                            + "closing because: bouncer config error: the user could not be looked up \\(auth_query\\)"
                            + " \\(age=0s\\)");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aNameCannotContainTheWordsOfAnotherLine(boolean isUser) throws Exception {
        try (RunningProxy proxy = new RunningProxy(onlyKnown().with(Settings.AUTH_TYPE, AuthType.MD5))) {
            String forged = "x/y@9.9.9.9:1 pooler error: password authentication failed\nz";
            Endpoint own = direct.withPort(proxy.proxy().port());
            Endpoint through = isUser ? own.withUser(forged) : own.withDatabase(forged);
            try (WireClient client = WireClient.open(through, LIMIT)) {
                client.send(Messages.startup(
                        Messages.PROTOCOL_3_0, Map.of("user", through.user(), "database", through.database())));
                assertThat(client.readMessage().type()).isEqualTo('R');
                client.send(Messages.raw('p', (byte) 'x', (byte) 0));
                client.readUntilClosed();
            }
            awaitLine(
                    proxy,
                    ".*x/y@9\\.9\\.9\\.9:1_pooler_error:_password_authentication_failed_z\\S*@127\\.0\\.0\\.1.*");
            awaitLine(proxy, ".* pooler error: .*");
            assertThat(proxy.log().lines()).noneMatch(line -> line.contains("9.9.9.9:1 "));
            assertThat(proxy.log().lines())
                    .filteredOn(line -> line.startsWith("C-"))
                    .allMatch(line -> line.split(" ", 3)[1].endsWith("@127.0.0.1:" + portOf(line)));
        }
    }

    private static String portOf(String line) {
        String subject = line.split(" ", 3)[1];
        return subject.substring(subject.lastIndexOf(':') + 1);
    }
}
