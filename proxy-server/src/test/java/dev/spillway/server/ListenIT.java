package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.core.config.Settings;
import dev.spillway.core.config.StateSettings;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.Messages;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** LISTEN and NOTIFY in transaction mode, beside a direct connection that does the same. */
class ListenIT {
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Endpoint direct = PostgresFixture.shared().endpoint();

    private ProxyConfig config(int poolSize, int lanes) {
        return RunningProxy.config(direct.port(), PoolMode.TRANSACTION, poolSize)
                .with(Settings.LANES, lanes);
    }

    private Endpoint through(RunningProxy proxy) {
        return direct.withPort(proxy.proxy().port());
    }

    /** Steps of one who listens, and with {@code n:} of another. {@code |} parts them, {@code &} what is sent together. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "listen a | n:notify a, 'one' | n:notify a, 'two' | n:notify b, 'none'",
                "begin | listen a | n:notify a, 'early' | commit | n:notify a, 'late'",
                "begin | listen a | rollback | n:notify a, 'none'",
                "listen a; select 1/0 | n:notify a, 'none'",
                "listen a | unlisten a | n:notify a, 'none'",
                "listen a | listen b | unlisten * | n:notify a, 'none'",
                "listen a | listen b | unlisten a | n:notify a, 'none' | n:notify b, 'some'",
                "listen a | begin | unlisten a | n:notify a, 'before' | rollback | n:notify a, 'after'",
                "listen a | begin | unlisten a | commit | n:notify a, 'after'",
                "listen a | begin | savepoint s | unlisten a | rollback to s | commit | n:notify a, 'some'",
                "listen a | begin | savepoint s | unlisten * | rollback to s | listen b | commit | n:notify a |"
                        + " n:notify b",
                "listen a | discard all | n:notify a, 'none'",
                "listen a | set work_mem = '7MB' | n:notify a, 'some' | discard all | n:notify a, 'none'",
                "listen a | notify a, 'own'",
                "listen a | begin | notify a, 'own' | select 1 | commit | select 2",
                "listen a | begin | notify a, 'own' | rollback | select 1",
                "begin | listen a | notify a, 'own' | commit",
                "listen a; notify a, 'own'",
                "listen a | listen b; notify b, 'own' | notify a, 'own'; notify b, 'own'",
                "listen a | begin | n:notify a, 'one' | select 1 | n:notify a, 'two' | commit | select 2",
                "listen a | listen a | n:notify a, 'once'",
                "do $$ begin execute 'listen a'; end $$ | select 1 | n:notify a, 'some'",
                "listen \"A b\"\"c\" | n:notify \"A b\"\"c\", 'quoted'",
                "listen \"ünï\" | n:notify \"ünï\", 'Zoë' | notify \"ünï\", 'own'",
                "listen U&\"\\005C\\00FC\" | n:notify U&\"\\005C\\00FC\", 'back' | unlisten * | n:notify"
                        + " U&\"\\005C\\00FC\"",
                "listen a | create temp table kept (a int) | n:notify a, 'pinned' | notify a, 'own' | listen b |"
                        + " n:notify b | unlisten a | n:notify a | drop table kept | n:notify b, 'some' | select 1",
                "listen a & select 1 & notify a, 'own'",
                "begin & listen a & commit & select 1 & notify a, 'own'",
                "listen a | select * from pg_listening_channels() | begin | select * from pg_listening_channels() |"
                        + " commit",
                "select pg_notify('a', 'none') | listen a | select pg_notify('a', 'own') | n:select pg_notify('a',"
                        + " 'other')",
                "listen a | n:begin | n:notify a, 'one' | n:notify a, 'one' | n:notify a, 'two' | n:commit",
                "listen a | n:notify a, '" + "" + "' | n:select pg_notify('a', repeat('x', 7999))",
                "listen_not | listen a | n:notify a",
            })
    void whoListensHearsWhatADirectConnectionDoes(String script) throws IOException {
        List<String> expected = play(direct, script);
        for (int lanes = 1; lanes <= 2; lanes++) {
            for (int poolSize : List.of(script.contains("begin") || script.contains("temp") ? 2 : 1, 3)) {
                try (RunningProxy proxy = new RunningProxy(config(poolSize, lanes))) {
                    assertThat(play(through(proxy), script)).isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void theNumberIsThatOfTheServerThatWasUsed() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(2, 2));
                WireClient listens = WireClient.connect(through(proxy));
                WireClient notifies = WireClient.connect(through(proxy))) {
            listens.query("listen a");
            String pid = notifies.queryOne("select pg_backend_pid() from pg_notify('a', '')");
            assertThat(processId(listens.readMessage())).hasToString(pid);
        }
    }

    @Test
    void whoOnlyListensKeepsNoServer() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(1, 1));
                WireClient console = WireClient.connect(through(proxy).withDatabase("spillway"))) {
            List<WireClient> clients = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                WireClient client = WireClient.connect(through(proxy));
                clients.add(client);
                client.query("listen a");
            }
            assertThat(console.query("show pins")).noneMatch(message -> message.is('D'));
            assertThat(console.query("show servers"))
                    .filteredOn(message -> message.is('D') && message.text().contains("spillway listener, channels: 1"))
                    .hasSize(1);
            assertThat(PostgresFixture.shared()
                            .queryOne("select count(*) from pg_stat_activity where application_name = 'spillway"
                                    + " listener'"))
                    .isEqualTo("1");
            for (WireClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void theConnectionThatListensCountsUnderTheLimitsOfAllPools() throws IOException {
        ProxyConfig two = config(1, 1).with(Settings.MAX_DB_CONNECTIONS, 2);
        try (RunningProxy proxy = new RunningProxy(two);
                WireClient listens = WireClient.connect(through(proxy), Map.of(), LIMIT);
                WireClient notifies = WireClient.connect(through(proxy), Map.of(), LIMIT)) {
            listens.query("listen a");
            notifies.query("notify a");
            assertThat(listens.readMessage().is('A')).isTrue();
        }
        ProxyConfig one = config(1, 1).with(Settings.MAX_DB_CONNECTIONS, 1);
        try (RunningProxy proxy = new RunningProxy(one);
                WireClient listens = WireClient.connect(through(proxy), Map.of(), LIMIT);
                WireClient other = WireClient.connect(through(proxy), Map.of(), LIMIT)) {
            listens.send(Messages.query("listen a"));
            assertThat(listens.readUntilClosed().getLast().errorText())
                    .contains("max_db_connections", "cannot be kept for listening");
            assertThat(other.queryOne("select 1")).isEqualTo("1");
        }
    }

    @Test
    void aConnectionThatIsLostIsReplacedAndItsClientsAreTold() throws IOException {
        try (RunningProxy proxy = new RunningProxy(config(1, 2));
                WireClient listens = WireClient.connect(through(proxy), Map.of(), LIMIT);
                WireClient notifies = WireClient.connect(through(proxy), Map.of(), LIMIT)) {
            listens.query("listen a");
            for (int i = 1; i <= 3; i++) {
                PostgresFixture.shared()
                        .execute("select pg_terminate_backend(pid) from pg_stat_activity"
                                + " where application_name = 'spillway listener'");
                BackendMessage notice = listens.readMessage();
                assertThat(notice.is('N')).as(notice.toString()).isTrue();
                assertThat(notice.sqlState()).isEqualTo("01000");
                assertThat(notice.errorText()).contains("may be missing");
                notifies.query("notify a, 'again'");
                assertThat(text(listens.readMessage())).isEqualTo("a(again)");
                assertThat(proxy.log().count("listener lost")).isEqualTo(i);
                assertThat(proxy.log().count("listener back")).isEqualTo(i);
            }
        }
    }

    @Test
    void whoDoesNotReadIsClosed() throws IOException {
        ProxyConfig small = config(2, 1).with(StateSettings.NOTIFY_BUFFER, 64 * 1024);
        try (RunningProxy proxy = new RunningProxy(small);
                WireClient lazy = WireClient.connect(through(proxy), Map.of(), LIMIT);
                WireClient busy = WireClient.connect(through(proxy), Map.of(), LIMIT);
                WireClient reads = WireClient.connect(through(proxy), Map.of(), LIMIT);
                WireClient notifies = WireClient.connect(through(proxy), Map.of(), LIMIT)) {
            lazy.query("listen a");
            busy.query("listen a");
            reads.query("listen a");
            busy.query("begin");
            for (int i = 0; i < 10_000 && proxy.log().count("notify_buffer") < 2; i++) {
                notifies.query("select pg_notify('a', '" + i + "' || repeat('x', 7000))");
                BackendMessage next = reads.readMessage();
                assertThat(text(next)).startsWith("a(" + i + "x");
            }
            List<BackendMessage> answer = busy.readUntilClosed();
            assertThat(answer.getLast().sqlState()).isEqualTo("53400");
            assertThat(answer.getLast().errorText()).contains("notify_buffer", "65536 bytes");
            assertThat(proxy.log().count("notify_buffer")).isEqualTo(2);
            assertThat(lazy.readUntilClosed().getLast().sqlState()).isEqualTo("53400");
            notifies.query("notify a, 'still'");
            assertThat(text(reads.readMessage())).isEqualTo("a(still)");
        }
    }

    private static List<String> play(Endpoint endpoint, String script) throws IOException {
        List<String> heard = new ArrayList<>();
        try (WireClient listens = WireClient.connect(endpoint, Map.of(), LIMIT);
                WireClient notifies = WireClient.connect(endpoint, Map.of(), LIMIT)) {
            List<String> others = new ArrayList<>();
            for (String step : (script + " | listen fin | n:notify fin").split(" \\| ", -1)) {
                if (step.startsWith("n:")) {
                    assertThat(notifies.query(step.substring(2))).noneMatch(message -> message.is('A'));
                } else {
                    String[] together = step.split(" & ", -1);
                    for (String sql : together) {
                        listens.send(Messages.query(sql));
                    }
                    for (String sql : together) {
                        heard.add(sql + ": " + answer(listens.readUntilReady(), others));
                    }
                }
            }
            while (!others.contains("fin()")) {
                BackendMessage next = listens.readMessage();
                assertThat(next.is('A')).as(next.toString()).isTrue();
                others.add(text(next));
            }
            heard.addAll(others);
        }
        return heard;
    }

    /** Own notifications stand where they came; others may come at any time, in their order. */
    private static String answer(List<BackendMessage> messages, List<String> others) {
        StringBuilder answer = new StringBuilder();
        for (BackendMessage message : messages) {
            if (message.is('A') && !text(message).endsWith("(own)")) {
                others.add(text(message));
            } else if (message.is('A')) {
                answer.append(text(message)).append(' ');
            } else if (message.is('Z')) {
                answer.append(message.status());
            } else if (message.is('C') || message.is('D') || message.is('E')) {
                answer.append(message.is('D') ? message.column() : message.is('E') ? message.sqlState() : message.tag())
                        .append(' ');
            }
        }
        return answer.toString();
    }

    private static String text(BackendMessage notification) {
        byte[] body = notification.body();
        String both = new String(body, Integer.BYTES, body.length - Integer.BYTES, StandardCharsets.UTF_8);
        return both.substring(0, both.indexOf('\0'))
                + '('
                + both.substring(both.indexOf('\0') + 1, both.length() - 1)
                + ')';
    }

    private static int processId(BackendMessage notification) {
        return ByteBuffer.wrap(notification.body()).getInt();
    }
}
