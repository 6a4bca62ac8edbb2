package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.spillway.core.config.AuthType;
import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.LookupSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Secret;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.SslMode;
import dev.spillway.core.config.Transport;
import dev.spillway.core.config.UserConfig;
import dev.spillway.core.config.UserSettings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.LogTap;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.TestCertificates;
import dev.spillway.testkit.WireClient;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code auth_type = hba}, and {@code peer}. */
class AccessRulesIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String APP = PostgresFixture.PLAIN_USER;

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    @TempDir
    private Path directory = Path.of("");

    private ProxyConfig config(AuthType authType) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, 2)
                .with(Settings.AUTH_TYPE, authType)
                .with(Settings.AUTH_HBA_FILE, file("hba").toString())
                .with(UserConfig.named(APP).with(UserSettings.PASSWORD, Secret.of("sesame")));
    }

    private Path file(String name) {
        return directory.resolve(name);
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(file(name), text);
    }

    private Endpoint through(RunningProxy proxy) {
        return new Endpoint("localhost", proxy.proxy().port(), APP, "shop");
    }

    /** What a client is told first: a request for authentication by its code, or an error by its text. */
    private static String first(Endpoint endpoint) throws IOException {
        try (WireClient client = WireClient.open(endpoint, LIMIT)) {
            client.send(Messages.startup(
                    Messages.PROTOCOL_3_0, Map.of("user", endpoint.user(), "database", endpoint.database())));
            return told(client.readMessage());
        }
    }

    private static String told(BackendMessage message) {
        return message.is('R') ? Integer.toString(message.body()[3]) : message.sqlState() + " " + message.errorText();
    }

    @ParameterizedTest
    @CsvSource({
        "trusting, false, 0",
        "asking, false, 5",
        "salting, false, 10",
        "plain, false, 3",
        "closed, false, 28000 login rejected",
        "secure, false, 28000 login rejected",
        "secure, true, 0",
        "certain, true, '28000 certificate authentication failed for user \"plain_user\"'",
        "else, false, 28000 no authentication method is found"
    })
    void clientIsAskedAsItsLineSays(String database, boolean isSecure, String expected) throws IOException {
        write("hba", """
            host      trusting  all         127.0.0.1/32    trust
            host      asking    plain_user  127.0.0.0 255.0.0.0  md5
            host      salting   all         all             scram-sha-256
            host      plain     all         all             password
            host      closed    all         all             reject
            hostssl   secure    all         all             trust
            hostnossl secure    all         all             reject
            hostssl   certain   all         all             cert
            host      else      other       all             trust
            local     all       all                         trust
            """);
        try (RunningProxy proxy = new RunningProxy(TlsConfigs.forClients(config(AuthType.HBA), SslMode.PREFER))) {
            Endpoint through = through(proxy).withDatabase(database);
            assertThat(first(isSecure ? through.withTls(TestCertificates.client()) : through))
                    .isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ann, plain_user, 0",
        "plain_user, plain_user, '28000 certificate authentication failed for user \"plain_user\"'",
        "ann, unknown, '28000 certificate authentication failed for user \"unknown\"'"
    })
    void certificateMayBeOfAnotherName(String certified, String user, String expected) throws IOException {
        write("hba", "hostssl all all all cert map=staff");
        write("ident", "staff ann plain_user\nstaff ann unknown");
        ProxyConfig config = config(AuthType.HBA)
                .with(Settings.AUTH_IDENT_FILE, file("ident").toString());
        try (RunningProxy proxy = new RunningProxy(TlsConfigs.forClients(config, SslMode.VERIFY_FULL))) {
            Endpoint through = through(proxy).withUser(user).withTls(TestCertificates.client(certified));
            assertThat(first(through)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void systemSaysWhoIsAtAUnixSocket(Transport transport) throws IOException {
        String me = System.getProperty("user.name");
        write("hba", "local mapped all peer map=staff\nlocal all all peer\nhost all all all reject");
        write("ident", "staff \"" + me + "\" plain_user");
        ProxyConfig config = config(AuthType.HBA)
                .with(Settings.AUTH_IDENT_FILE, file("ident").toString())
                .with(Settings.TRANSPORT, transport)
                .with(Settings.UNIX_SOCKET_DIR, directory.toString())
                .with(UserConfig.named(me).with(UserSettings.PASSWORD, Secret.of("sesame")));
        String rejected = "28000 unix socket login rejected for user \"" + APP + '"';
        try (RunningProxy proxy = new RunningProxy(config)) {
            assertThat(overSocket(proxy, "mapped", APP)).isEqualTo("0");
            assertThat(overSocket(proxy, "shop", APP)).isEqualTo(rejected);
            assertThat(overSocket(proxy, "shop", me)).isEqualTo("0");
            assertThat(first(through(proxy))).isEqualTo("28000 login rejected");
        }
        try (RunningProxy proxy = new RunningProxy(config.with(Settings.AUTH_TYPE, AuthType.PEER))) {
            assertThat(overSocket(proxy, "mapped", APP)).isEqualTo(rejected);
            assertThat(overSocket(proxy, "shop", me)).isEqualTo("0");
            assertThat(first(through(proxy))).isEqualTo(rejected);
        }
    }

    private String overSocket(RunningProxy proxy, String database, String user) throws IOException {
        Path socket = file(".s.PGSQL." + proxy.proxy().port());
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            client.write(ByteBuffer.wrap(
                    Messages.startup(Messages.PROTOCOL_3_0, Map.of("user", user, "database", database))));
            DataInputStream in = new DataInputStream(Channels.newInputStream(client));
            byte type = in.readByte();
            return told(new BackendMessage(type, in.readNBytes(in.readInt() - 4)));
        }
    }

    @Test
    void whoIsNotKnownIsLookedUpUnlessALineKeepsHimOut() throws IOException {
        write("hba", "host closed all all reject\nhost all all all scram-sha-256");
        ProxyConfig config = config(AuthType.HBA).with(LookupSettings.AUTH_USER, PostgresFixture.SUPERUSER);
        try (RunningProxy proxy = new RunningProxy(config)) {
            Endpoint through = through(proxy).withUser(PostgresFixture.SCRAM_USER);
            assertThat(first(through.withDatabase("closed"))).isEqualTo("28000 login rejected");
            assertThat(proxy.log().lines()).noneMatch(line -> line.contains("server opened"));
            assertThat(first(through.withDatabase(PostgresFixture.DATABASE))).isEqualTo("10");
            assertThat(proxy.log().lines()).anyMatch(line -> line.contains("server opened"));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TRUST", "HBA", "ANY"})
    void whereThereIsAListOnlyThoseInItAreTrusted(AuthType authType) throws IOException {
        write("hba", "host all all all trust");
        write("list", "\"listed\" \"\"\n");
        ProxyConfig config = config(authType)
                .with(Settings.AUTH_FILE, file("list").toString())
                .with(DatabaseConfig.named("shop").with(DatabaseSettings.USER, APP));
        String refused = "28000 \"trust\" authentication failed for user \"stranger\": no such user";
        try (RunningProxy proxy = new RunningProxy(config)) {
            assertThat(first(through(proxy).withUser("listed"))).isEqualTo("0");
            assertThat(first(through(proxy).withUser("stranger"))).isEqualTo(authType == AuthType.ANY ? "0" : refused);
        }
    }

    @Test
    void consoleIsADatabaseLikeOthersByBothOfItsNames() throws IOException {
        write("hba", "host pgbouncer all all reject\nhost all all all trust");
        try (RunningProxy proxy = new RunningProxy(config(AuthType.HBA))) {
            assertThat(first(through(proxy).withDatabase("pgbouncer"))).isEqualTo("28000 login rejected");
            assertThat(first(through(proxy).withDatabase("spillway"))).isEqualTo("28000 login rejected");
            assertThat(first(through(proxy))).isEqualTo("0");
        }
    }

    @Test
    void filesWithProblemsEndTheStartAndChangeNothingOnReload() throws IOException {
        write("hba", "host all all all md5\nhost all all 10.0.0.0/99 md5\n");
        write("ident", "staff ann\n");
        ProxyConfig config = config(AuthType.HBA)
                .with(Settings.AUTH_IDENT_FILE, file("ident").toString());
        assertThatThrownBy(() -> Proxy.start(config))
                .isInstanceOf(IOException.class)
                .hasMessage(file("ident") + ":1: the user's name is missing\n" + file("hba")
                        + ":2: \"/99\" is no mask of that address");
        write("ident", "");
        write("hba", "host pgbouncer,spillway all all trust\nhost all all all md5\n");
        try (RunningProxy proxy = new RunningProxy(Proxy.start(config, () -> config), new LogTap());
                WireClient console = WireClient.connect(
                        through(proxy).withUser(PostgresFixture.SUPERUSER).withDatabase("spillway"))) {
            assertThat(first(through(proxy))).isEqualTo("5");
            write("hba", "host all all all trusty\n");
            assertThat(console.query("reload").toString()).contains("ErrorResponse");
            assertThat(proxy.log().lines())
                    .anyMatch(line -> line.contains(file("hba") + ":1: method \"trusty\" is not supported"));
            assertThat(first(through(proxy))).isEqualTo("5");
            write("hba", "host all all all password\n");
            assertThat(console.query("reload").getFirst().tag()).isEqualTo("RELOAD");
            assertThat(first(through(proxy))).isEqualTo("3");
            Files.delete(file("hba"));
            assertThat(console.query("reload").toString()).contains("ErrorResponse");
            assertThat(first(through(proxy))).isEqualTo("3");
        }
    }
}
