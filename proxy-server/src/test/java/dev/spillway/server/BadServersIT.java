package dev.spillway.server;

import static dev.spillway.testkit.ScriptedServer.authenticationOk;
import static dev.spillway.testkit.ScriptedServer.complete;
import static dev.spillway.testkit.ScriptedServer.error;
import static dev.spillway.testkit.ScriptedServer.greeting;
import static dev.spillway.testkit.ScriptedServer.key;
import static dev.spillway.testkit.ScriptedServer.parameter;
import static dev.spillway.testkit.ScriptedServer.ready;
import static dev.spillway.testkit.ScriptedServer.row;
import static dev.spillway.testkit.ScriptedServer.rowDescription;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.BadInput;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.ScriptedServer;
import dev.spillway.testkit.ScriptedServer.Answer;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Servers that do what PostgreSQL never would: their client is told, they are never used again, and others are served. */
class BadServersIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final Map<String, Answer> LOGINS = logins();
    private static final Map<String, Answer> QUERIES = queries();
    private static final Map<String, Answer> UNASKED = unasked();

    private static Map<String, Answer> logins() {
        Map<String, Answer> all = new LinkedHashMap<>();
        all.put("garbage", Answer.of(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));
        all.put("http", Answer.of("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(US_ASCII)));
        all.put("half", Answer.of(Arrays.copyOf(greeting(), 20)).thenClose());
        all.put("nothing and the end", Answer.of().thenClose());
        all.put("nothing", Answer.of());
        all.put("short authentication", Answer.of(Messages.raw('R', (byte) 0)));
        all.put("huge authentication", Answer.of(BadInput.header('R', 0x3fffffff)));
        all.put("negative length", Answer.of(BadInput.header('S', -5)));
        all.put("ready without authentication", Answer.of(ready('I')));
        all.put("ready without status", Answer.of(authenticationOk(), BadInput.header('Z', 4)));
        all.put("ready in a transaction", Answer.of(authenticationOk(), key(), ready('T')));
        all.put("row", Answer.of(authenticationOk(), row("x")));
        all.put("parameter without end", Answer.of(authenticationOk(), Messages.raw('S', (byte) 'a')));
        all.put("endless parameters", Answer.of(authenticationOk(), manyParameters()));
        all.put("more than ready", Answer.of(greeting(), row("x")));
        all.put("ready and half a message", Answer.of(greeting(), new byte[] {'S', 0, 0}));
        all.put("error without fields", Answer.of(Messages.raw('E', (byte) 0)));
        all.put("error without end", Answer.of(Messages.raw('E', (byte) 'S', (byte) 'x')));
        all.put("error of strange fields", Answer.of(Messages.raw('E', (byte) -1, (byte) '\n', (byte) 0, (byte) 0)));
        return all;
    }

    private static byte[] manyParameters() {
        return Messages.join(
                IntStream.range(0, 5000).mapToObj(i -> parameter("p" + i, "v")).toList());
    }

    private static Map<String, Answer> queries() {
        Map<String, Answer> all = new LinkedHashMap<>();
        all.put("unknown type", Answer.of(Messages.raw('!', (byte) 1)));
        all.put("frontend type", Answer.of(Messages.raw('Q', (byte) 0)));
        all.put("another phase", Answer.of(authenticationOk()));
        all.put("reply to another message", Answer.of(Messages.raw('1')));
        all.put("unknown status", Answer.of(complete("SELECT 1"), ready('?')));
        all.put("ready without status", Answer.of(complete("SELECT 1"), BadInput.header('Z', 4)));
        all.put("length 3", Answer.of(BadInput.header('D', 3)));
        all.put("negative length", Answer.of(rowDescription(), BadInput.header('D', -1)));
        all.put("absurd length", Answer.of(BadInput.header('D', Integer.MAX_VALUE)));
        all.put("absurd parameter", Answer.of(BadInput.header('S', 0x3fffffff)));
        all.put("error without end", Answer.of(Messages.raw('E', (byte) 'S', (byte) 'x')));
        all.put("endless parameters", Answer.of(manyParameters()));
        all.put(
                "half a row",
                Answer.of(rowDescription(), Arrays.copyOf(row("x".repeat(50)), 30))
                        .thenClose());
        all.put(
                "half a header",
                Answer.of(rowDescription(), new byte[] {'D', 0}).thenClose());
        all.put("fatal", Answer.of(error("FATAL", "57P01", "terminating")).thenClose());
        all.put("nothing and the end", Answer.of().thenClose());
        all.put("ready twice", Answer.of(rowDescription(), row("x"), complete("SELECT 1"), ready('I'), ready('I')));
        return all;
    }

    private static Map<String, Answer> unasked() {
        Map<String, Answer> all = new LinkedHashMap<>();
        all.put("ready", Answer.of(ready('I')));
        all.put("row", Answer.of(row("x")));
        all.put("error", Answer.of(error("ERROR", "XX000", "by the way")));
        all.put("fatal", Answer.of(error("FATAL", "57P01", "terminating")));
        all.put(
                "fatal and the end",
                Answer.of(error("FATAL", "57P01", "terminating")).thenClose());
        all.put("end", Answer.of().thenClose());
        all.put("garbage", Answer.of(new byte[] {0, 0, 0, 0, 0}));
        return all;
    }

    static List<String> loginNames() {
        return List.copyOf(LOGINS.keySet());
    }

    static List<String> queryNames() {
        return List.copyOf(QUERIES.keySet());
    }

    static List<String> unaskedNames() {
        return List.copyOf(UNASKED.keySet());
    }

    private static Answer answer(Map<String, Answer> table, String what) {
        return Objects.requireNonNull(table.get(what));
    }

    private static ProxyConfig config(ScriptedServer server, int poolSize) {
        return RunningProxy.config(server.port(), PoolMode.TRANSACTION, poolSize)
                .with(Settings.SERVER_CONNECT_TIMEOUT, Duration.ofSeconds(1));
    }

    private static Endpoint through(RunningProxy proxy) {
        return new Endpoint("127.0.0.1", proxy.proxy().port(), "u", "d");
    }

    @ParameterizedTest
    @MethodSource("loginNames")
    void serverThatCannotLogUsInIsReplaced(String what) throws Exception {
        try (ScriptedServer server = new ScriptedServer();
                RunningProxy proxy = new RunningProxy(config(server, 1))) {
            server.nextLogin(answer(LOGINS, what));
            try (WireClient client = WireClient.connect(through(proxy))) {
                assertThat(client.queryOne("select 1")).isEqualTo("select 1");
            }
            assertThat(server.accepted()).isEqualTo(2);
            await().until(() -> server.openNow() == 1);
            assertThat(proxy.log().lines().stream().filter(line -> line.startsWith("server login failed")))
                    .hasSize(1);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @Test
    void loginThatTakesTooLongIsReportedWithItsPool() throws Exception {
        try (ScriptedServer server = new ScriptedServer();
                RunningProxy proxy = new RunningProxy(config(server, 1))) {
            server.nextLogin(Answer.of());
            try (WireClient client = WireClient.connect(through(proxy))) {
                assertThat(client.queryOne("select 1")).isEqualTo("select 1");
            }
            assertThat(proxy.log().lines())
                    .anySatisfy(line -> assertThat(line).contains("of pool d/u: server_connect_timeout is over"));
        }
    }

    @Test
    void serverThatAsksForWhatWeCannotDoIsNotAskedTwiceForTheSameClient() throws Exception {
        try (ScriptedServer server = new ScriptedServer();
                RunningProxy proxy = new RunningProxy(config(server, 1))) {
            server.nextLogin(Answer.of(Messages.raw('R', (byte) 0, (byte) 0, (byte) 0, (byte) 99)));
            assertThatThrownBy(() -> WireClient.connect(through(proxy)).close())
                    .hasMessageContaining("08006")
                    .hasMessageContaining("method 99");
            try (WireClient next = WireClient.connect(through(proxy))) {
                assertThat(next.queryOne("select 1")).isEqualTo("select 1");
            }
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("queryNames")
    void serverThatAnswersWronglyIsReplacedAndItsClientTold(String what) throws Exception {
        try (ScriptedServer server = new ScriptedServer();
                RunningProxy proxy = new RunningProxy(config(server, 1));
                WireClient victim = WireClient.connect(through(proxy));
                WireClient other = WireClient.connect(through(proxy))) {
            server.nextQuery(answer(QUERIES, what));
            victim.send(Messages.query("select 1"));
            List<BackendMessage> said = new ArrayList<>();
            boolean isHalf = !readTo(victim, said);
            assertThat(isHalf).isEqualTo(what.equals("half a row"));
            if (!isHalf) {
                BackendMessage last = said.getLast();
                assertThat(last.isFatal()).as("%s", said).isTrue();
                assertThat(last.sqlState()).isEqualTo(what.equals("fatal") ? "57P01" : "08006");
                assertThat(said.stream().filter(message -> message.is('E'))).hasSize(1);
            }
            assertThat(other.queryOne("select 2")).isEqualTo("select 2");
            assertThat(server.accepted()).isEqualTo(2);
            await().until(() -> server.openNow() == 1);
            assertThat(proxy.log().lines().stream()
                            .filter(line -> line.startsWith("server broke") || line.startsWith("server closed")))
                    .hasSize(1);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("unaskedNames")
    void serverThatSpeaksUnaskedInThePoolIsNotUsedAgain(String what) throws Exception {
        try (ScriptedServer server = new ScriptedServer();
                RunningProxy proxy = new RunningProxy(config(server, 1));
                WireClient client = WireClient.connect(through(proxy))) {
            client.query("select 1");
            server.say(answer(UNASKED, what));
            await().until(() -> server.openNow() == 0);
            assertThat(client.queryOne("select 2")).isEqualTo("select 2");
            assertThat(server.accepted()).isEqualTo(2);
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("unaskedNames")
    void serverThatSpeaksUnaskedInATransactionEndsItsClient(String what) throws Exception {
        try (ScriptedServer server = new ScriptedServer();
                RunningProxy proxy = new RunningProxy(config(server, 1));
                WireClient client = WireClient.connect(through(proxy));
                WireClient other = WireClient.connect(through(proxy))) {
            client.query("begin");
            server.say(answer(UNASKED, what).thenClose());
            List<BackendMessage> said = new ArrayList<>();
            assertThat(readTo(client, said)).isTrue();
            assertThat(said)
                    .singleElement()
                    .satisfies(error -> assertThat(error.isFatal()).isTrue());
            assertThat(said.getFirst().sqlState()).isEqualTo(what.startsWith("fatal") ? "57P01" : "08006");
            assertThat(other.queryOne("select 2")).isEqualTo("select 2");
            assertThat(proxy.log().defects()).isEmpty();
        }
    }

    /** False if the connection ended inside a message. */
    private static boolean readTo(WireClient client, List<BackendMessage> said) throws IOException {
        client.timeout(LIMIT);
        byte[] rest = client.readAll();
        int at = 0;
        while (at < rest.length) {
            if (rest.length - at < 5) {
                return false;
            }
            int length = ByteBuffer.wrap(rest).getInt(at + 1);
            if (rest.length - at <= length) {
                return false;
            }
            said.add(new BackendMessage(rest[at], Arrays.copyOfRange(rest, at + 5, at + 1 + length)));
            at += length + 1;
        }
        return true;
    }
}
