package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.DatabaseConfig;
import dev.spillway.core.config.DatabaseSettings;
import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.SslMode;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.ClientProgram;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.TestCertificates;
import dev.spillway.testkit.WireClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TRACE: an operator watches a client, which notices nothing. One proxy for all. */
class TraceIT {
    private static final Endpoint DIRECT = PostgresFixture.shared().endpoint();
    private static final List<String> ANSWERED =
            List.of("Query", "RowDescription", "DataRow", "CommandComplete", "ReadyForQuery");
    private static final int LINK = 15;
    private static final int ID = 20;
    private static RunningProxy proxy;

    @BeforeAll
    static void start() throws IOException {
        ProxyConfig config = RunningProxy.config(DIRECT.port(), PoolMode.TRANSACTION, 2)
                .with(Settings.LANES, 2)
                .with(DatabaseConfig.named("app")
                        .with(DatabaseSettings.PORT, DIRECT.port())
                        .with(DatabaseSettings.DBNAME, DIRECT.database()));
        proxy = new RunningProxy(TlsConfigs.forClients(config, SslMode.ALLOW));
    }

    @AfterAll
    static void stop() {
        proxy.close();
        assertThat(proxy.log().defects()).isEmpty();
    }

    private static Endpoint through() {
        return DIRECT.withPort(proxy.proxy().port()).withDatabase("app");
    }

    private static WireClient client(String name) throws IOException {
        return WireClient.connect(through(), Map.of("application_name", name), Duration.ofSeconds(20));
    }

    private static Operator operator() throws IOException {
        return new Operator(through());
    }

    /** A column of the client of that name in SHOW CLIENTS. */
    private static String shown(Operator operator, String name, int column) throws IOException {
        for (BackendMessage row : operator.console().query("show clients")) {
            if (row.is('D') && row.columns().contains(name)) {
                return String.valueOf(row.columns().get(column));
            }
        }
        throw new IllegalStateException("no client " + name);
    }

    private static String id(Operator operator, String name) throws IOException {
        return shown(operator, name, ID);
    }

    /** Begins a trace and returns when it has begun. */
    private static void begin(Operator operator, String command) throws IOException {
        operator.begin(command);
        assertThat(operator.console().readMessage().type()).isEqualTo('T');
    }

    /** Returns when a trace of that client has begun that was asked for without having its columns told. */
    private static void awaitBegin(String id) {
        await().until(() -> proxy.log().count("TRACE '" + id + "' command issued") > 0);
        // behind the task by which it begins
        proxy.proxy().lanes().onEach(lane -> {}).join();
    }

    /** Message and detail of so many rows, as they come. */
    private static List<String> rows(Operator operator, int count) throws IOException {
        List<String> rows = new ArrayList<>();
        while (rows.size() < count) {
            rows.add(text(operator.console().readMessage()));
        }
        return rows;
    }

    private static String text(BackendMessage row) {
        assertThat(row.type()).isEqualTo('D');
        List<@Nullable String> cells = row.columns();
        return ("from client".equals(cells.get(2)) ? "> " : "< ")
                + (cells.get(3) + ' ' + cells.get(4) + ' ' + cells.get(5)).strip();
    }

    /** What is between the rows and ReadyForQuery: a notice perhaps, and the tag. */
    private static List<String> end(Operator operator) throws IOException {
        return operator.console().readUntilReady().stream()
                .filter(message -> !message.is('D') && !message.is('Z'))
                .map(message -> message.is('N') ? message.errorText() : message.tag())
                .toList();
    }

    private static void cancel(Operator operator) throws IOException {
        operator.console().cancel();
    }

    @Test
    void messagesComeAsTheyPassWithoutWhatTheyCarry() throws IOException {
        try (WireClient client = client("watched");
                Operator operator = operator()) {
            begin(operator, "TRACE " + id(operator, "watched"));
            client.query("select 'secret'");
            assertThat(rows(operator, 5))
                    .containsExactly(
                            "> Query 21",
                            "< RowDescription 34",
                            "< DataRow 17",
                            "< CommandComplete 14 SELECT 1",
                            "< ReadyForQuery 6 I");
            client.send(
                    Messages.parse("", "select 1/$1::int"),
                    Messages.bind("", "", "0"),
                    Messages.execute("", 0),
                    Messages.sync());
            client.readUntilReady();
            List<String> rows = rows(operator, 7);
            assertThat(rows.get(0)).isEqualTo("> Parse 25 statement \"\"");
            assertThat(rows.get(1)).startsWith("> Bind ").endsWith("portal \"\", statement \"\"");
            assertThat(rows.subList(2, 5)).containsExactly("> Execute 10 portal \"\"", "> Sync 5", "< ParseComplete 5");
            assertThat(rows.get(5)).startsWith("< ErrorResponse ").endsWith(" 22012");
            assertThat(rows.get(6)).isEqualTo("< ReadyForQuery 6 I");
            cancel(operator);
            assertThat(end(operator)).containsExactly("canceled", "TRACE");

            client.query("select 'unseen'");
            assertThat(operator.console().queryOne("show version")).startsWith("Spillway");
        }
    }

