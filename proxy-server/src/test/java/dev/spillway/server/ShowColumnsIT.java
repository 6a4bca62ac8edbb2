package dev.spillway.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.core.config.PoolMode;
import dev.spillway.core.config.ProxyConfig;
import dev.spillway.testkit.BackendMessage;
import dev.spillway.testkit.Endpoint;
import dev.spillway.testkit.PostgresFixture;
import dev.spillway.testkit.WireClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the console's tables look like on the wire, against what PgBouncer's do and what is documented of ours. */
final class ShowColumnsIT {
    private static final Endpoint CONSOLE = new Endpoint("127.0.0.1", 0, PostgresFixture.SUPERUSER, "pgbouncer");

    /** Nobody needs the servers. */
    private static final ProxyConfig CONFIG = RunningProxy.config(1, PoolMode.TRANSACTION, 1);

    /** Behind PgBouncer's. */
    private static final List<String> OF_PINS = List.of("pin_reason:25:-1", "pin_age:20:8", "pin_tag:25:-1");

    private static final Map<String, List<String>> OURS = Map.of("CLIENTS", OF_PINS, "SERVERS", OF_PINS);

    /** By command, of PgBouncer; each column as name, type OID and type size. */
    static Map<String, List<String>> recorded() {
        return read("/show-columns.txt");
    }

    /** The same of what PgBouncer has not. */
    static Map<String, List<String>> ours() {
        return read("/show-columns-ours.txt");
    }

    private static Map<String, List<String>> read(String resource) {
        Map<String, List<String>> columns = new TreeMap<>();
        try (InputStream file = ShowColumnsIT.class.getResourceAsStream(resource)) {
            String text = new String(Objects.requireNonNull(file).readAllBytes(), StandardCharsets.UTF_8);
            text.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                String[] parts = line.split(": ", 2);
                columns.put(parts[0], List.of(parts[1].split(" ", -1)));
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return columns;
    }

    /** Of a RowDescription: name, type OID and type size. */
    static List<String> columns(BackendMessage description) {
        assertThat(description.type()).isEqualTo('T');
        ByteBuffer in = ByteBuffer.wrap(description.body());
        String[] columns = new String[in.getShort()];
        for (int i = 0; i < columns.length; i++) {
            StringBuilder name = new StringBuilder();
            for (byte c = in.get(); c != 0; c = in.get()) {
                name.append((char) c);
            }
            assertThat(in.getInt()).as("table of %s", name).isZero();
            assertThat(in.getShort()).as("place in a table of %s", name).isZero();
            columns[i] = new StringJoiner(":")
                    .add(name)
                    .add(String.valueOf(in.getInt()))
                    .add(String.valueOf(in.getShort()))
                    .toString();
            assertThat(in.getInt()).as("type modifier of %s", name).isEqualTo(-1);
            assertThat(in.getShort()).as("format of %s", name).isZero();
        }
        return List.of(columns);
    }

    @TestFactory
    List<DynamicTest> columnsAreAsRecorded() {
        Map<String, List<String>> recorded = recorded();
        assertThat(recorded).hasSize(20);
        recorded.putAll(ours());
        return recorded.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest("SHOW " + entry.getKey(), () -> {
                    try (RunningProxy proxy = new RunningProxy(CONFIG);
                            WireClient console = WireClient.connect(
                                    CONSOLE.withPort(proxy.proxy().port()))) {
                        List<BackendMessage> answer = console.query("SHOW " + entry.getKey());
                        List<String> expected = new ArrayList<>(entry.getValue());
                        expected.addAll(OURS.getOrDefault(entry.getKey(), List.of()));
                        assertThat(columns(answer.getFirst())).isEqualTo(expected);
                        assertThat(answer.get(answer.size() - 2).tag()).isEqualTo("SHOW");
                        answer.stream()
                                .filter(message -> message.is('D'))
                                .forEach(row -> assertThat(row.columns()).hasSameSizeAs(expected));
                    }
                }))
                .toList();
    }

    @Test
    void wordsAreTakenAsPgBouncerTakesThem() throws IOException {
        try (RunningProxy proxy = new RunningProxy(CONFIG);
                WireClient console =
                        WireClient.connect(CONSOLE.withPort(proxy.proxy().port()))) {
            for (String sql : List.of(
                    "show version",
                    "SHOW VERSION;",
                    "\n sHoW\t\r\n\"VERSION\" ; ",
                    "select version",
                    "\"show\" \"version\"")) {
                assertThat(console.queryOne(sql)).as(sql).startsWith("Spillway");
            }
            assertThat(console.queryOne("show TimeZone")).isEqualTo("GMT");
            assertThat(columns(console.query("show TimeZone").getFirst())).containsExactly("timezone:25:-1");
            for (String sql : List.of("show", "show nothing", "show version;;", "show version x", "show 'version'")) {
                BackendMessage error = console.query(sql).getFirst();
                assertThat(error.errorText()).isEqualTo("invalid command '" + sql + "', use SHOW HELP;");
                assertThat(error.sqlState()).isEqualTo("08P01");
                assertThat(error.isFatal()).isFalse();
            }
            BackendMessage tooLong = console.query("show " + "x".repeat(64)).getFirst();
            assertThat(tooLong.errorText()).isEqualTo("bad arguments");
            assertThat(tooLong.sqlState()).isEqualTo("08P01");
        }
    }

    @Test
    void helpIsANoticeThatNamesWhatThereIs() throws IOException {
        try (RunningProxy proxy = new RunningProxy(CONFIG);
                WireClient console =
                        WireClient.connect(CONSOLE.withPort(proxy.proxy().port()))) {
            List<BackendMessage> answer = console.query("show help");
            assertThat(answer).extracting(BackendMessage::type).containsExactly('N', 'C', 'Z');
            assertThat(answer.getFirst().errorField('S')).isEqualTo("NOTICE");
            assertThat(answer.getFirst().sqlState()).isEqualTo("00000");
            assertThat(answer.getFirst().errorText()).isEqualTo("Console usage");
            String usage = String.valueOf(answer.getFirst().errorField('D'));
            assertThat(usage).startsWith("\n\tSHOW HELP|");
            assertThat(usage.split("[\\s|]+")).containsAll(recorded().keySet()).containsAll(ours().keySet());
            assertThat(answer.get(1).tag()).isEqualTo("SHOW");
        }
    }

    @Test
    void socketsAreNotHandedOver() throws IOException {
        try (RunningProxy proxy = new RunningProxy(CONFIG);
                WireClient console =
                        WireClient.connect(CONSOLE.withPort(proxy.proxy().port()))) {
            BackendMessage refusal = console.query("show fds").getFirst();
            assertThat(refusal.errorText()).startsWith("SHOW FDS is not supported");
            assertThat(refusal.sqlState()).isEqualTo("08P01");
            assertThat(console.queryOne("show version")).startsWith("Spillway");
        }
    }
}
