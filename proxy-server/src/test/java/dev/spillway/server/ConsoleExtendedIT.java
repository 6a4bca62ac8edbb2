package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.AdminSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.HttpProbe;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The console in the extended protocol, frame by frame. No PostgreSQL is needed. */
class ConsoleExtendedIT {
    private static final ProxyConfig CONFIG = RunningProxy.config(1, PoolMode.TRANSACTION, 1);
    private static final Endpoint CONSOLE = new Endpoint("127.0.0.1", 0, PostgresFixture.SUPERUSER, "pgbouncer");

    /** One proxy with one client at its console. */
    private record Stage(RunningProxy proxy, WireClient console) implements AutoCloseable {
        Stage() throws IOException {
            this(new RunningProxy(CONFIG));
        }

        private Stage(RunningProxy proxy) throws IOException {
            this(proxy, WireClient.connect(CONSOLE.withPort(proxy.proxy().port())));
        }

        /** Types of the answers up to ReadyForQuery, and the SQLSTATE behind an error. */
        String types(byte[]... messages) throws IOException {
            console.send(messages);
            return shortened(console.readUntilReady());
        }

        @Override
        public void close() throws IOException {
            assertThat(console.queryOne("show version")).startsWith("Spillway");
            console.close();
            proxy.close();
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    private static String shortened(List<BackendMessage> answer) {
        return answer.stream()
                .map(message -> message.is('E')
                        ? "E" + message.sqlState()
                        : message.is('Z') ? "Z" + message.status() : String.valueOf(message.type()))
                .collect(Collectors.joining(" "));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void commandIsParsedBoundDescribedAndExecutedOnBothPorts(boolean isAdminPort) throws IOException {
        int admin = HttpProbe.freePort();
        try (RunningProxy proxy = new RunningProxy(
                        CONFIG.with(AdminSettings.ADMIN_LISTEN_PORT, admin).with(Settings.LANES, 2));
                WireClient console = WireClient.connect(
                        CONSOLE.withPort(isAdminPort ? admin : proxy.proxy().port()))) {
            console.send(Messages.extended("show pools"), Messages.sync());
            List<BackendMessage> answer = console.readUntilReady();
            assertThat(shortened(answer)).isEqualTo("1 2 T D C ZI");
            assertThat(ShowColumnsIT.columns(answer.get(2))).contains("database:25:-1", "cl_active:23:4");
            assertThat(answer.get(3).columns().subList(0, 3)).containsExactly("pgbouncer", "pgbouncer", "1");
            assertThat(answer.get(4).tag()).isEqualTo("SHOW");
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void statementsAreDescribedBeforeAnythingIsDone() throws IOException {
        try (Stage stage = new Stage()) {
            assertThat(stage.types(Messages.parse("s", "show stats"), Messages.describeStatement("s"), Messages.sync()))
                    .isEqualTo("1 t T ZI");
            assertThat(stage.types(Messages.parse("", "pause"), Messages.describeStatement(""), Messages.sync()))
                    .isEqualTo("1 t n ZI");
            assertThat(stage.console.queryOne("show state")).isEqualTo("active");
            assertThat(stage.types(Messages.bind("", "s"), Messages.execute("", 0), Messages.sync()))
                    .isEqualTo("2 D C ZI");
        }
    }

    @Test
    void whatThereIsToShowSaysTheSameColumnsBeforeAndAfter() throws IOException {
        try (Stage stage = new Stage()) {
            for (String name : ShowColumnsIT.recorded().keySet()) {
                List<BackendMessage> simple = stage.console.query("show " + name);
                stage.console.send(Messages.parse("", "show " + name), Messages.describeStatement(""), Messages.sync());
                assertThat(stage.console.readUntilReady().get(2)).as(name).isEqualTo(simple.getFirst());
            }
        }
    }

    @Test
    void rowsComeInPortionsUntilTheTransactionEnds() throws IOException {
        try (Stage stage = new Stage()) {
            assertThat(stage.types(
                            Messages.parse("", "show stats_totals;"),
                            Messages.bind("p", ""),
                            Messages.execute("p", 1),
                            Messages.execute("p", 1),
                            Messages.execute("p", 0),
                            Messages.sync()))
                    .isEqualTo("1 2 D s C C ZI");
            assertThat(stage.types(Messages.execute("p", 0), Messages.sync())).isEqualTo("E34000 ZI");

            assertThat(stage.types(Messages.query("begin"))).isEqualTo("C ZT");
            assertThat(stage.types(
                            Messages.parse("", "show totals"),
                            Messages.bind("p", ""),
                            Messages.execute("p", 20),
                            Messages.sync()))
                    .isEqualTo("1 2 " + "D ".repeat(20) + "s ZT");
            assertThat(stage.types(Messages.execute("p", 20), Messages.sync())).isEqualTo("D D D D C ZT");
            assertThat(stage.types(Messages.query("commit"))).isEqualTo("C ZI");
            assertThat(stage.types(Messages.execute("p", 20), Messages.sync())).isEqualTo("E34000 ZI");
        }
    }

    @Test
    void afterAnErrorAllUpToSyncIsSkipped() throws IOException {
        try (Stage stage = new Stage()) {
            assertThat(stage.types(
                            Messages.parse("a", "show nothing"),
                            Messages.parse("b", "show version"),
                            Messages.query("show version"),
                            Messages.functionCall(1),
                            Messages.bind("", "b"),
                            Messages.execute("", 0),
                            Messages.sync()))
                    .isEqualTo("E08P01 ZI");
            assertThat(stage.types(Messages.bind("", "b"), Messages.sync())).isEqualTo("E26000 ZI");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "42P05 | parse s show version, parse s show version",
                "26000 | bind p nothing",
                "26000 | describe S nothing",
                "34000 | describe P nothing",
                "34000 | execute nothing",
                "42P03 | parse s show version, bind p s, bind p s",
                "55000 | parse s resume, bind p s, execute p, execute p",
                "0A000 | parse s kill_client $1",
                "08P01 | parse s frobnicate",
                "08P01 | parse s show fds",
            })
    void mistakesAreAnsweredAsByPostgres(String sqlstate, String steps) throws IOException {
        try (Stage stage = new Stage()) {
            stage.console.query("pause");
            List<byte[]> messages = new ArrayList<>();
            for (String step : steps.split(", ", -1)) {
                String[] words = step.split(" ", 3);
                messages.add(
                        switch (words[0]) {
                            case "parse" -> Messages.parse(words[1], words[2]);
                            case "bind" -> Messages.bind(words[1], words[2]);
                            case "execute" -> Messages.execute(words[1], 0);
                            default ->
                                words[1].equals("S")
                                        ? Messages.describeStatement(words[2])
                                        : Messages.describePortal(words[2]);
                        });
            }
            messages.add(Messages.sync());
            assertThat(stage.types(Messages.join(messages))).endsWith("E" + sqlstate + " ZI");
        }
    }

    @Test
    void parametersAndStrangeFormatsAreRefused() throws IOException {
        try (Stage stage = new Stage()) {
            stage.types(Messages.parse("s", "show version"), Messages.sync());
            stage.console.send(Messages.bind("", "s", "1", null), Messages.sync());
            assertThat(stage.console.readUntilReady().getFirst().errorText())
                    .isEqualTo("bind message supplies 2 parameters, but prepared statement \"s\" requires 0");
            assertThat(stage.types(Messages.bindFor("", "s", 2), Messages.sync()))
                    .isEqualTo("E22023 ZI");
            assertThat(stage.types(Messages.bindFor("", "s", 0, 0), Messages.sync()))
                    .isEqualTo("E08P01 ZI");
        }
    }

    @Test
    void columnsComeInTheFormatsThatWereAskedFor() throws IOException {
        try (Stage stage = new Stage()) {
            stage.console.send(
                    Messages.parse("", "show dns_zones"),
                    Messages.bindFor("", "", 1, 0, 1),
                    Messages.describePortal(""),
                    Messages.sync());
            byte[] description = stage.console.readUntilReady().get(2).body();
            assertThat(description).endsWith(0, 1); // the last column's format
            stage.console.send(
                    Messages.parse("", "select 1"),
                    Messages.bindFor("", "", 1),
                    Messages.execute("", 0),
                    Messages.sync());
            assertThat(stage.console.readUntilReady().get(2).body()).containsExactly(0, 1, 0, 0, 0, 4, 0, 0, 0, 1);
        }
    }

    @Test
    void flushedAnswersComeWithoutSync() throws IOException {
        try (Stage stage = new Stage()) {
            stage.console.send(Messages.extended("show clients"), Messages.flush());
            StringBuilder types = new StringBuilder();
            while (types.indexOf("C") < 0) {
                types.append(stage.console.readMessage().type());
            }
            assertThat(types).hasToString("12TDC");
            assertThat(stage.types(Messages.sync())).isEqualTo("ZI");
        }
    }

    @Test
    void manyCommandsAreAnsweredInTheirOrder() throws IOException {
        try (Stage stage = new Stage()) {
            List<byte[]> messages = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                messages.add(Messages.parse("", i % 2 == 0 ? "show version" : "show clients"));
                messages.add(Messages.bind("", ""));
                messages.add(Messages.execute("", 0));
                messages.add(i % 3 == 0 ? Messages.sync() : Messages.flush());
                if (i % 3 == 0) {
                    messages.add(Messages.query("show state"));
                }
            }
            stage.console.send(Messages.join(messages), Messages.sync());
            int rows = 0;
            for (int readies = 0; readies < 67 * 2 + 1; readies++) {
                for (BackendMessage message : stage.console.readUntilReady()) {
                    assertThat(message.is('E')).as(message.trace()).isFalse();
                    rows += message.is('D') ? 1 : 0;
                }
            }
            assertThat(rows).isEqualTo(200 + 67 * 3);
        }
    }

    @Test
    void whatItKeepsIsBounded() throws IOException {
        try (Stage stage = new Stage()) {
            List<byte[]> messages = new ArrayList<>();
            for (int i = 0; i <= 1000; i++) {
                messages.add(Messages.parse("s" + i, "show version"));
            }
            stage.console.send(Messages.join(messages), Messages.sync());
            List<BackendMessage> answer = stage.console.readUntilReady();
            assertThat(answer).hasSize(1002);
            assertThat(answer.get(1000).errorText())
                    .isEqualTo("the console keeps no more than 1000 prepared statements");
            assertThat(stage.types(
                            Messages.closeStatement("s1"), Messages.parse("s1001", "show version"), Messages.sync()))
                    .isEqualTo("3 1 ZI");
            messages.clear();
            for (int i = 0; i <= 100; i++) {
                messages.add(Messages.bind("p" + i, "s0"));
            }
            assertThat(stage.types(Messages.join(messages), Messages.sync())).endsWith("2 E53400 ZI");
        }
    }

    @Test
    void aMessageThatIsNoneEndsTheConnection() throws IOException {
        for (byte[] bad : List.of(
                Messages.raw('D', (byte) 'X', (byte) 0),
                Messages.raw('S', (byte) 0),
                Messages.raw('B', (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 0x7f, (byte) 0xff),
                Messages.raw('E', (byte) 0, (byte) 0))) {
            try (RunningProxy proxy = new RunningProxy(CONFIG);
                    WireClient console =
                            WireClient.connect(CONSOLE.withPort(proxy.proxy().port()))) {
                console.send(bad);
                assertThat(console.readUntilClosed().getFirst().sqlState()).isEqualTo("08P01");
                assertThat(proxy.log().defects()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "begin isolation level repeatable read, read only | BEGIN  | T",
                "START TRANSACTION READ WRITE;                    | START TRANSACTION | T",
                "end                                              | COMMIT | I",
                "ROLLBACK                                         | ROLLBACK | I",
                "set extra_float_digits = 3                       | SET | I",
                "SET application_name = 'PostgreSQL JDBC Driver'  | SET | I",
                "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY | SET | I",
                "discard all                                      | DISCARD ALL | I",
                "SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL; | RESET | I",
                "show transaction isolation level                 | SHOW | I",
                "SHOW transaction_read_only                       | SHOW | I",
                "select pg_catalog.pg_is_in_recovery()            | SHOW | I",
                "/* a tool */ SELECT 1 -- asks                    | SHOW | I",
                "select version();                                | SHOW | I",
            })
    void whatDriversSayOfTheirOwnAccordIsAnswered(String sql, String tag, char status) throws IOException {
        try (Stage stage = new Stage()) {
            List<BackendMessage> simple = stage.console.query(sql);
            assertThat(simple.get(simple.size() - 2).tag()).isEqualTo(tag);
            assertThat(simple.getLast().status()).isEqualTo(status);
            stage.console.send(Messages.extended(sql), Messages.sync());
            List<BackendMessage> extended = stage.console.readUntilReady();
            assertThat(extended.get(extended.size() - 2).tag()).isEqualTo(tag);
        }
    }

    @Test
    void textOfNothingButACommentIsEmpty() throws IOException {
        try (Stage stage = new Stage()) {
            assertThat(stage.types(Messages.query("-- ping"))).isEqualTo("I ZI");
            assertThat(stage.types(Messages.extended(";"), Messages.sync())).isEqualTo("1 2 n I ZI");
        }
    }

    @Test
    void whoAsksForWhatIsNotThereIsToldWhatIs() throws IOException {
        try (Stage stage = new Stage()) {
            String hint =
                    String.valueOf(stage.console.query("show me").getFirst().errorField('H'));
            for (String name : ShowColumnsIT.recorded().keySet()) {
                assertThat(hint).contains("SHOW " + name);
            }
            assertThat(stage.console.query("frob").getFirst().errorField('H'))
                    .isEqualTo("SHOW HELP lists all commands.");
        }
    }
}