    @Test
    void theServerOfThatMomentIsTold() throws IOException {
        try (WireClient client = client("served");
                Operator operator = operator()) {
            client.query("begin");
            String pointer = shown(operator, "served", LINK);
            begin(operator, "TRACE " + id(operator, "served"));
            client.query("select 1");
            BackendMessage row = operator.console().readMessage();
            assertThat("0x" + Integer.toHexString(Integer.parseInt(row.columns().getLast())))
                    .isEqualTo(pointer);
            assertThat(Long.parseLong(row.columns().get(1))).isBetween(0L, 20_000_000L);
            cancel(operator);
            assertThat(end(operator)).endsWith("TRACE");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoBeginsInTheMiddleOfMessagesReadsOnWithTheNext(boolean isTls) throws IOException {
        try (WireClient client = WireClient.open(through(), Duration.ofSeconds(20));
                Operator operator = operator()) {
            if (isTls) {
                client.send(Messages.sslRequest());
                assertThat(client.readByte()).isEqualTo('S');
                client.shakeHands(TestCertificates.client());
            }
            String name = "halves" + isTls;
            client.login(Messages.PROTOCOL_3_0, Map.of("application_name", name), null);
            for (int kept : new int[] {1, 5, 60, 24_000}) {
                byte[] query = Messages.query("select '" + "x".repeat(kept < 20_000 ? 100 : 200_000) + "'");
                int cut = Math.min(kept, query.length - 1);
                long before = proxy.proxy().totals().received();
                client.send(Arrays.copyOf(query, cut));
                await().until(() -> proxy.proxy().totals().received() >= before + cut);
                begin(operator, "TRACE " + id(operator, name));
                client.send(Arrays.copyOfRange(query, cut, query.length));
                client.readUntilReady();
                boolean isSeenFromItsBeginning = query.length < 1000;
                List<String> rows = rows(operator, isSeenFromItsBeginning ? 5 : 4);
                assertThat(rows.stream().map(row -> row.split(" ", -1)[1]).toList())
                        .as("begun after %d bytes", cut)
                        .isEqualTo(ANSWERED.subList(isSeenFromItsBeginning ? 0 : 1, ANSWERED.size()));
                cancel(operator);
                assertThat(end(operator)).containsExactly("canceled", "TRACE");
            }
        }
    }

    @Test
    void whoBeginsInTheMiddleOfARowReadsOnWithTheNext() throws Exception {
        try (WireClient client = client("slow reader");
                Operator operator = operator()) {
            long before = proxy.proxy().totals().sent();
            client.send(Messages.query("select repeat('x', 16 * 1024 * 1024)"), Messages.query("select 'small'"));
            await().until(() -> proxy.proxy().totals().sent() > before + 100_000);
            begin(operator, "TRACE " + id(operator, "slow reader") + " 60");
            assertThat(client.readUntilReady().get(1).length()).isGreaterThan(16 * 1024 * 1024);
            client.readUntilReady();
            List<String> rows = new ArrayList<>();
            while (rows.stream().filter(row -> row.startsWith("< Ready")).count() < 2) {
                rows.addAll(rows(operator, 1));
            }
            assertThat(rows)
                    .containsExactly(
                            "< CommandComplete 14 SELECT 1",
                            "< ReadyForQuery 6 I",
                            "< RowDescription 34",
                            "< DataRow 16",
                            "< CommandComplete 14 SELECT 1",
                            "< ReadyForQuery 6 I");
            cancel(operator);
            assertThat(end(operator)).containsExactly("canceled", "TRACE");
        }
    }

    @Test
    void itEndsWithTheClientWithTimeOrWithItsRows() throws IOException {
        try (Operator operator = operator()) {
            try (WireClient client = client("leaving")) {
                begin(operator, "TRACE 0x" + Integer.toHexString(Integer.parseInt(id(operator, "leaving"))));
                client.terminate();
                assertThat(rows(operator, 1)).containsExactly("> Terminate 5");
                assertThat(end(operator)).containsExactly("the client has gone", "TRACE");
            }
            try (WireClient client = client("staying")) {
                begin(operator, "trace " + id(operator, "staying") + " 1;");
                assertThat(end(operator)).containsExactly("TRACE");

                begin(operator, "trace " + id(operator, "staying") + " 60");
                client.query("select generate_series(1, 12000)");
                List<BackendMessage> answer = operator.console().readUntilReady();
                assertThat(answer.stream().filter(row -> row.is('D'))).hasSize(10_000);
                assertThat(answer.get(10_000).errorText()).isEqualTo("the trace ended after 10000 rows");
                assertThat(client.queryOne("select 'goes on'")).isEqualTo("goes on");
            }
        }
    }

    @Test
    void aClientThatChangesLanesStaysInSight() throws IOException {
        try (WireClient client = client("moving");
                Operator operator = operator()) {
            client.query("select 1");
            begin(operator, "TRACE " + id(operator, "moving"));
            for (int i = 0; i < 10; i++) {
                int before = proxy.proxy().lanes().departures();
                proxy.proxy().lanes().shift(i % 2, 1 - i % 2, 100);
                proxy.proxy().lanes().shift(1 - i % 2, i % 2, 100);
                await().until(() -> proxy.proxy().lanes().departures() > before
                        && !proxy.proxy().lanes().isTravelling());
                client.query("select 'x'");
                assertThat(rows(operator, 5)).first().isEqualTo("> Query 16");
            }
            cancel(operator);
            assertThat(end(operator)).containsExactly("canceled", "TRACE");
        }
    }

    @Test
    void anOperatorWhoDisconnectsLeavesNothingBehind() throws IOException {
        try (WireClient client = client("left alone");
                Operator looker = operator()) {
            String number = id(looker, "left alone");
            for (int i = 0; i < 3; i++) {
                try (Operator operator = operator()) {
                    begin(operator, "TRACE " + number + " 3600");
                    client.query("select 1");
                }
            }
            await().until(() -> proxy.log().count("TRACE '" + number + "' has ended") == 3);
            assertThat(client.queryOne("select 'goes on'")).isEqualTo("goes on");
        }
    }

    @Test
    void inTheExtendedProtocolRowsComeAsManyAtATimeAsAreAskedFor() throws IOException {
        try (WireClient client = client("portions");
                Operator operator = operator()) {
            String id = id(operator, "portions");
            WireClient console = operator.console();
            console.query("begin");
            console.send(
                    Messages.parse("s", "TRACE " + id + " 60"),
                    Messages.describeStatement("s"),
                    Messages.bindFor("p", "s", 1),
                    Messages.execute("p", 2),
                    Messages.flush());
            assertThat(console.readMessage().type()).isEqualTo('1');
            assertThat(console.readMessage().type()).isEqualTo('t');
            BackendMessage columns = console.readMessage();
            assertThat(console.readMessage().type()).isEqualTo('2');
            assertThat(ShowColumnsIT.columns(columns))
                    .containsExactly(
                            "time:1184:8",
                            "elapsed_us:20:8",
                            "direction:25:-1",
                            "message:25:-1",
                            "length:20:8",
                            "detail:25:-1",
                            "server:23:4");
            awaitBegin(id);
            client.query("select 'x'");
            assertThat(console.readMessage().type()).isEqualTo('D');
            assertThat(console.readMessage().type()).isEqualTo('D');
            assertThat(console.readMessage().type()).isEqualTo('s');
            console.send(Messages.execute("p", 0), Messages.closePortal("p"), Messages.sync());
            for (int i = 0; i < 3; i++) {
                assertThat(console.readMessage().type()).isEqualTo('D');
            }
            client.terminate();
            assertThat(console.readUntilReady().stream()
                            .map(BackendMessage::type)
                            .map(String::valueOf))
                    .containsExactly("D", "N", "C", "3", "Z");
        }
    }

    @Test
    void copiedRowsAreLinesThatComeAsTheyAreFound() throws IOException {
        try (WireClient client = client("copied off");
                Operator operator = operator()) {
            operator.begin("COPY (TRACE " + id(operator, "copied off") + ") TO STDOUT");
            assertThat(operator.console().readMessage().type()).isEqualTo('H');
            client.query("select 1");
            List<String> lines = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                BackendMessage line = operator.console().readMessage();
                assertThat(line.type()).isEqualTo('d');
                lines.add(new String(line.body(), StandardCharsets.UTF_8));
            }
            assertThat(lines.getFirst()).matches("[0-9-]+ [0-9:.]+\\+00\t\\d+\tfrom client\tQuery\t\\d+\t\t\\\\N\n");
            assertThat(lines.get(3)).contains("\tCommandComplete\t14\tSELECT 1\t");
            cancel(operator);
            List<BackendMessage> end = operator.console().readUntilReady();
            assertThat(end).extracting(BackendMessage::type).containsExactly('N', 'c', 'C', 'Z');
            assertThat(end.get(2).tag()).isEqualTo("COPY 5");
            assertThat(operator.console().queryOne("show version")).startsWith("Spillway");
        }
    }

    @Test
    void inTheExtendedProtocolACopyIsDescribedAsWithoutRows() throws IOException {
        try (WireClient client = client("copied too");
                Operator operator = operator()) {
            String number = id(operator, "copied too");
            operator.console()
                    .send(
                            Messages.parse("", "copy (trace " + number + ") to stdout"),
                            Messages.bind("", ""),
                            Messages.describePortal(""),
                            Messages.execute("", 1),
                            Messages.sync());
            awaitBegin(number);
            client.query("select 1");
            client.reset();
            assertThat(operator.console().readUntilReady())
                    .extracting(BackendMessage::type)
                    .startsWith('1', '2', 'n', 'H', 'd', 'd', 'd', 'd', 'd')
                    .endsWith('N', 'c', 'C', 'Z');
        }
    }

    @Test
    void psqlPrintsACopiedTraceWhileItGoesOn() throws IOException {
        var _ = ClientProgram.find("psql", Path.of("."), List.of("psql"), "--version");
        var _ = ClientProgram.find("stdbuf", Path.of("."), List.of("stdbuf"), "--version");
        try (WireClient client = client("seen live");
                Operator operator = operator()) {
            String number = id(operator, "seen live");
            // stdbuf: as on a terminal
            Process psql = new ProcessBuilder(
                            "stdbuf",
                            "-oL",
                            "psql",
                            "-X",
                            "-d",
                            "host=localhost port=" + through().port() + " dbname=pgbouncer user="
                                    + through().user(),
                            "-c",
                            "COPY (TRACE " + number + " 3600) TO STDOUT")
                    .start();
            try (BufferedReader out = psql.inputReader(StandardCharsets.UTF_8)) {
                awaitBegin(number);
                client.query("select 1");
                assertThat(out.readLine()).contains("from client\tQuery");
                assertThat(psql.isAlive()).isTrue();
            } finally {
                var _ = psql.destroyForcibly();
            }
        }
    }

    @Test
    void pgjdbcReadsAPreparedTrace() throws IOException, SQLException {
        try (WireClient client = client("from java");
                Operator operator = operator();
                Connection console = DriverManager.getConnection(
                        through().withDatabase("pgbouncer").jdbcUrl())) {
            String number = id(operator, "from java");
            try (PreparedStatement trace = console.prepareStatement("trace " + number + " 60")) {
                Thread.ofVirtual().start(() -> {
                    awaitBegin(number);
                    assertThatNoException().isThrownBy(() -> client.query("select 1"));
                });
                trace.setMaxRows(1);
                try (ResultSet rows = trace.executeQuery()) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getString("message")).isIn("Query", "RowDescription", "DataRow", "CommandComplete");
                    assertThat(rows.getTimestamp("time")).isNotNull();
                    assertThat(rows.next()).isFalse();
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TRACE              | invalid client pointer supplied",
                "TRACE two          | invalid client pointer supplied",
                "TRACE 0x           | invalid client pointer supplied",
                "TRACE 12345678901  | invalid client pointer supplied",
                "TRACE 2147483647   | client not found",
                "TRACE 0x7fffffff 5 | client not found",
                "TRACE 1 0          | a trace takes 1 to 3600 seconds",
                "TRACE 1 3601       | a trace takes 1 to 3600 seconds",
                "TRACE 1 soon       | a trace takes 1 to 3600 seconds",
                "TRACE 1 2 3        | invalid command 'TRACE 1 2 3', use SHOW HELP;",
            })
    void whatCannotBeTracedIsRefused(String command, String text) throws IOException {
        try (Operator operator = operator()) {
            assertThat(operator.error(command)).isEqualTo("08P01 " + text);
        }
    }
}
